"""Operators by name: `linkboy.ops.aten.relu(x)`, `linkboy.ops.aten.add.Tensor(x, y)`, and the same as
functions of the package (`linkboy.relu`) and methods of tensors (`x.relu()`). All come from the registry of
the library.
"""

from __future__ import annotations

import copyreg
import functools
import sys
from typing import Dict, List

from linkboy import _C


def split_arguments(schema: str) -> List[str]:
    """The arguments of a schema's text: ["Tensor self", "*", "Scalar alpha=1"]."""
    depth, start, found = 0, schema.index("(") + 1, []
    for at in range(start, len(schema)):
        mark = schema[at]
        if depth == 0 and mark in ",)":
            found.append(schema[start:at].strip())
            start = at + 1
            if mark == ")":
                break
        depth += (mark in "([") - (mark in ")]")
    return [argument for argument in found if argument]


def overload_of(schema: str) -> str:
    """ "Tensor" of "aten::add.Tensor(...)"; "default" for the overload without a name."""
    name, _, overload = schema[: schema.index("(")].partition(".")
    return overload or "default"


@functools.lru_cache(maxsize=None)
def schema_of(name: str) -> str:
    """The schema of one overload, "aten::add.Tensor"; "" where there is none."""
    return next((text for text in _C.overloads(name.partition(".")[0]) if text.startswith(name + "(")), "")


class OperatorPacket:
    """All overloads of one operator (torch.ops.aten.add); called, it takes the first that fits."""

    def __init__(self, qualified: str):
        self._qualified_op_name = qualified
        self.__name__ = qualified.split("::")[1]
        self._call = _C.operator(qualified, -1, True)

    def __call__(self, *args, **kwargs):
        return self._call(*args, **kwargs)

    def overloads(self) -> List[str]:
        """Names of the overloads, in the order in which they are tried."""
        return [overload_of(schema) for schema in _C.overloads(self._qualified_op_name)]

    def __getattr__(self, name: str):
        if name.startswith("__") or name not in self.overloads():
            raise AttributeError(f"The underlying op of '{self}' has no overload name '{name}'")
        overload = _C.operator(f"{self._qualified_op_name}.{name}", -1, True)
        setattr(self, name, overload)
        return overload

    def __reduce__(self):
        return _packet, tuple(self._qualified_op_name.split("::"))

    def __deepcopy__(self, memo):
        return self

    def __repr__(self) -> str:
        return f"<OpOverloadPacket(op='{self._qualified_op_name.replace('::', '.')}')>"

    def __str__(self) -> str:
        return self._qualified_op_name.replace("::", ".")

    def __dir__(self):
        return [*super().__dir__(), *self.overloads()]


class _Namespace:
    """`linkboy.ops.aten`"""

    def __init__(self, name: str):
        self._name = name

    def __getattr__(self, name: str):
        qualified = f"{self._name}::{name}"
        if name.startswith("__") or not _C.overloads(qualified):
            raise AttributeError(f"'_OpNamespace' '{self._name}' object has no attribute '{name}'")
        packet = OperatorPacket(qualified)
        setattr(self, name, packet)
        return packet

    def __dir__(self):
        return [
            *super().__dir__(),
            *sorted(n for space, n in _tensor_operators_by_name() if space == self._name),
        ]

    def __repr__(self) -> str:
        return f"<operators of {self._name}>"


class _Ops:
    """`linkboy.ops`"""

    def __getattr__(self, name: str):
        if name.startswith("__"):
            raise AttributeError(name)
        space = _Namespace(name)
        setattr(self, name, space)
        return space

    def __repr__(self) -> str:
        return "<linkboy.ops>"


ops = _Ops()


def _packet(space: str, name: str) -> OperatorPacket:
    return getattr(getattr(ops, space), name)


@functools.lru_cache(maxsize=None)
def _tensor_operators_by_name() -> Dict[tuple, List[str]]:
    """{("aten", "add"): the schemas of the overloads that speak of tensors or their dtypes}"""
    found: Dict[tuple, List[str]] = {}
    for schema in _C.list_operators():
        if "Tensor" in schema or "ScalarType" in schema:
            space, _, name = schema[: schema.index("(")].partition(".")[0].partition("::")
            found.setdefault((space, name), []).append(schema)
    return found


def function_names() -> List[str]:
    """Names of all functions over tensors."""
    return [name for space, name in _tensor_operators_by_name() if space == "aten"]


def function(name: str):
    """The operator as a function of the package; None where there is no such function over tensors."""
    known = ("aten", name) in _tensor_operators_by_name()
    return _C.operator(f"aten::{name}", -1, False) if known else None


# Modules that keep a function of the package as an attribute can be copied and pickled.
copyreg.pickle(type(_C.operator("aten::relu", -1, False)), lambda operator: (function, (operator.__name__,)))


def functions_of(module: str, prefix: str):
    """__getattr__ and __dir__ of a module whose functions are the operators with a prefix: linalg_ of linalg."""

    def find(name: str):
        found = None if name.startswith("__") else function(prefix + name)
        if found is None:
            raise AttributeError(f"module '{module}' has no attribute '{name}'")
        sys.modules[module].__dict__[name] = found
        return found

    def names() -> List[str]:
        return sorted(name[len(prefix):] for name in function_names() if name.startswith(prefix))

    return find, names


def _self_place(schemas: List[str]) -> int:
    """Where the tensor goes on which a method is called; -1: this is no method."""
    for schema in schemas:
        for place, argument in enumerate(split_arguments(schema)):
            kind, _, name = argument.rpartition(" ")
            if name == "self" and kind.startswith("Tensor") and not kind.endswith("[]"):
                return place
    return -1


def methods():
    """(name, callable) for each operator that is a method of tensors."""
    for (space, name), schemas in _tensor_operators_by_name().items():
        place = _self_place(schemas) if space == "aten" else -1
        if place >= 0:
            yield name, _C.operator(f"aten::{name}", place, False)


def namespace(module: str, prefix: str):
    """`__getattr__` and `__dir__` of a module that shows operators with a prefix: linalg.det is
    aten::linalg_det."""

    def get(name: str):
        found = None if name.startswith("__") else function(prefix + name)
        if found is None:
            raise AttributeError(f"module '{module}' has no attribute '{name}'")
        setattr(sys.modules[module], name, found)
        return found

    def names():
        own = [n for n in vars(sys.modules[module]) if not n.startswith("_")]
        return sorted({*own, *(n[len(prefix) :] for n in function_names() if n.startswith(prefix))})

    return get, names
