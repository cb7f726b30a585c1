# entry: Net()
"""Attributes and globals that PyTorch has no type for: settings in objects and dicts, sets, functions, empty lists."""
import collections
import dataclasses
import enum
from typing import Any, Dict, List, NamedTuple, Optional, Tuple

import torch
from torch import Tensor, nn

SIZES = {"small": 1, "large": 8}
WORDS = ["one", "two"]
KNOWN = {2, 3}


class Mode(enum.Enum):
    PLAIN = 1
    DOUBLE = 2

    def factor(self) -> int:
        return self.value * 10

    @classmethod
    def first(cls):
        return cls.PLAIN


class Shape:
    sides = 0

    def __init__(self, width: int):
        self.width = width

    def area(self) -> int:
        return 0

    def twice(self) -> int:
        return 2 * self.area()


class Square(Shape):
    sides = 4

    def __init__(self, width: int):
        super().__init__(width)
        self.seen = 0

    def area(self) -> int:
        self.seen += 1
        return self.width * self.width


class Box(NamedTuple):
    width: int
    names: Tuple[str, ...]
    extra: Any = None


class Plain(NamedTuple):
    height: int
    depth: int = 2

    def volume(self, width: int) -> int:
        return self.height * self.depth * width


@dataclasses.dataclass
class Config:
    width: int
    rate: Optional[float] = None
    tags: List[str] = dataclasses.field(default_factory=lambda: ["x", "y"])


def swish(x: Tensor) -> Tensor:
    return x * torch.sigmoid(x)


class Counted(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.config = config
        self.seen = []

    def forward(self, x: Tensor) -> Tensor:
        self.seen.append(x.dim())
        return x * self.config.width + len(self.seen)


class Net(nn.Module):
    def __init__(self, activation=lambda x, by=3: x * by):
        super().__init__()
        self.config = Config(3)
        self.options = {"scale": 0.5, "name": "net", "sizes": [1, 2], "act": swish}
        self.table = {"relu": torch.relu, "tanh": torch.tanh}
        self.kind = "tanh"
        self.skip = {1, 3}
        self.box = Box(3, ("a", "b"))
        self.plain = Plain(2)
        self.activation = activation
        self.counts = {}
        self.one = Counted(Config(2))
        self.two = Counted(Config(5))

    def forward(self, x: Tensor, n: int) -> Tuple[Tensor, Dict[str, int]]:
        if self.config.rate is not None:
            x = x * self.config.rate
        x = x * self.config.width + len(self.config.tags)
        x = self.options["act"](x) * self.options["scale"] + len(self.options["name"]) + self.options["sizes"][1]
        x = self.table[self.kind](x) + self.activation(x)
        for i in range(n):
            if i not in self.skip and i not in KNOWN:
                x = x + 1
        x = self.one(x) + self.two(x)
        self.counts["calls"] = self.counts.get("calls", 0) + 1
        square = Square(n)
        counts = {"area": square.twice() + Square.sides, "seen": square.seen, "box": self.box.width}
        counts["volume"] = self.plain.volume(n) + Plain(1)._replace(depth=n).volume(1)
        counts["mode"] = Mode.DOUBLE.factor() + Mode.first().factor()
        counts["size"] = SIZES.get("large", 0) + len(WORDS) + self.counts["calls"]
        counts["common"] = collections.Counter([1, 1, n]).most_common(1)[0][1]
        return x, counts
