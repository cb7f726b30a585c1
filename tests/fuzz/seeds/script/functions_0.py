import math
from enum import Enum
from typing import Dict, List, NamedTuple, Optional, Tuple
import torch
from torch import Tensor
class Mode(Enum):
    FAST = 1
    SLOW = 2
class Pair(NamedTuple):
    left: Tensor
    weight: float = 0.5
class Scale:
    def __init__(self, by: float):
        self.by = by
        self.calls = 0

    def apply(self, x: Tensor) -> Tensor:
        self.calls += 1
        return x * self.by
def helper(x: Tensor, k: int = 2, words: Optional[str] = None) -> Tensor:
    if words is not None:
        k += len(words)
    return x * k
def pick(mode: Mode, xs: List[Tensor]) -> Tensor:
    if mode == Mode.FAST:
        return xs[0]
    return torch.cat(xs)
def f(x: Tensor, n: int = 3) -> Tuple[Tensor, float, Dict[str, int]]:
    s = Scale(math.sqrt(4.0))
    y = helper(s.apply(x), words="ab")
    p = Pair(y)
    for i in range(n):
        y = y + helper(x, i)
    z = pick(Mode.SLOW, [y, p.left]).relu().to(torch.float64)
    return z, p.weight * s.calls, {"n": n}
