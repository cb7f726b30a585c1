"""linkboy.script: Python functions, modules and classes as TorchScript programs (torch.jit.script)."""

from __future__ import annotations

import inspect

from linkboy import _C
from linkboy.jit import classes, containers, errors, foreign, functions, modifiers, modules, names, sources
from linkboy.jit.unit import lock

_depth = 0


def script(obj, optimize=None, _frames_up: int = 0, _rcb=None, example_inputs=None):
    """Compiles a Python object as PyTorch's torch.jit.script does.

    A function gives a ScriptFunction; an nn.Module instance (PyTorch's or linkboy's) a ScriptModule that
    shares its
    tensors; a class, enum or interface is compiled and returned as it is. What they call is compiled with
    them. RuntimeError
    tells of everything that is no TorchScript, with its place and the calls that led there; OSError of a
    function whose
    source cannot be had.
    """
    global _depth
    with lock:
        if not _depth:
            sources.refresh()
            modules.begin()
        _depth += 1
        try:
            made = _script(obj)
            if _depth == 1:
                modules.settle()
            return made
        except BaseException:
            if _depth == 1:
                modules.forget_failed()
            raise
        finally:
            _depth -= 1


def _script(obj):
    if isinstance(obj, (_C.Module, _C.Function)):
        return obj
    if foreign.is_script_module(obj):
        return foreign.imported(obj)
    obj = modifiers.prepared(obj, {})
    if containers.is_module(obj):
        return modules.compiled(obj)
    if inspect.isclass(obj):
        return _script_class(obj)
    if inspect.isfunction(obj) or inspect.ismethod(obj):
        return functions.compiled(modifiers.original(getattr(obj, "__func__", obj)))
    found = names.answer(obj)
    if isinstance(found[1], _C.Function):  # PyTorch's script function: its source is compiled
        functions.unit.compile(found[1])
        return found[1]
    raise errors.failure(
        RuntimeError,
        errors.UNSUPPORTED,
        f"an object of type '{type(obj).__name__}' cannot be scripted: a function, a module or a class can",
        "Give the function or module itself.",
    )


def _script_class(cls):
    if containers.is_module_class(cls) and not modifiers.is_interface(cls):
        raise errors.failure(
            RuntimeError,
            errors.MODULES,
            f"Type '{cls.__name__}' cannot be compiled since it inherits from nn.Module, consider passing an instance instead",
            f"Construct it: `linkboy.script({cls.__name__}(...))`.",
        )
    if classes.class_type(cls) is None:
        raise errors.failure(
            RuntimeError,
            errors.UNSUPPORTED,
            f"class '{cls.__name__}' cannot be compiled",
            "Programs have classes that Python code defines, enums, NamedTuples and interfaces.",
        )
    return cls
