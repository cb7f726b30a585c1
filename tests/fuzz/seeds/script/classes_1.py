from collections import namedtuple
from dataclasses import dataclass, field
from enum import Enum
from typing import List, NamedTuple, Optional
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
