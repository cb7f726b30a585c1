"""Classes for what programs and operators return: enums and NamedTuples by their qualified names, result
tuples.

A class that a program was compiled from (`register`) is used where it is known; otherwise one of the same
form is made when the first value of it comes.
"""

from __future__ import annotations

import collections
import enum
import functools

_known: dict = {}  # qualified name, or (qualified name, members or fields) -> class


def register(qualified: str, cls: type) -> None:
    """Makes values of the program's class `qualified` members or instances of `cls`."""
    _known[qualified] = cls


def _name(qualified: str) -> str:
    """The last part, without the number that tells apart classes of one name."""
    return [part for part in qualified.split(".") if not part.startswith("___torch_mangle_")][-1]


def enum_member(qualified: str, members: dict, name: str):
    """The member `name` of the enum that has these members."""
    cls = _known.get(qualified)
    if cls is None or name not in cls.__members__:
        key = qualified, tuple(members)
        cls = _known.get(key)
        if cls is None or {m: cls[m].value for m in members} != members:
            cls = _known[key] = enum.Enum(_name(qualified), members, module="linkboy")
    return cls[name]


def named_tuple(qualified: str, fields: tuple, items: tuple):
    """A tuple of these items with names."""
    cls = _known.get(qualified)
    if cls is None or getattr(cls, "_fields", None) != fields:
        key = qualified, fields
        cls = _known.get(key)
        if cls is None:
            cls = _known[key] = collections.namedtuple(
                _name(qualified), fields, module="linkboy", rename=True
            )
    return cls._make(items)


def _show(self) -> str:
    fields = ",\n".join(f"{name}={value!r}" for name, value in zip(self._fields, self))
    return f"torch.return_types.{type(self).__name__}(\n{fields})"


@functools.lru_cache(maxsize=None)
def _result_class(schema: str):
    name = schema[schema.index("::") + 2 : schema.index("(")].partition(".")[0]
    fields = [part.split(" ")[-1] for part in schema.rpartition(" -> (")[2].rstrip(")").split(", ")]
    cls = collections.namedtuple(name, fields, module="linkboy.return_types")
    return type(name, (cls,), {"__repr__": _show, "__slots__": ()})


def result_tuple(schema: str, items: tuple):
    """What an operator with several named results returns (torch.return_types)."""
    return _result_class(schema)._make(items)
