"""Classes, interfaces, enums, methods, attributes, functions that call functions."""
from enum import Enum
from typing import Dict, List, Optional, Tuple

import torch
from torch import Tensor, nn

from programs import call, calls


class Color(Enum):
    RED = 1
    GREEN = 2
    BLUE = 3


@torch.jit.script
class Counter:
    def __init__(self, start: int):
        self.value = start
        self.seen: List[int] = []

    def step(self, by: int) -> int:
        self.value += by
        self.seen.append(self.value)
        return self.value

    def __len__(self) -> int:
        return len(self.seen)

    def __add__(self, other: int) -> int:
        return self.value + other


@torch.jit.script
class Stack:
    def __init__(self):
        self.items: List[float] = []

    def push(self, x: float) -> None:
        self.items.append(x)

    def pop(self) -> float:
        return self.items.pop()


@calls((3,), (0,))
def uses_class(n: int) -> Tuple[int, int, int]:
    c = Counter(10)
    for i in range(n):
        c.step(i)
    return c.value, len(c), c + 5


@calls((["3", "4", "+", "2", "*"],), (["5"],))
def calculator(words: List[str]) -> float:
    stack = Stack()
    for w in words:
        if w == "+":
            stack.push(stack.pop() + stack.pop())
        elif w == "*":
            stack.push(stack.pop() * stack.pop())
        else:
            stack.push(float(w))
    return stack.pop()


def helper(x: int, scale: int = 3, offset: int = 0) -> int:
    return x * scale + offset


@calls((2,), (-1,))
def calls_helper(x: int) -> List[int]:
    return [helper(x), helper(x, 5), helper(x, scale=2, offset=1), helper(helper(x), offset=x)]


def even(n: int) -> bool:
    return n % 2 == 0


def classify(n: int) -> Tuple[bool, str]:
    return even(n), "even" if even(n) else "odd"


@calls((4,), (7,))
def through_two(n: int) -> str:
    flag, word = classify(n)
    return word + str(flag)


@calls((1,), (2,))
def enums(n: int) -> Tuple[str, int, bool]:
    c = Color.RED
    if n == 2:
        c = Color.GREEN
    return c.name, c.value, c == Color.RED


@torch.jit.interface
class Transform(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        pass


class Double(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x * 2


class Chosen(nn.Module):
    step: Transform

    def __init__(self):
        super().__init__()
        self.step = Double()

    def forward(self, x: Tensor) -> Tensor:
        return self.step(x) + 1


@calls((torch.ones(3),))
class ThroughInterface(nn.Module):
    def __init__(self):
        super().__init__()
        self.inner = Chosen()

    def forward(self, x: Tensor) -> Tensor:
        return self.inner(x)


@calls((torch.ones(2),), (torch.full((2,), 3.0),), call(method="total"))
class Accumulates(nn.Module):
    count: int

    def __init__(self):
        super().__init__()
        self.count = 0
        self.register_buffer("sum", torch.zeros(2))

    def forward(self, x: Tensor) -> Tensor:
        self.count += 1
        self.sum += x
        return self.sum / self.count

    @torch.jit.export
    def total(self) -> Tuple[int, Tensor]:
        return self.count, self.sum


@calls((2.0,), (3.0,))
class Attributes(nn.Module):
    scale: float
    names: List[str]
    table: Dict[str, int]

    def __init__(self):
        super().__init__()
        self.scale = 1.5
        self.names = ["a", "b"]
        self.table = {"a": 1, "b": 20}
        self.maybe: Optional[int] = torch.jit.Attribute(None, Optional[int])

    def forward(self, x: float) -> Tuple[float, int]:
        total = 0
        for n in self.names:
            total += self.table[n]
        return x * self.scale, total


@calls((torch.ones(2, 3),))
class Constants(nn.Module):
    __constants__ = ["width", "label"]

    def __init__(self):
        super().__init__()
        self.width = 4
        self.label = "lbl"

    def forward(self, x: Tensor) -> Tuple[Tensor, str]:
        if self.width > 3:
            return x + self.width, self.label
        return x, ""


@calls((torch.tensor([1.0, 2.0, 4.0]),))
class Methods(nn.Module):
    def mean(self, x: Tensor) -> Tensor:
        return x.sum() / x.numel()

    def forward(self, x: Tensor) -> Tuple[Tensor, Tensor]:
        m = self.mean(x)
        return m, self.spread(x, m)

    def spread(self, x: Tensor, m: Tensor) -> Tensor:
        return ((x - m) ** 2).mean().sqrt()


@calls((torch.tensor([-1.0, 2.0]),))
class Lists(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList([nn.ReLU(), nn.Tanh(), nn.Identity()])
        self.named = nn.ModuleDict({"neg": nn.Hardtanh(-0.5, 0.5), "abs": nn.Softsign()})

    def forward(self, x: Tensor) -> List[Tensor]:
        out: List[Tensor] = []
        for layer in self.layers:
            out.append(layer(x))
        for name, layer in self.named.items():
            out.append(layer(x))
        return out


@calls((torch.ones(2, 2),), call(torch.ones(2, 2), method="halve"))
class ExportedMethods(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return self.halve(x) + 1

    @torch.jit.export
    def halve(self, x: Tensor) -> Tensor:
        return x / 2

    @torch.jit.ignore
    def unused(self, x):
        return x


@calls((4,), (10,))
def forked(n: int) -> int:
    waiting = torch.jit.fork(helper, n, 2)
    here = helper(n)
    return here + torch.jit.wait(waiting)
