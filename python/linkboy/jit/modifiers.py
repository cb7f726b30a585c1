"""Marks on functions and classes that tell the compiler what to do with them: `export`, `ignore`, `unused`,
`interface`,
overloads. PyTorch's marks of the same names are honoured where a function bears those.
"""

from __future__ import annotations

from linkboy import _jit_internal
from linkboy._jit_internal import FunctionModifiers
from linkboy.jit import errors
from linkboy.tracing import recorder

EXPORT, IGNORE, UNUSED, DROP = "export", "ignore", "unused", "_drop"


def modifier(fn) -> str | None:
    """EXPORT, IGNORE, UNUSED, DROP or None, by whoever's decorator."""
    mark = getattr(getattr(fn, "__func__", fn), "_torchscript_modifier", None)
    word = mark.split(" ", 1)[0] if isinstance(mark, str) else None
    return word if word in (EXPORT, IGNORE, UNUSED, DROP) else None


def is_ignored(fn) -> bool:
    """Whether it stays a Python function."""
    return modifier(fn) in (IGNORE, UNUSED, DROP)


def is_never_called(fn) -> bool:
    """Whether a program that comes to call it raises."""
    return modifier(fn) in (UNUSED, DROP)


def _mark(fn, mark: str):
    if isinstance(fn, property):  # its functions bear it
        for part in filter(None, (fn.fget, fn.fset)):
            part._torchscript_modifier = mark
    else:
        fn._torchscript_modifier = mark
    return fn


def export(fn):
    """A method that is compiled although nothing calls it (torch.jit.export)."""
    return _mark(fn, FunctionModifiers.EXPORT)


def unused(fn):
    """A function that is not compiled: a program that calls it raises (torch.jit.unused)."""
    return _mark(fn, FunctionModifiers.UNUSED)


def ignore(drop=False, **kwargs):
    """A function that stays Python's own (torch.jit.ignore)."""
    if callable(drop):
        return _mark(drop, FunctionModifiers.IGNORE)
    return lambda fn: _mark(fn, FunctionModifiers.UNUSED if drop else FunctionModifiers.IGNORE)


def interface(cls: type) -> type:
    """A class that declares methods; any class with those is of its type (torch.jit.interface)."""
    cls.__linkboy_interface__ = True
    return cls


def is_interface(cls: type) -> bool:
    marks = ("__linkboy_interface__", "__torch_script_interface__")
    return any(mark in vars(cls) for mark in marks)


def own_overloads(fn) -> list:
    """The declarations of a function's overloads that were made with linkboy's decorator."""
    return _jit_internal._overloaded_functions.get(_jit_internal._qualified_name(fn), [])


def own_method_overloads(fn) -> list:
    """The same for a method."""
    return _jit_internal._overloaded_methods.get(_jit_internal._qualified_name(fn), [])


def script_if_tracing(fn):
    """A function that is compiled where it is called from a program, or while a trace is made
    (torch.jit.script_if_tracing)."""
    import functools

    @functools.wraps(fn)
    def wrapper(*args, **kwargs):
        if recorder.current() is None:
            return fn(*args, **kwargs)
        from linkboy.jit.script import script

        return script(fn)(*args, **kwargs)

    wrapper.__linkboy_original__ = fn
    return wrapper


def original(fn):
    """The function behind script_if_tracing and the like."""
    behind = getattr(fn, "__linkboy_original__", None)
    if behind is None and hasattr(fn, "__script_if_tracing_wrapper"):
        behind = getattr(fn, "__original_fn", None)
    return fn if behind is None else behind


def _stand_in(obj):
    try:
        return obj.__prepare_scriptable__()
    except RuntimeError as error:
        help = f"Leave it out of the program: its class says that no {type(obj).__name__} can be part of one."
        raise errors.failure(RuntimeError, errors.UNSUPPORTED, str(error), help) from error


def prepared(obj, known: dict):
    """What its __prepare_scriptable__() gives for an object, and in a module for the modules below it, which
    are replaced as PyTorch replaces them (torch.jit._script.call_prepare_scriptable_func); `known` are those
    seen."""
    found = known.get(id(obj))
    if found is not None:
        return found[1]
    made = _stand_in(obj) if hasattr(obj, "__prepare_scriptable__") else obj
    known[id(obj)] = obj, made
    below = vars(made).get("_modules") if hasattr(made, "__dict__") else None
    for name, module in below.items() if below else ():
        below[name] = module if module is None else prepared(module, known)
    return made


class Attribute:
    """A module's attribute with its type (torch.jit.Attribute)."""

    def __init__(self, value, type):
        self.value = value
        self.type = type

    def __iter__(self):
        return iter((self.value, self.type))


def fork(func, *args, **kwargs):
    """Calls the function; in a program it runs beside (torch.jit.fork). Python waits at once."""
    return _Done(func(*args, **kwargs))


def wait(future):
    """What a forked call gave (torch.jit.wait)."""
    return future.wait()


class _Done:
    def __init__(self, result):
        self._result = result

    def wait(self):
        return self._result


def script_isinstance(obj, target_type) -> bool:
    """isinstance for types with element types (torch.jit.isinstance)."""
    import typing

    origin, args = typing.get_origin(target_type), typing.get_args(target_type)
    if origin is None:
        return isinstance(obj, target_type)
    if origin is typing.Union:
        return any(script_isinstance(obj, t) for t in args)
    if not isinstance(obj, origin):
        return False
    if origin is tuple:
        return len(obj) == len(args) and all(map(script_isinstance, obj, args))
    if origin is dict:
        return all(script_isinstance(k, args[0]) and script_isinstance(v, args[1]) for k, v in obj.items())
    return all(script_isinstance(item, args[0]) for item in obj)


def is_attribute(value) -> bool:
    """Whether it is an Attribute, linkboy's or torch.jit's."""
    cls = type(value)
    return cls is Attribute or (cls.__name__ == "Attribute" and cls.__module__ == "torch.jit._script")
