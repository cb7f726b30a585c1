"""The methods that @dataclass gives a class, as source: there is none to be found, and TorchScript has forms
of its own for
them (torch/jit/_dataclass_impls.py): __init__ assigns the fields and calls __post_init__, comparisons go
field by field.
"""

from __future__ import annotations

import dataclasses
import inspect
from typing import Optional

# name -> (sign of a field's comparison, whether equal objects compare true); None: equality
_COMPARISONS = {
    "__eq__": ("!=", True),
    "__ne__": ("==", True),
    "__lt__": ("<", False),
    "__le__": ("<", True),
    "__gt__": (">", False),
    "__ge__": (">", True),
}


def source_of(cls, name: str):
    """(source, defaults by name, what further names mean) of a method that @dataclass made; None for one that
    was written, or another."""
    if not _is_made(cls, name):
        return None
    if name == "__init__":
        return _init(cls)
    if name in _COMPARISONS:
        return _comparison(cls, name), None, {}
    if name == "__repr__":
        shown = ", ".join(f"{f.name}=self.{f.name}" for f in dataclasses.fields(cls) if f.repr)
        return f"def __repr__(self) -> str:\n    return '{cls.__name__}({shown})'\n", None, {}
    if name == "__hash__":
        words = "a dataclass has no hash in a program"
        return f"def __hash__(self) -> int:\n    raise NotImplementedError('{words}')\n", None, {}
    return None


def _is_made(cls, name: str) -> bool:
    method = inspect.unwrap(getattr(cls, name))
    return getattr(getattr(method, "__code__", None), "co_filename", None) == "<string>"


def is_frozen(cls, name: str) -> bool:
    """Whether the method only says that fields of a frozen dataclass cannot be set."""
    return name in ("__setattr__", "__delattr__") and dataclasses.is_dataclass(cls) and _is_made(cls, name)


def cannot_change(cls) -> bool:
    """Whether the fields of its objects cannot be set."""
    return dataclasses.is_dataclass(cls) and cls.__dataclass_params__.frozen


def _plain(parameter):
    """A parameter whose annotation is of an InitVar's own type."""
    annotation = parameter.annotation
    return (
        parameter.replace(annotation=annotation.type)
        if isinstance(annotation, dataclasses.InitVar)
        else parameter
    )


_MADE = {list: "[]", dict: "{}"}


def _is_given(field) -> bool:
    """Whether the field has a value that no argument gives."""
    return not field.init and (field.default is not dataclasses.MISSING or _has_factory(field))


def _has_factory(field) -> bool:
    return field.default_factory is not dataclasses.MISSING


def _written(annotation) -> str:
    return annotation if isinstance(annotation, str) else inspect.formatannotation(annotation)


def _is_made_here(field) -> bool:
    """Whether __init__ makes its value: by a factory, or an object of a data class."""
    return _has_factory(field) or (
        dataclasses.is_dataclass(field.default) and not isinstance(field.default, type)
    )


def _making(field, more: dict) -> str:
    """The expression that makes its value."""
    if not _has_factory(field):
        return _object(field.default, f"_class_{field.name}", more)
    made = _MADE.get(field.default_factory)
    if made is None:
        made = f"_make_{field.name}()"
        more[f"_make_{field.name}"] = field.default_factory
    return made


def _object(value, name: str, more: dict) -> str:
    """An object of a data class as a call of the class."""
    if not dataclasses.is_dataclass(value):
        return repr(value)
    more[name] = type(value)
    given = [
        f"{f.name}={_object(getattr(value, f.name), f'{name}_{f.name}', more)}"
        for f in dataclasses.fields(value)
        if f.init
    ]
    return f"{name}({', '.join(given)})"


def _assignment(field, more: dict) -> list:
    """The statements that give a field its value."""
    if not _is_made_here(field):
        if not field.init:
            more[f"_default_{field.name}"] = field.default
        return [f"self.{field.name} = {field.name if field.init else f'_default_{field.name}'}"]
    made = _making(field, more)
    lines = [f"_{field.name}: {_written(field.type)} = {made}"]
    if field.init:
        lines += [f"if {field.name} is not None:", f"    _{field.name} = {field.name}"]
    return [*lines, f"self.{field.name} = _{field.name}"]


def _declared(parameter, made: set):
    """A parameter as it is written: of one whose value may be made here, that it may be missing."""
    if parameter.name not in made:
        return _plain(parameter).replace(default=inspect.Parameter.empty)
    return parameter.replace(
        annotation=Optional[parameter.annotation]
        if not isinstance(parameter.annotation, str)
        else f"Optional[{parameter.annotation}]",
        default=inspect.Parameter.empty,
    )


def _init(cls):
    signature = inspect.signature(cls.__init__)
    parameters = signature.parameters
    made = {f.name for f in dataclasses.fields(cls) if _is_made_here(f)}
    fresh = [n for n, p in parameters.items() if isinstance(p.annotation, dataclasses.InitVar)]
    body, more = [], {}
    for field in dataclasses.fields(cls):
        if (field.init or _is_given(field)) and field.name not in fresh:
            body += _assignment(field, more)
    if hasattr(cls, "__post_init__"):
        body.append(f"self.__post_init__({', '.join(fresh)})")
    given = {n: p.default for n, p in parameters.items() if p.default is not p.empty}
    defaults = {n: None if n in made else value for n, value in given.items()}
    header = signature.replace(parameters=[_declared(p, made) for p in parameters.values()])
    text = f"def __init__{header}:\n    " + "\n    ".join(body or ["pass"]) + "\n"
    return text, defaults or None, more


def _is_optional(annotation) -> bool:
    words = annotation if isinstance(annotation, str) else str(annotation)
    return words.startswith(("Optional[", "typing.Optional[")) or "None" in words


def _comparison(cls, name: str) -> str:
    sign, when_equal = _COMPARISONS[name]
    if name in ("__eq__", "__ne__"):
        steps = [f"if val1 {sign} val2: return False"]
        unlike = "return False"
    else:
        steps = [f"if val1 {sign} val2: return True", f"elif val2 {sign} val1: return False"]
        unlike = f"raise TypeError('Cannot compare {cls.__name__} with None')"
    body = []
    for field in dataclasses.fields(cls):
        if not field.compare:
            continue
        body += [f"val1 = self.{field.name}", f"val2 = other.{field.name}"]
        if _is_optional(field.type):
            body += [
                "if val1 is not None and val2 is not None:",
                *("  " + s for s in steps),
                "elif (val1 is None) != (val2 is None):",
                "  " + unlike,
            ]
        else:
            body += steps
    body.append(f"return {when_equal}")
    return f"def {name}(self, other: {cls.__name__}) -> bool:\n    " + "\n    ".join(body) + "\n"
