"""Programs that PyTorch refuses: each module or function with arguments to call it by. Plain Python says what
they give."""

import bisect
import collections
import dataclasses
import enum
import functools
import heapq
import itertools
import math
import operator
from typing import Dict, List, NamedTuple, Optional, Tuple

import torch
from torch import Tensor, nn

SIZES = {"small": 2, "large": 7}
SKIPPED = {"b", "c"}
WEIGHT = torch.tensor([1.0, 2.0])
double = functools.partial(operator.mul, 2)
square = lambda x: x * x  # noqa: E731
TABLE = {"double": double, "square": square, "most": max}


@dataclasses.dataclass(frozen=True)
class Inner:
    scale: float = 2.0


@dataclasses.dataclass
class Settings:
    width: int
    inner: Inner = Inner()
    names: List[str] = dataclasses.field(default_factory=lambda: ["a", "b"])

    def scaled(self, by: float) -> float:
        return self.width * self.inner.scale * by

    @property
    def area(self) -> int:
        return self.width * self.width


@dataclasses.dataclass
class Counted:
    n: int
    found: Dict[str, int] = dataclasses.field(default_factory=dict)
    fixed: int = dataclasses.field(init=False, default=7)

    def __post_init__(self):
        self.twice = self.n * 2


class Mode(enum.Enum):
    SUM = "sum"
    MEAN = "mean"

    @classmethod
    def chosen(cls, mean: bool) -> "Mode":
        return cls.MEAN if mean else cls.SUM

    @property
    def word(self) -> str:
        return self.value + "!"


class Pair(NamedTuple):
    first: int
    second: int = 5

    def total(self) -> int:
        return self.first + self.second


class Shape:
    sides = 0

    def __init__(self, width: int):
        self.width = width

    def area(self) -> int:
        return self.width * self.height()

    def height(self) -> int:
        return 1


class Square(Shape):
    sides = 4

    def height(self) -> int:
        return self.width

    def area(self) -> int:
        return super().area() + 1

    @classmethod
    def of(cls, n: int) -> "Square":
        return cls(n * 2)


class Cube(Square):
    def __init__(self, width: int, depth: int):
        super().__init__(width)
        self.depth = depth

    def area(self) -> int:
        return super().area() * self.depth


# ---- functions ----


def global_things(name: str, xs: List[int]) -> Tuple[int, bool, Tensor, int]:
    return SIZES.get(name, 0) + len(SIZES), name in SKIPPED, WEIGHT * double(2), square(3)


def classes(n: int) -> Tuple[int, int, int, int, int]:
    return Shape(n).area(), Square(n).area(), Cube(n, 3).area(), Square.of(n).width, Square.sides


def enums(mean: bool) -> Tuple[str, str]:
    mode = Mode.chosen(mean)
    return mode.word, mode.name


def enum_lookups(value: str, name: str) -> Tuple[str, str, bool]:
    return Mode(value).name, Mode[name].value, Mode(value) == Mode[name]


def made_after(n: int) -> Tuple[int, int, int]:
    s = Counted(n)
    return s.twice, s.fixed, len(s.found)


def twins(xs: List[int]) -> Tuple[List[int], int]:
    heap: List[int] = []
    for x in xs:
        heapq.heappush(heap, x)
    return [heapq.heappop(heap) for _ in range(len(xs))], bisect.bisect_left([1, 3, 5], 4)


def named_tuples(n: int) -> Tuple[int, int]:
    p = Pair(n)._replace(second=n)
    return p.total(), Pair(1).total()


def data_classes(n: int) -> Tuple[float, int, bool, int]:
    s = Settings(n, Inner(3.0))
    s.names.append("c")
    return s.scaled(2.0), s.area, Inner() == Inner(2.0), len(s.names) + len(Settings(1).names)


def libraries(xs: List[int]) -> Tuple[int, int, List[int], int]:
    pairs = [a * b for a, b in itertools.product(xs, xs)]
    counts = collections.Counter(xs)
    return math.prod(xs), functools.reduce(operator.add, pairs), list(itertools.accumulate(xs)), counts[xs[0]]


def constructors(x: Tensor) -> Tensor:
    return torch.Tensor([1.0, 2.0]) + torch.FloatTensor([1.0]) + x.new([3.0])


# ---- modules ----


class Attributes(nn.Module):
    def __init__(self):
        super().__init__()
        self.settings = Settings(3)
        self.options = {"rate": 0.5, "name": "relu", "deep": {"on": True}}
        self.skipped = {1, 4}
        self.pair = Pair(2)
        self.history = []
        self.table = {"double": double, "square": square}

    def forward(self, x: Tensor, n: int) -> Tensor:
        if n in self.skipped:
            x = x * self.settings.scaled(2.0)
        if self.options["deep"]["on"] and self.options["name"] == "relu":
            x = torch.relu(x) * self.options["rate"]
        self.history.append(n)
        return self.table["square"](x) + self.pair.total() + len(self.history) + self.settings.area


class Held(nn.Module):
    def __init__(self):
        super().__init__()
        self.plain = [nn.Linear(2, 2), nn.Linear(2, 2)]
        self.named = {"a": nn.ReLU(), "b": nn.Tanh()}

    def forward(self, x: Tensor, key: str) -> Tensor:
        for layer in reversed(self.plain):
            x = layer(x)
            if bool(x.sum() > 100):
                break
        return self.named[key](x)


class Base(nn.Module):
    factor = 3.0

    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(2, 2)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc(x) * self.factor

    def extra(self, x: Tensor) -> Tensor:
        return x + 1


class Derived(Base):
    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x) + super().extra(x) + self.extra(x)

    def extra(self, x: Tensor) -> Tensor:
        return x - 1

    @classmethod
    def scaled(cls, x: Tensor) -> Tensor:
        return x * cls.factor


class Classed(Derived):
    def forward(self, x: Tensor) -> Tensor:
        return self.scaled(super().forward(x))


class Open(nn.Module):
    def forward(self, x: Tensor, *rest: Tensor, scale: float = 1.0) -> Tensor:
        for r in rest:
            x = x + r
        return x * scale


class Caller(nn.Module):
    def __init__(self, activation=lambda x: x * 2):
        super().__init__()
        self.open = Open()
        self.activation = activation
        self.made = functools.partial(torch.clamp, min=0.0, max=1.0)

    def forward(self, x: Tensor) -> Tensor:
        return self.activation(self.open(x, x, x, scale=0.5)) + self.made(x)


class Cached(nn.Module):
    @functools.cached_property
    def size(self) -> int:
        return 6

    def forward(self, x: Tensor) -> Tensor:
        return x * self.size


class Parameters(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(2, 3), nn.Linear(3, 2))

    def forward(self, x: Tensor) -> Tensor:
        total = torch.zeros(1)
        for name, p in self.named_parameters():
            if name.endswith("weight"):
                total = total + p.pow(2).sum()
        return self.net(x) + total


class PlainList(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = [nn.Linear(2, 2), nn.Linear(2, 2)]

    def forward(self, x: Tensor) -> Tensor:
        for layer in self.layers:
            x = layer(x)
        return x


def iterators(xs: List[int]) -> Tuple[int, int, int]:
    it = iter(xs)
    first = next(it) * 100 + next(it)
    return first, next(it, -7), next(it, -7)


def pairs(xs: List[int]) -> List[int]:
    ordered = [x - 2 * y for x, y in itertools.permutations(xs, 2)]
    every = [x * y for x, y in itertools.product(xs, repeat=2)]
    return ordered + every + list(map(lambda x, y, z: x * y + z, xs, xs, xs))


class Sized:
    def __init__(self, count: int):
        self.count = count

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, i: int) -> int:
        return self.count + i

    def __contains__(self, i: int) -> bool:
        return i == self.count

    def __call__(self, i: int) -> int:
        return self.count * i

    def __str__(self) -> str:
        return f"sized {self.count}"

    def __lt__(self, other: int) -> bool:
        return self.count < other


class Doubled(Sized):
    def __init__(self, count: int, more: int):
        super().__init__(2 * count)
        self.more = more


def special_methods(n: int) -> Tuple[int, int, bool, int, str, bool, bool]:
    d = Doubled(n, 1)
    return len(d), d[1], 2 * n in d, d(5), str(d), d < 3, bool(d)


def instances(n: int) -> Tuple[bool, bool, bool]:
    d = Doubled(n, 1)
    return isinstance(d, Sized), isinstance(d, (int, Doubled)), isinstance(Sized(n), Doubled)


def tuple_keys(n: int) -> Tuple[float, float, int]:
    d = {(0, 1): 5.0}
    d[(3, 4)] = 7.0
    d[3, n] = 8.0
    d[3, n] += 1.0
    d[0, 1] *= 2
    del d[(3, 4)]
    return d[0, 1], d[3, n], len(d)


def powers(x: int) -> Tuple[float, int, int]:
    whole, left = divmod(x, 3)
    return x**-1, x**2, whole + left


def member_is(mean: bool) -> Tuple[bool, bool, List[str]]:
    mode = Mode.chosen(mean)
    return mode is Mode.SUM, mode is not Mode.SUM, [m.name for m in Mode]


def scaled(*args: int, scale: float = 2.0) -> float:
    return sum(args) * scale


def starred_lists(x: int) -> float:
    return scaled(*[x, 2 * x], *(3,)) + scaled(x, *[1], scale=0.5)


def annotated_default(s: str) -> Tuple[Dict[str, List[int]], int]:
    places: Dict[str, List[int]] = collections.defaultdict(list)
    for i, c in enumerate(s):
        places[c].append(i)
    return dict(places), len(Mode)


def mapping_rest(n: int) -> Tuple[int, int]:
    found = []
    for d in ({"a": n, "z": 2, "y": 3}, {"b": n}):
        match d:
            case {"a": x, "z": 2, **rest}:
                found.append(x + len(rest) + rest["y"])
            case {"b": x, **others} if not others:
                found.append(100 * x)
    return found[0], found[1]


def without_gradients(x: Tensor, n: int) -> Tensor:
    with torch.no_grad():
        for y in reversed([x, 2 * x]):
            x = x + n * y
    return x


class History(nn.Module):
    def __init__(self):
        super().__init__()
        self.means: List[float] = []
        self.last: Optional[float] = None

    def forward(self, x: Tensor) -> Tuple[float, int, bool]:
        first = self.last is None
        self.last = x.mean().item()
        return sum([self.last, 1.0]), len(self.means), first


def item_sums(x: Tensor) -> Tuple[float, float]:
    values = [v.item() for v in x.flatten()]
    return sum(values), max(values) + sum(values) / len(values)


X = torch.tensor([[0.5, -1.0], [2.0, 3.0]])
FUNCTIONS = [
    (global_things, ("small", [1, 2])),
    (classes, (3,)),
    (enums, (True,)),
    (enum_lookups, ("mean", "SUM")),
    (made_after, (3,)),
    (twins, ([3, 1, 2],)),
    (named_tuples, (4,)),
    (data_classes, (3,)),
    (libraries, ([2, 3, 2],)),
    (constructors, (torch.ones(1),)),
    (iterators, ([1, 2, 3],)),
    (pairs, ([1, 2, 3],)),
    (special_methods, (3,)),
    (instances, (3,)),
    (tuple_keys, (5,)),
    (powers, (4,)),
    (member_is, (True,)),
    (starred_lists, (4,)),
    (item_sums, (X,)),
    (without_gradients, (X, 3)),
    (mapping_rest, (4,)),
    (annotated_default, ("abca",)),
]
MODULES = [
    (Attributes, (X, 4)),
    (Held, (X, "b")),
    (Derived, (X,)),
    (Classed, (X,)),
    (Caller, (X,)),
    (Cached, (X,)),
    (Parameters, (X,)),
    (PlainList, (X,)),
    (History, (X,)),
]
