"""Modules in plain lists, tuples and dicts: for all of Python they are ModuleLists and ModuleDicts, which hold
the same modules. The Python module itself stays as it is.
"""

from __future__ import annotations

import sys
import weakref

from linkboy.jit import containers, foreign

_adopted: "weakref.WeakKeyDictionary" = weakref.WeakKeyDictionary()  # module -> {attribute: container}


def _is_module(obj) -> bool:
    return containers.is_module(obj) or foreign.is_script_module(obj)


def holds_modules(obj) -> bool:
    """Whether it is a list, tuple or dict of modules or of such containers; not an empty one."""
    if isinstance(obj, dict):
        return bool(obj) and all(isinstance(k, str) and _held(v) for k, v in obj.items())
    return isinstance(obj, (list, tuple)) and bool(obj) and all(map(_held, obj))


def _held(obj) -> bool:
    return _is_module(obj) or holds_modules(obj)


def _first(obj):
    """A module that is in there."""
    while not _is_module(obj):
        obj = next(iter(obj.values() if isinstance(obj, dict) else obj))
    return obj


def _as_module(obj):
    if _is_module(obj):
        return obj
    ours = sys.modules.get("linkboy.nn")
    nn = ours if ours is not None and isinstance(_first(obj), ours.Module) else sys.modules["torch.nn"]
    if isinstance(obj, dict):
        return nn.ModuleDict({name: _as_module(value) for name, value in obj.items()})
    return nn.ModuleList([_as_module(value) for value in obj])


def begin() -> None:
    """Before a compilation: what the attributes hold may have changed since the last."""
    _adopted.clear()


def containers_of(module) -> dict:
    """The containers that stand for the module's attributes, made once a compilation."""
    found = _adopted.get(module)
    if found is None:
        held = [name for name, v in module.__dict__.items() if name != "_modules" and holds_modules(v)]
        found = _adopted[module] = {name: _as_module(module.__dict__[name]) for name in held}
    return found
