"""Programs that test_script.py compiles; ordinary Python, as people write it."""

import enum
import math
from typing import Dict, List, NamedTuple, Optional, Tuple

try:
    import torch
    from torch import Tensor, jit, nn
except ImportError:  # linkboy's own names stand for them
    import linkboy as torch
    from linkboy import Tensor, jit

    nn = None


def scale(x: Tensor, factor: float = 2.0) -> Tensor:
    return x * factor


def calls_scale(x: Tensor) -> Tensor:
    """Doubles twice."""
    return scale(scale(x), factor=2.0)


def make_adder(n: int):
    def add(x: Tensor) -> Tensor:
        return x + n

    return add


def uses_lists(names: List[str], sizes: Dict[str, int]) -> Tuple[int, Optional[str]]:
    total = 0
    longest: Optional[str] = None
    for name in names:
        total += sizes[name]
        if longest is None or len(name) > len(longest):
            longest = name
    return total, longest


class Color(enum.Enum):
    RED = "r"
    BLUE = "b"


class Point(NamedTuple):
    x: int
    y: float = 0.5


def uses_classes(n: int) -> Tuple[str, float]:
    p = Point(n)
    c = Color.RED if n > 0 else Color.BLUE
    return c.value, p.y + p.x + math.pi


def returns_color(n: int) -> Color:
    return Color.BLUE if n > 0 else Color.RED


class Counter:
    def __init__(self, start: int):
        self.n = start

    def next(self) -> int:
        self.n += 1
        return self.n


def uses_counter(start: int) -> int:
    c = Counter(start)
    return c.next() * 10 + c.next()


@jit.unused
def not_for_programs(x: Tensor) -> Tensor:
    return x.numpy()


def calls_unused(x: Tensor, really: bool) -> Tensor:
    if really:
        return not_for_programs(x)
    return x + 1


def unknown_name(x: Tensor) -> Tensor:
    return no_such_function(x)  # noqa: F821


def calls_unknown_name(x: Tensor) -> Tensor:
    return unknown_name(x)


if nn is not None:

    class Block(nn.Module):
        def __init__(self, width: int):
            super().__init__()
            self.fc = nn.Linear(width, width)
            self.act = nn.ReLU()

        def forward(self, x: Tensor) -> Tensor:
            return self.act(self.fc(x)) + x

    class Net(nn.Module):
        limit: int

        def __init__(self):
            super().__init__()
            self.blocks = nn.ModuleList([Block(3), Block(3)])
            self.limit = 2
            self.labels = {"a": 1}
            self.nothing = {}

        @property
        def size(self) -> int:
            return self.limit + 1

        @jit.export
        def label(self, name: str) -> int:
            return self.labels[name] + self.size

        def forward(self, x: Tensor) -> Tensor:
            for block in self.blocks:
                x = block(x)
            return self.shrink(x) if len(self.blocks) > 1 else x

        def shrink(self, x: Tensor) -> Tensor:
            return x / self.limit

    class UsesObject(nn.Module):
        def __init__(self):
            super().__init__()
            self.nothing = object()

        def forward(self, x: Tensor) -> Tensor:
            return x + len(self.nothing)

    def double_input(self, input: Tuple[Tensor]) -> Tensor:
        return input[0] * 2

    class Tied(nn.Module):
        def __init__(self):
            super().__init__()
            self.first = nn.Linear(2, 2, bias=False)
            self.second = nn.Linear(2, 2, bias=False)
            self.second.weight = self.first.weight

        @jit.export
        def grow(self) -> bool:
            self.first.weight.add_(1.0)
            return torch.equal(self.first.weight, self.second.weight)

        def forward(self, x: Tensor) -> Tensor:
            return self.second(x)


class Scaler:
    def __init__(self, factor: int):
        self.factor = factor

    def scaled(self, n: int) -> int:
        return self.factor * n


class Scalers:
    def __init__(self):
        self.first = Scaler(2)
        self.others = [Scaler(3), Scaler(5)]

    def scaled(self, n: int) -> int:
        return self.others[1].scaled(self.first.scaled(n))


class NamedScalers(Scalers):
    """One that has more than what programs know of its base class."""

    def __init__(self):
        super().__init__()
        self.name = "ten"


if nn is not None:

    class UsesScalers(nn.Module):
        scalers: Scalers

        def __init__(self):
            super().__init__()
            self.scalers = NamedScalers()

        def forward(self, n: int) -> int:
            return self.scalers.scaled(n)

    class AsksForClasses(nn.Module):
        def __init__(self):
            super().__init__()
            self.first = nn.Identity()
            self.second = nn.Softsign()

        def forward(self, x: Tensor) -> Tensor:
            if isinstance(self.first, nn.Identity):
                x = x + 1
            if isinstance(self.second, nn.Identity):
                x = x + 2
            if isinstance(self.second, (nn.Identity, nn.Softsign)):
                x = x + 4
            return x
