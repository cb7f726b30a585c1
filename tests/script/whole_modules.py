# entry: Net()
"""Modules as Python has them and PyTorch refuses: in plain containers, chosen by values, in loops that are left."""
from typing import Dict, List

import torch
from torch import Tensor, nn


class Scale(nn.Module):
    def __init__(self, by: float):
        super().__init__()
        self.by = by
        self.weight = nn.Parameter(torch.tensor([by]))

    def forward(self, x: Tensor, shift: float = 0.0) -> Tensor:
        return x * self.by + self.weight + shift


class Pass(nn.Module):
    def __init__(self):
        super().__init__()
        self.inner = Scale(0.5)

    def forward(self, x: Tensor, *args, **kwargs) -> Tensor:
        return self.inner(x, *args, **kwargs)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList([Scale(2.0), Scale(3.0), Scale(-1.0)])
        self.heads = nn.ModuleDict({"a": Scale(4.0), "b": Scale(5.0)})
        self.plain = [Scale(6.0), Scale(7.0)]
        self.pair = (Scale(8.0), {"deep": [Scale(9.0)]})
        self.wrapped = Pass()

    def early(self, x: Tensor, limit: float) -> Tensor:
        for i, layer in enumerate(self.layers):
            if i == 1:
                continue
            x = layer(x)
            if float(x.max()) > limit:
                break
        return x

    def forward(self, x: Tensor, k: int, keys: List[str]) -> Dict[str, Tensor]:
        out = {key: self.heads[key](x) for key in keys}
        out["k"] = self.layers[k](x, shift=1.0)
        out["last"] = self.layers[-k - 1](x)
        for layer in self.layers[k:]:
            x = layer(x)
        out["slice"] = x
        for layer in reversed(self.layers):
            x = layer(x)
        out["reversed"] = x
        out["early"] = self.early(x.abs(), 10.0)
        rows = [layer(row) for row, layer in zip(x.unbind(0), self.layers)]
        out["rows"] = torch.stack(rows)
        chosen = self.layers[0] if k > 1 else self.heads["a"]
        out["chosen"] = chosen(x)
        for layer in self.plain:
            x = layer(x)
        out["plain"] = x
        out["pair"] = self.pair[0](x) + self.pair[1]["deep"][0](x)
        out["wrapped"] = self.wrapped(x, shift=2.0) + self.wrapped(x, 3.0)
        total = torch.zeros(1)
        for name, parameter in self.named_parameters():
            if name.startswith("layers"):
                total = total + parameter.sum()
        out["total"] = total + getattr(self, "lay" + "ers")[0].weight
        return out
