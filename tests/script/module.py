# entry: Net(3, scale=2.5)
from typing import Dict, Final, List, Optional

import torch
from torch import Tensor, nn


def double(x: Tensor) -> Tensor:
    return x * 2


class Affine(nn.Module):
    __constants__ = ["size", "names"]
    limit: Final[float] = 4.0

    def __init__(self, size, bias=True):
        super().__init__()
        self.size = size
        self.names = ["weight", "bias"]
        self.weight = nn.Parameter(torch.empty(size, size))
        if bias:
            self.bias = nn.Parameter(torch.zeros(size))
        else:
            self.register_parameter("bias", None)
        self.register_buffer("steps", torch.zeros(1), persistent=False)
        self.reset()

    def reset(self):
        bound = 1 / self.size**0.5
        with torch.no_grad():
            self.weight.uniform_(-bound, bound)

    def forward(self, x: Tensor) -> Tensor:
        y = x @ self.weight
        if self.bias is not None:
            y = y + self.bias
        self.steps += 1
        return y.clamp(max=self.limit)

    def extra_repr(self):
        return f"{self.size}"


class Base(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.width = width
        self.shared = Affine(width)

    @property
    def half(self) -> int:
        return self.width // 2

    @torch.jit.unused
    def plot(self, x):
        print(sorted(x, key=lambda v: -v))

    def mix(self, x: Tensor, k: Optional[int] = None) -> Tensor:
        return x if k is None else x * k


class Net(Base):
    counts: Dict[str, int]
    history: List[Tensor]

    def __init__(self, width, scale=1.0):
        super().__init__(width)
        for i in range(2):
            setattr(self, f"layer{i}", Affine(width, bias=i == 0))
        self.again = self.shared
        self.scale = scale
        self.act = torch.tanh
        self.twice = double
        self.counts = {}
        self.history = []
        self.table = torch.arange(4).view(2, 2)
        self.options = {"a": [1, 2], "b": []} if width < 0 else {"a": [1, 2]}
        self.note = lambda x: x
        self.eval()

    @torch.jit.export
    def reset_counts(self) -> int:
        n = len(self.counts)
        self.counts.clear()
        return n

    def forward(self, x: Tensor, name: str = "x") -> Tensor:
        x = self.act(self.layer0(x)) + self.layer1(x)
        x = self.mix(self.shared(x), self.half) * self.scale
        self.counts[name] = self.counts.get(name, 0) + 1
        self.history.append(x)
        return self.twice(self.again(x)) + self.table[0, 1] + len(self.history)
