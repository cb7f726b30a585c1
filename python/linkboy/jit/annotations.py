"""Annotations as Python evaluates them, turned into types (torch.jit.annotations.try_ann_to_type)."""

from __future__ import annotations

import enum
import inspect
import sys
import types
import typing

from linkboy import _C
from linkboy.jit import classes, modifiers
from linkboy.jit.unit import type_of_text, unit

_PLAIN = {
    None: "NoneType",
    type(None): "NoneType",
    int: "int",
    float: "float",
    bool: "bool",
    complex: "complex",
    str: "str",
    typing.Any: "Any",
    _C.Tensor: "Tensor",
    _C.device: "Device",
    _C.dtype: "int",
    _C.layout: "int",
    _C.memory_format: "int",
}
_TORCH = {  # of the module torch
    "device": "Device",
    "dtype": "int",
    "layout": "int",
    "memory_format": "int",
    "qscheme": "int",
    "Generator": "Generator",
    "Stream": "Stream",
    "SymInt": "int",
    "Size": "List[int]",
}
_UNIONS = (typing.Union, getattr(types, "UnionType", typing.Union))


def annotation_type(annotation, scope=None):
    """The Type of an annotation; None where it is no type that a program can have. `scope` finds the names in
    strings."""
    text = annotation_text(annotation, scope)
    return None if text is None else type_of_text(text)


def annotation_text(annotation, scope=None):
    """The same as text; None."""
    try:
        plain = _PLAIN.get(annotation)
    except TypeError:  # it cannot be hashed
        return None
    if plain is not None:
        return plain
    if isinstance(annotation, typing.ForwardRef):
        annotation = annotation.__forward_arg__
    if isinstance(annotation, str):
        return str(unit.type(annotation, scope)) if scope is not None else None
    if typing.get_origin(annotation) is not None:
        return _generic_text(annotation, scope)
    return _class_text(annotation) if inspect.isclass(annotation) else _object_text(annotation)


def _object_text(annotation):
    """What is no class: typing.List without arguments and the like."""
    return None


def _arguments(annotation, scope):
    return [annotation_text(a, scope) for a in typing.get_args(annotation)]


def _generic_text(annotation, scope):
    origin = typing.get_origin(annotation)
    if origin in _UNIONS:
        return _union_text(annotation, scope)
    if origin is tuple and typing.get_args(annotation) in ((), ((),)):
        return "Tuple[()]"
    arguments = _arguments(annotation, scope)
    if None in arguments or not arguments:
        return None
    word = {list: "List", dict: "Dict", tuple: "Tuple"}.get(origin) or _future_word(origin)
    return f"{word}[{', '.join(arguments)}]" if word else None


def _future_word(origin):
    name = getattr(origin, "__name__", "")
    return {"Future": "Future", "RRef": "RRef", "_Await": "Await"}.get(name)


def _union_text(annotation, scope):
    if set(typing.get_args(annotation)) == {int, float, complex}:
        return "number"
    arguments = _arguments(annotation, scope)
    if None in arguments:
        return None
    rest = [a for a in arguments if a != "NoneType"]
    if len(arguments) == 2 and len(rest) == 1:
        return f"Optional[{rest[0]}]"
    return f"Union[{', '.join(arguments)}]"


def _is_torch(cls, name: str) -> bool:
    torch = sys.modules.get("torch")
    return torch is not None and cls is getattr(torch, name, None)


def _is_tensor_class(cls) -> bool:
    torch = sys.modules.get("torch")
    if torch is None:
        return issubclass(cls, _C.Tensor)
    return issubclass(cls, (_C.Tensor, torch.Tensor)) or (
        cls.__module__ == "torch" and cls.__name__.endswith("Tensor")
    )


def plain_type(cls):
    """The type of a class that is none of the program's own: tensors, devices, numbers; None."""
    text = _PLAIN.get(cls) or _library_text(cls)
    return None if text is None else type_of_text(text)


def _library_text(cls):
    if _is_tensor_class(cls):
        return "Tensor"
    if cls.__name__ in _TORCH and _is_torch(cls, cls.__name__):
        return _TORCH[cls.__name__]
    return None


def _class_text(cls):
    text = _library_text(cls)
    if text is not None:
        return text
    found = classes.known(cls)
    if found is None and (
        issubclass(cls, (enum.Enum, tuple)) or modifiers.is_interface(cls) or classes.can_compile(cls)
    ):
        found = classes.class_type(cls)
    return None if found is None else found.qualified_name
