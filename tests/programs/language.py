"""Corners of the language: scoping, shadowing, nesting, refinement, with, del, unpacking, defaults, recursion through modules."""
import math
from enum import Enum
from typing import Any, Dict, List, NamedTuple, Optional, Tuple, Union

import torch
from torch import Tensor, nn

from programs import add, call, calls


class Shape(Enum):
    CIRCLE = "circle"
    SQUARE = "square"


class Level(Enum):
    LOW = 0.5
    HIGH = 2.5


class Pair(NamedTuple):
    left: int
    right: Optional[int]


class Nest(NamedTuple):
    pair: Pair
    rest: List[Pair]


@calls((3,), (0,))
def shadowed(n: int) -> int:
    x = n
    for x in range(n):
        y = x
        x = y * 2
    return x + n


@calls((True,), (False,))
def set_in_one_branch(flag: bool) -> int:
    if flag:
        a = 1
    else:
        a = 2
    return a


@calls((5, 3), (1, 9))
def swap_many(a: int, b: int) -> Tuple[int, int, int]:
    c = a + b
    a, b, c = c, a, b
    (a, b), c = (b, a), c
    return a, b, c


@calls(([1, 2, 3, 4],), ([9, 8, 7],))
def star_unpack(items: List[int]) -> Tuple[int, int, int]:
    a, b, c = items[0], items[1], items[2]
    return c, b, a


@calls((2,), (None,))
def refine_and(x: Optional[int]) -> int:
    if x is not None and x > 1:
        return x * 10
    return -1


@calls((2,), (None,))
def refine_or(x: Optional[int]) -> int:
    if x is None or x > 5:
        return 0
    return x


@calls((2, 3), (None, 3), (None, None))
def refine_two(x: Optional[int], y: Optional[int]) -> int:
    if x is not None and y is not None:
        return x + y
    elif x is None and y is not None:
        return y
    return 0


@calls((4,), (None,))
def refine_assert(x: Optional[int]) -> int:
    if x is None:
        x = 7
    assert x is not None
    return x + 1


@calls(([1, None, 3],), ([None],))
def optional_items(items: List[Optional[int]]) -> int:
    total = 0
    for item in items:
        if item is not None:
            total += item
    return total


@calls((1,), ("s",), (2.5,))
def union_elimination(x: Union[int, float, str]) -> str:
    if isinstance(x, str):
        return x + "!"
    if isinstance(x, float):
        return str(x + 0.5)
    return str(x + 1)


@calls((3, "ab"))
def any_values(n: int, s: str) -> List[Any]:
    out: List[Any] = [n, s]
    out.append(2.5)
    return out


@calls((1,), (2,))
def enum_values(n: int) -> Tuple[str, float, str]:
    shape = Shape.CIRCLE if n == 1 else Shape.SQUARE
    level = Level.HIGH
    if shape == Shape.SQUARE:
        level = Level.LOW
    return shape.value, level.value, level.name


@calls((1,))
def enum_iteration(n: int) -> List[str]:
    names: List[str] = []
    for s in Shape:
        names.append(s.name + str(n))
    return names


@calls((1, 2), (1, None))
def nested_named(a: int, b: Optional[int]) -> Tuple[int, Optional[int], int]:
    nest = Nest(Pair(a, b), [Pair(2, 3), Pair(4, None)])
    return nest.pair.left + nest.rest[1].left, nest.pair.right, len(nest.rest)


@calls((10,), (0,))
def while_else_like(n: int) -> str:
    found = False
    i = 0
    while i < n:
        if i * i == 49:
            found = True
            break
        i += 1
    return "found" if found else "missing"


@calls((3,))
def deep_nesting(n: int) -> int:
    total = 0
    for i in range(n):
        for j in range(n):
            if i == j:
                continue
            k = 0
            while True:
                k += 1
                if k > i + j:
                    break
                if k == 2:
                    total += 100
                    continue
                total += 1
    return total


@calls((3,), (-3,))
def returns_in_branches(n: int) -> str:
    if n > 0:
        if n > 2:
            return "big"
        for i in range(n):
            if i == 1:
                return "one"
    else:
        while n < 0:
            n += 1
            if n == -1:
                return "minus"
    return "end"


@calls((4,))
def nested_comprehension(n: int) -> List[List[int]]:
    return [[i * j for j in range(i)] for i in range(n)]


@calls(([3, 4, 5],))
def comprehension_of_items(items: List[int]) -> Tuple[List[float], List[str]]:
    return [float(x) / 2 for x in items], ["<" + str(x) + ">" for x in items]


@calls(({"a": [1, 2], "b": []},))
def dict_of_lists(d: Dict[str, List[int]]) -> Tuple[int, List[str]]:
    total, keys = 0, [k for k in d.keys()]
    for k in keys:
        d[k].append(len(k))
        for v in d[k]:
            total += v
    return total, keys


@calls(([("a", 1), ("b", 2)],))
def list_of_tuples(items: List[Tuple[str, int]]) -> Dict[str, int]:
    out: Dict[str, int] = {}
    for name, n in items:
        out[name * 1 if False else name] = n
    return out


@calls((2,), (3,))
def enumerate_zip(n: int) -> List[Tuple[int, int, str]]:
    out: List[Tuple[int, int, str]] = []
    for i, (a, b) in enumerate(zip(range(n), ["x", "y", "z"])):
        out.append((i, a, b))
    return out


@calls((3,))
def reverse_range(n: int) -> List[int]:
    return [i for i in range(n, -1, -1)]


def power(base: float, exponent: int = 2) -> float:
    out = 1.0
    for _ in range(exponent):
        out *= base
    return out


def pair_of(x: int) -> Tuple[int, int]:
    return x, x + 1


@calls((3,))
def unpacks_call(n: int) -> Tuple[int, float]:
    a, b = pair_of(n)
    return a * b, power(2.0) + power(exponent=3, base=1.5)


@calls((5,), (-5,), (0,))
def abs_min_max(n: int) -> Tuple[int, int, int, float, float]:
    return abs(n), min(n, 2), max(n, -2, 1), min(2.5, float(n)), abs(-2.5)


@calls((7,), (8,))
def boolean_values(n: int) -> List[bool]:
    even = n % 2 == 0
    return [even and n > 7, even or n < 0, not even, bool(n), bool(0.0), bool(""), bool([1]) if True else False, n in [7, 9], n not in [7]]


@calls((1.5,))
def math_constants(x: float) -> List[float]:
    return [math.pi, math.e, math.inf, -math.inf, math.tau, math.floor(x) * 1.0, math.fabs(-x), math.fmod(7.5, x), math.ldexp(x, 3), math.copysign(x, -1.0),
            math.degrees(x), math.radians(x), math.log10(x), math.log1p(x), math.expm1(x), math.gamma(x), math.erf(x)]


@calls(("3",), ("x",), may_raise=True)
def to_int(s: str) -> int:
    return int(s)


@calls(([1, 2],), ([],), may_raise=True)
def pops(items: List[int]) -> int:
    return items.pop(0) + items.pop()


@calls((5,))
def deletes(n: int) -> List[int]:
    items = [i for i in range(n)]
    del items[1]
    d = {"a": 1, "b": 2}
    del d["a"]
    items.append(len(d))
    return items


@calls((torch.ones(2),), (torch.zeros(2),))
def grad_modes(x: Tensor) -> Tuple[Tensor, bool]:
    with torch.no_grad():
        y = x * 2
    return y, y.requires_grad


@calls((3,), (0,), may_raise=True)
def raises_deep(n: int) -> int:
    def_value = 10
    for i in range(3):
        if i == n:
            raise IndexError("at " + str(i) + " of " + str(def_value))
    return def_value


@calls((3,), (100,), may_raise=True)
def assert_with_format(n: int) -> int:
    assert n < 10, f"n is {n}, which is too much"
    return n


@calls((torch.tensor(2),), (torch.tensor(0),))
def tensor_as_condition(x: Tensor) -> str:
    if x:
        return "yes"
    return "no"


@calls((torch.tensor([3, 4]),))
def implicit_conversions(x: Tensor) -> Tuple[Tensor, int, float]:
    n = int(x[0])
    y = torch.full([n, int(x[1])], 1.5)
    return y, x[0].item() if False else n, float(x.sum())


class Inner(nn.Module):
    def __init__(self, n: int):
        super().__init__()
        self.n = n

    def forward(self, x: int) -> int:
        return x + self.n


class Outer(nn.Module):
    def __init__(self):
        super().__init__()
        self.parts = nn.ModuleList([Inner(1), Inner(10), Inner(100)])
        self.table = nn.ModuleDict({"a": Inner(1000), "b": Inner(10000)})

    def forward(self, x: int) -> Tuple[int, int]:
        for i, part in enumerate(self.parts):
            x = part(x) + i
        for part in self.parts[1:]:
            x = part(x)
        for name, part in self.table.items():
            x = part(x) + len(name)
        return x, len(self.parts)


class Hidden(nn.Module):
    def __init__(self, deep: int):
        super().__init__()
        self.deep = deep
        self.child: Optional[nn.Module] = Inner(deep) if deep > 1 else None

    def forward(self, x: int) -> int:
        if self.child is not None:
            return self.child(x)
        return x


class Properties(nn.Module):
    def __init__(self):
        super().__init__()
        self.factor = 3

    @property
    def doubled(self) -> int:
        return self.factor * 2

    def forward(self, x: int) -> int:
        self.factor += 1
        return x * self.doubled


class Inherited(Properties):
    def forward(self, x: int) -> int:
        return super().forward(x) + 1 if False else x + self.doubled


class Buffers(nn.Module):
    def __init__(self):
        super().__init__()
        self.register_buffer("seen", torch.zeros(3))
        self.register_buffer("skip", torch.ones(1), persistent=False)
        self.weight = nn.Parameter(torch.arange(3.0))
        self.history = torch.jit.Attribute([], List[int])

    def forward(self, i: int) -> Tensor:
        self.seen[i] += 1
        self.history.append(i)
        return self.seen * self.weight + self.skip * len(self.history)


class Dispatch(nn.Module):
    def __init__(self):
        super().__init__()
        self.a, self.b = nn.Linear(2, 2), nn.Identity()

    def forward(self, x: Tensor, which: str) -> Tensor:
        if which == "a":
            return self.a(x)
        elif which == "b":
            return self.b(x)
        raise RuntimeError("no layer " + which)

    @torch.jit.export
    def both(self, x: Tensor) -> Tuple[Tensor, Tensor]:
        return self.forward(x, "a"), self.forward(x, "b")


class Training(nn.Module):
    def __init__(self):
        super().__init__()
        self.drop, self.norm = nn.Dropout(0.5), nn.BatchNorm1d(2)

    def forward(self, x: Tensor) -> Tuple[Tensor, bool]:
        return self.norm(self.drop(x)), self.training


add("outer", Outer, (1,))
add("hidden_child", lambda: Hidden(4), (1,))
add("hidden_none", lambda: Hidden(1), (1,))
add("properties", Properties, (2,), (2,))
add("inherited", Inherited, (2,))
add("buffers", Buffers, (0,), (2,), (0,))
add("dispatch", Dispatch, (torch.ones(1, 2), "a"), (torch.ones(1, 2), "b"), (torch.ones(1, 2), "c"), call(torch.ones(1, 2), method="both"), may_raise=True)
add("training", Training, (torch.ones(2, 2),))


@torch.jit.script
class Matrix:
    def __init__(self, rows: List[List[int]]):
        self.rows = rows

    def __getitem__(self, i: int) -> List[int]:
        return self.rows[i]

    def __setitem__(self, i: int, row: List[int]) -> None:
        self.rows[i] = row

    def __mul__(self, k: int) -> "Matrix":
        return Matrix([[x * k for x in row] for row in self.rows])

    def __eq__(self, other: "Matrix") -> bool:
        same = len(self.rows) == len(other.rows)
        for a, b in zip(self.rows, other.rows):
            same = same and a == b
        return same

    def __lt__(self, other: "Matrix") -> bool:
        return len(self.rows) < len(other.rows)

    def __contains__(self, x: int) -> bool:
        for row in self.rows:
            if x in row:
                return True
        return False

    def __len__(self) -> int:
        return len(self.rows)

    def __str__(self) -> str:
        return "Matrix of " + str(len(self.rows))

    @staticmethod
    def unit(n: int) -> "Matrix":
        return Matrix([[1 if i == j else 0 for j in range(n)] for i in range(n)])


@calls((2,), (3,))
def magic_methods(n: int) -> Tuple[List[int], bool, bool, bool, int]:
    m = Matrix.unit(n)
    doubled = m * 2
    m[0] = [9, 9]
    return doubled[0] + m[0], m == doubled, m < doubled, 9 in m, len(m)


@torch.jit.script
class Node:
    def __init__(self, value: int):
        self.value = value
        self.next = torch.jit.annotate(Optional[int], None)
        self.children: List[int] = []


@calls((4,))
def linked(n: int) -> List[int]:
    nodes = [Node(i * i) for i in range(n)]
    for i in range(n - 1):
        nodes[i].next = i + 1
        nodes[i].children.append(i)
    out: List[int] = []
    at: Optional[int] = 0
    while at is not None:
        node = nodes[at]
        out.append(node.value + len(node.children))
        at = node.next
    return out
