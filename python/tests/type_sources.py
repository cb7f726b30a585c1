"""Programs that tell values apart by their types, and what stands for values of other types; see whole_sources.py."""

import collections
import dataclasses
import enum
import itertools
from typing import Dict, List, Set, Tuple, Union

import torch
from torch import Tensor, nn


class Level(enum.IntEnum):
    OFF = 0
    LOW = 1
    HIGH = 2


class Other(enum.IntEnum):
    NONE = 0
    ONE = 1


class Kind(str, enum.Enum):
    A = "a"
    EMPTY = ""


class Odd(enum.IntEnum):
    ONE = 1

    def __eq__(self, other):
        return True

    __hash__ = int.__hash__


class Mode(enum.Enum):
    SUM = 1


@dataclasses.dataclass(frozen=True)
class Inner:
    scale: float = 2.0


def size(x: Union[Tensor, List[Tensor], List[List[Tensor]]]) -> int:
    if isinstance(x, list):
        return sum(size(item) for item in x)
    return x.numel()


def total(x):
    if isinstance(x, dict):
        return sum(total(v) for v in x.values())
    if isinstance(x, (list, tuple)):
        found = 0.0
        for item in x:
            found += total(item)
        return found
    return float(x.sum())


def outer(x: Union[int, List[int]], by: int = 3) -> int:
    return between(x[0], by) + between(x[1]) if isinstance(x, list) else x * by


def between(x: Union[int, List[int]], by: int = 5) -> int:
    return outer(x[0], by) if isinstance(x, list) else outer(x + 1)


def by_types(xs: Dict[str, List[Tensor]], x: Tensor) -> Tuple[int, int, float, int]:
    return size([xs["a"], [x]]), size(xs["a"]), total(xs) + total((x, [x, x])), outer([1, 2])


def shown(x):
    return str(x)


def shown_set(x: Set[int]) -> str:
    return str(x)


def made_set(x: int):
    return {1, x}


def sets_passed_on(n: int) -> Tuple[str, str, str]:
    return shown({1, n}), shown_set({1, n}), str(made_set(n))


def containers(xs: List[int]) -> Tuple[bool, bool, bool, bool, bool]:
    queue, unique = collections.deque(xs), set(xs)
    counts = collections.Counter(xs)
    found = isinstance(queue, list), isinstance(unique, dict), isinstance(counts, dict)
    return found + (isinstance(xs, (dict, list)), isinstance({"a": 1}, dict))


def plus(a: int, b: float) -> float:
    return a + b


def beside(level: Level, x: int) -> Tuple[bool, int, str]:
    return level == x, level + 1, f"{level} {level!r}"


def int_enums(x: int, t: Tensor) -> Tuple[List[bool], List[int], List[float], int, List[bool], Tensor]:
    here = [Level.LOW == x, x != Level.LOW, Level.OFF < x, Level.LOW < Level.HIGH, Level.LOW + 1 == Other.ONE + 1]
    held = [Level.LOW in [1, 2], x in (Level.OFF, Level.LOW), Level.OFF in [Level.OFF], isinstance(Level.LOW, int)]
    numbers = [Level.LOW + x, x - Level.HIGH, [5, 6, 7][Level.LOW], [5, 6, 7][-Level.HIGH]]
    truths = (1 if Level.OFF else 2) + (10 if Level.LOW else 20) + beside(Level.HIGH, x)[1]
    return here, numbers, [Level.HIGH / 4, plus(Level.HIGH, 0.5)], truths, held, t[Level.LOW] + Level.HIGH


def text_enums(x: str) -> Tuple[bool, bool, str, int, bool]:
    return Kind.A == x, x == Kind.EMPTY, "-" + Kind.A, 1 if Kind.EMPTY else 2, Kind.A in ["a"]


def shown_enums(x: int) -> Tuple[bool, int, str]:
    return beside(Level.HIGH, x)


class First:
    def __init__(self, n: int):
        self.n = n

    def get(self, k: int) -> int:
        return self.n + k


class Second(First):
    def __init__(self, n: int):
        First.__init__(self, n + 1)
        self.m = 3

    def get(self, k: int) -> int:
        return 10 * First.get(self, k) + self.m


def explicit_bases(n: int) -> int:
    return Second(n).get(2)


def chains(n: int) -> Tuple[List[int], int]:
    rows = [[1, n], [3]]
    return list(itertools.chain.from_iterable(rows)), sum(itertools.chain.from_iterable({"a": [n]}.values()))


def member_beside_int(x: int) -> bool:
    return Mode.SUM == x


def odd_member(x: int) -> bool:
    return Odd.ONE == x


def frozen_field(n: int) -> float:
    inner = Inner()
    inner.scale = 3.0
    return inner.scale


class Base(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(2, 2)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc(x)

    def scaled(self, x: Tensor, by: float = 2.0) -> Tensor:
        return x * by


class Explicit(Base):
    def forward(self, x: Tensor) -> Tensor:
        return Base.forward(self, x) + Base.forward(self, x=2 * x) + super().forward(x)


class Further(Explicit):
    def forward(self, x: Tensor) -> Tensor:
        return Explicit.forward(self, x) + Base.forward(self, x) + Base.scaled(self, x, by=3.0)


class Flat(nn.Module):
    def flat(self, x: Union[int, List[int], List[List[int]]]) -> List[int]:
        if isinstance(x, int):
            return [x]
        out: List[int] = []
        for item in x:
            out += self.flat(item)
        return out

    def forward(self, x: List[List[int]]) -> List[int]:
        return self.flat(x)


FUNCTIONS = [
    (by_types, ({"a": [torch.ones(2), torch.ones(3)]}, torch.ones(4))),
    (containers, ([1, 1, 2],)),
    (sets_passed_on, (2,)),
    (int_enums, (1, torch.ones(2, 3))),
    (text_enums, ("a",)),
    (shown_enums, (2,)),
    (chains, (2,)),
    (explicit_bases, (1,)),
]
MODULES = [
    (Flat, ([[1, 2], [3]],)),
    (Explicit, (torch.ones(3, 2),)),
    (Further, (torch.ones(3, 2),)),
]
REFUSED = [
    (frozen_field, "cannot assign to field 'scale'"),
    (member_beside_int, "member of an Enum is compared"),
    (odd_member, "member of an Enum is compared"),
]
