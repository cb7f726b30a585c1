"""The methods that @dataclass gives a class, as source: there is none to be found, and TorchScript has forms
of its own for
them (torch/jit/_dataclass_impls.py): __init__ assigns the fields and calls __post_init__, comparisons go
field by field.
"""

from __future__ import annotations

import dataclasses
import inspect

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
    """(source, defaults by name) of a method that @dataclass made; None for one that was written, or
    another."""
    if not _is_made(cls, name):
        return None
    if name == "__init__":
        return _init(cls)
    if name in _COMPARISONS:
        return _comparison(cls, name), None
    if name == "__repr__":
        shown = ", ".join(f"{f.name}=self.{f.name}" for f in dataclasses.fields(cls) if f.repr)
        return f"def __repr__(self) -> str:\n    return '{cls.__name__}({shown})'\n", None
    if name == "__hash__":
        return (
            "def __hash__(self) -> int:\n    raise NotImplementedError('a dataclass has no hash in a program')\n",
            None,
        )
    return None


def _is_made(cls, name: str) -> bool:
    method = inspect.unwrap(getattr(cls, name))
    return getattr(getattr(method, "__code__", None), "co_filename", None) == "<string>"


def _plain(parameter):
    """A parameter whose annotation is of an InitVar's own type."""
    annotation = parameter.annotation
    return (
        parameter.replace(annotation=annotation.type)
        if isinstance(annotation, dataclasses.InitVar)
        else parameter
    )


def _init(cls):
    for field in dataclasses.fields(cls):
        if field.default_factory is not dataclasses.MISSING:
            raise NotImplementedError(
                f"the field '{field.name}' of dataclass {cls.__name__} has a default_factory, which cannot be compiled: give it "
                "its value in __post_init__ or where the object is made"
            )
    signature = inspect.signature(cls.__init__)
    parameters = signature.parameters
    fresh = [n for n, p in parameters.items() if isinstance(p.annotation, dataclasses.InitVar)]
    body = [f"self.{f.name} = {f.name}" for f in dataclasses.fields(cls) if f.init and f.name not in fresh]
    if hasattr(cls, "__post_init__"):
        body.append(f"self.__post_init__({', '.join(fresh)})")
    defaults = {n: p.default for n, p in parameters.items() if p.default is not p.empty}
    header = signature.replace(
        parameters=[_plain(p).replace(default=inspect.Parameter.empty) for p in parameters.values()]
    )
    return f"def __init__{header}:\n    " + "\n    ".join(body or ["pass"]) + "\n", defaults or None


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
