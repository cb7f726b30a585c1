from collections import namedtuple
from dataclasses import dataclass, field
from enum import Enum
from typing import List, NamedTuple, Optional
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
