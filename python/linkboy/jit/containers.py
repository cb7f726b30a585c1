"""What is known of nn's own classes, PyTorch's and linkboy's: containers, the forward that raises, overloads
of methods."""

from __future__ import annotations

import inspect
import sys

from linkboy.jit import classes, functions, modifiers
from linkboy.jit import unit as units
from linkboy.jit.sources import text_source

_KINDS = (
    ("ModuleDict", units.MODULE_DICT),
    ("ModuleList", units.MODULE_LIST),
    ("Sequential", units.MODULE_LIST),
    ("ParameterList", units.PARAMETER_LIST),
    ("ParameterDict", units.PARAMETER_DICT),
)
_known: dict = {}  # class -> kind
_overloads: dict = {}  # class -> {method: declarations}
_ignored: dict = {}  # class -> names of methods that stay Python's


def nn_packages() -> list:
    """torch.nn and linkboy.nn, as far as they are imported."""
    return [
        m
        for m in (sys.modules.get("torch.nn"), sys.modules.get("linkboy.nn"))
        if m is not None and hasattr(m, "Module")
    ]


def is_module(obj) -> bool:
    return any(isinstance(obj, nn.Module) for nn in nn_packages())


def is_module_class(cls) -> bool:
    return any(issubclass(cls, nn.Module) for nn in nn_packages())


def kind_of(module) -> int:
    cls = type(module)
    found = _known.get(cls)
    if found is None:
        found = units.MODULE
        for name, kind in _KINDS:
            if any(issubclass(cls, getattr(nn, name, ())) for nn in nn_packages()):
                found = kind
        _known[cls] = found
    return found


def default_forwards() -> list:
    """The forward of Module itself, which only raises."""
    return [getattr(nn.Module, "forward", None) for nn in nn_packages()]


def define_methods(module, concrete) -> None:
    """Containers have __len__ and dicts __contains__, as constants of their type."""
    if concrete.kind not in (units.MODULE_LIST, units.MODULE_DICT):
        return
    _define(concrete, f"def __len__(self):\n   return {len(module)}\n")
    if concrete.kind == units.MODULE_DICT:
        keys = f"key in {list(module.keys())!r}" if len(module) else "False"
        _define(concrete, f"def __contains__(self, key: str):\n   return {keys}\n")


class _Nothing:
    def find(self, name):
        return None


def _define(concrete, text: str) -> None:
    source = units.source_tuple(text_source(text, "<string>"), _Nothing())
    units.unit.compile(units.unit.declare(None, concrete.type, source))


# ---- overloads of methods ----


def _torch_method_overloads(cls, method) -> list:
    internal = sys.modules.get("torch._jit_internal")
    if internal is None or not internal._overloaded_methods:
        return []
    try:
        return internal._get_overloaded_methods(method, cls) or []
    except (AssertionError, OSError, RuntimeError, TypeError):
        return []


def method_overloads(cls) -> dict:
    found = _overloads.get(cls)
    if found is None:
        found = {}
        for name in dir(cls):
            method = inspect.getattr_static(cls, name, None)
            if inspect.isfunction(method):
                forms = modifiers.own_method_overloads(method) or _torch_method_overloads(cls, method)
                if forms and method not in forms:
                    found[name] = forms
        _overloads[cls] = found
    return found


def ignored_methods(cls) -> list:
    found = _ignored.get(cls)
    if found is None:
        members = ((name, inspect.getattr_static(cls, name, None)) for name in dir(cls))
        found = _ignored[cls] = [
            name for name, m in members if inspect.isfunction(m) and modifiers.is_ignored(m)
        ]
    return found


def interface_methods(type) -> list:
    """The methods that the interface class of a type declares."""
    for cls, found in classes._types.items():
        if found == type:
            return [fn for _, fn in classes._methods(cls)]
    return []
