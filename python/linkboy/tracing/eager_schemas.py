"""Arguments of an operator that was called from Python, by the names of its schema, and the overload that
PyTorch's Python function takes for them.
"""

from __future__ import annotations

import functools
from typing import Any

from linkboy import _C, operators

Tensor = _C.Tensor


class Parameter:
    """One argument of a schema: its name, what is known of its type, whether it goes by keyword alone."""

    def __init__(self, text: str, keyword: bool) -> None:
        kind, _, name = text.partition("=")[0].rpartition(" ")
        self.name, self.keyword = name, keyword
        kind = kind.replace("?", "")
        self.tensor = kind.startswith("Tensor")
        self.list = kind.endswith("]")
        self.length = int(kind[kind.rindex("[") + 1 : -1] or 0) if self.list else 0
        self.real = kind.startswith("float")
        self.device = kind.startswith("Device")


@functools.lru_cache(maxsize=None)
def parameters_of(schema: str) -> list[Parameter]:
    found, keyword = [], False
    for text in operators.split_arguments(schema):
        if text == "*":
            keyword = True
        else:
            found.append(Parameter(text, keyword))
    return found


def bound(parameters: list[Parameter], args: tuple, kwargs: dict) -> dict[str, Any]:
    """Arguments by name. Ints beyond the last list belong to it, "input" and "axis" are other names."""
    found = dict(kwargs)
    other = {"input": "self", "axis": "dim"}
    for name in list(found):
        if name in other and not any(p.name == name for p in parameters):
            found[other[name]] = found.pop(name)
    places = [p for p in parameters if not p.keyword]
    for place, parameter in enumerate(places):
        if place >= len(args):
            break
        last = parameter.list and not isinstance(args[place], (list, tuple)) and len(args) > len(places)
        found[parameter.name] = args[place:] if last else args[place]
        if last:
            break
    return found


# Overloads that PyTorch's Python functions do not take (SKIP_PYTHON_BINDINGS_SIGNATURES in tools/autograd/
# gen_python_functions.py): a number is a 0-dim tensor there.
_OF_TENSORS = {
    f"aten::{name}{form}.Scalar{mode}": f"aten::{name}{form}.Tensor{mode}"
    for name in ("add", "sub", "mul", "div", "floor_divide", "true_divide")
    for form in ("", "_")
    for mode in ("", "_mode")
}
_EITHER_WAY = {"aten::add.Tensor", "aten::mul.Tensor"}
_SPREADS = {"aten::std", "aten::var", "aten::std_mean", "aten::var_mean"}


def as_python_calls(name: str, given: dict, parameters: list[Parameter]) -> str:
    """The overload that PyTorch's Python function takes for these arguments, which are filled in as it
    does."""
    name = "aten::floor_divide" if name == "aten::floor_divide.Scalar" else _OF_TENSORS.get(name, name)
    if name in _EITHER_WAY and isinstance(given["other"], Tensor) and not isinstance(given["self"], Tensor):
        given["self"], given["other"] = given["other"], given["self"]
    if name.startswith("aten::upsample_") and "." not in name and "scales_w" not in given:
        scale = next((n for n in ("scales_h", "scales", "scales_d") if n in given), None)
        if scale is not None and (given[scale] is None or isinstance(given[scale], (list, tuple))):
            given["scale_factors"] = given.pop(scale)
            name += ".vec"
            given["input"] = given.pop("self")
    if name in _SPREADS and "unbiased" not in given:
        name += ".correction"
    names = [p.name for p in parameters]
    if "pin_memory" in names and not name.startswith("aten::to"):
        if given.get("pin_memory") is None:
            given["pin_memory"] = False
        if "device" in names and given.get("device") is None and "self" not in names:
            given["device"] = _C.device("cpu")
    return name
