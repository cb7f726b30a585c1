# Classes: inheritance, super(), properties, special methods, enums, named tuples, data classes.
from collections import namedtuple
from dataclasses import dataclass, field
from enum import Enum
from typing import List, NamedTuple, Optional


class Base:
    """With a docstring."""

    kind = "base"
    shared: List[int] = []

    def __init__(self, n: int, *args, z=4, **kw):
        self.n = n
        self.args, self.z, self.kw = args, z, kw

    @property
    def double(self):
        return self.n * 2

    @double.setter
    def double(self, value):
        self.n = value // 2

    @staticmethod
    def plus_one(a):
        return a + 1

    @classmethod
    def of(cls, a):
        return cls(a)

    def describe(self):
        return f"{self.kind} {self.n}"

    def __repr__(self):
        return f"{type(self).__name__}({self.n}, {self.args}, {self.z}, {self.kw})"

    def __eq__(self, other):
        return isinstance(other, Base) and self.n == other.n

    def __len__(self):
        return self.n

    def __getitem__(self, i):
        if i >= self.n:
            raise IndexError(i)
        return i * 10

    def __add__(self, other):
        return Base(self.n + (other.n if isinstance(other, Base) else other))

    __radd__ = __add__

    def __call__(self, k):
        return self.n * k

    def __contains__(self, k):
        return k == self.n


class Mixin:
    def describe(self):
        return "mixed " + super().describe()


class Derived(Mixin, Base):
    kind = "derived"

    def __init__(self, n):
        super().__init__(n, 1, 2, z=5, q=7)
        self.more = self.double + 1


d = Derived(3)
d.double = 20
print(d, d.more, d.n, d.plus_one(4), Derived.of(2), d.describe(), [c.__name__ for c in Derived.__mro__])
print(len(d), list(Base(3)), d(4), 10 in d, Base(1) + Base(2) + 4, 5 + Base(1), Base(2) == Base(2), Base(2) != Base(3))
print(isinstance(d, Base), isinstance(d, (int, Mixin)), issubclass(Derived, Base), hasattr(d, "more"), hasattr(d, "x"))
setattr(d, "x", 9)
print(getattr(d, "x"), getattr(d, "nope", None), d.__class__.__name__, d.__dict__["x"], Base.kind, callable(d))
del d.x
print(hasattr(d, "x"), sorted(vars(d)))


class Colour(Enum):
    RED = "r"
    BLUE = "b"

    def shout(self):
        return self.name.upper() + self.value


print(Colour.RED, Colour("b").name, Colour["RED"].value, [c.value for c in Colour], Colour.RED is Colour("r"), Colour.BLUE.shout())


class Point(NamedTuple):
    x: int
    y: int = 3

    def total(self):
        return self.x + self.y


p = Point(1)
print(p.x, p.y, p[1], p.total(), len(p), p == (1, 3), p._replace(x=5).x, tuple(p))
Pair = namedtuple("Pair", "left right")
print(Pair(1, right=2).right)


@dataclass
class Options:
    width: int
    depth: int = 2
    names: list = field(default_factory=list)
    extra: Optional[int] = None

    def __post_init__(self):
        self.area = self.width * self.depth


o = Options(3, names=["a"])
print(o, o.area, o == Options(3, 2, ["a"]), Options(1).names is Options(1).names)


class Registry:
    entries = {}

    def __init_subclass__(cls):
        pass

    @classmethod
    def register(cls, name):
        def wrap(target):
            cls.entries[name] = target
            return target

        return wrap


@Registry.register("first")
def build_first():
    return "built"


print(Registry.entries["first"](), list(Registry.entries))


def outer(k):
    class Local:
        def value(self):
            return k

    return Local


print(outer(4)().value(), outer(5).__qualname__)
