# compile: Net()
from typing import Dict, Tuple

import torch
from torch import Tensor, nn

OFFSETS = torch.arange(4).float()


class Sized:
    def __init__(self, count: int):
        self.count = count

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, i: int) -> int:
        return self.count + i


class Doubled(Sized):
    def __init__(self, count: int, more: int):
        super().__init__(2 * count)
        self.more = more


class Scale(nn.Module):
    def __init__(self, by: float):
        super().__init__()
        self.by = by

    def prepare(self, x: Tensor) -> Tensor:
        return x + 1.0

    def forward(self, x: Tensor) -> Tensor:
        return self.prepare(x) * self.by


class Shifted(Scale):
    def prepare(self, x: Tensor) -> Tensor:
        return super().prepare(x) - OFFSETS

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x) + self.prepare(x)


class Net(Shifted):
    def __init__(self):
        super().__init__(3.0)
        self.inner = nn.ModuleList([Scale(2.0), Shifted(4.0)])

    def prepare(self, x: Tensor) -> Tensor:
        return 2 * super().prepare(x)

    def forward(self, x: Tensor, n: int) -> Tuple[Tensor, Tensor, Dict[str, int], bool, bool]:
        y = super().forward(x)
        for layer in self.inner:
            y = layer(y)
        d = Doubled(n, 1)
        sizes = {"len": len(d), "item": d[1], "more": d.more}
        return y, super(Shifted, self).forward(x), sizes, isinstance(d, Sized), isinstance(Sized(n), Doubled)
