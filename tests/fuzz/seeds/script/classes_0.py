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
