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
