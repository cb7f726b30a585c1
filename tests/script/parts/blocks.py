import torch
from torch import nn

from . import sizes


def double(x: torch.Tensor) -> torch.Tensor:
    return x * sizes.FACTOR


class Counter:
    def __init__(self, start: int):
        self.count = start

    def more(self, by: int) -> int:
        self.count += by
        return self.count


class Block(nn.Module):
    def __init__(self, width: int = sizes.WIDTH):
        super().__init__()
        self.linear = nn.Linear(width, width)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return double(self.linear(x))
