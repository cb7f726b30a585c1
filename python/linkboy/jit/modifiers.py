"""Marks on functions and classes that tell the compiler what to do with them: `export`, `ignore`, `unused`, `interface`,
overloads. PyTorch's marks of the same names are honoured where a function bears those.
"""

from __future__ import annotations

EXPORT, IGNORE, UNUSED, DROP = "export", "ignore", "unused", "_drop"

_overloads: dict = {}  # qualified name -> declarations of its overloads
_method_overloads: dict = {}  # (module, class, method) -> the same


def modifier(fn) -> str | None:
    """EXPORT, IGNORE, UNUSED, DROP or None, by whoever's decorator."""
    fn = getattr(fn, "__func__", fn)
    own = getattr(fn, "_linkboy_modifier", None)
    if own is not None:
        return own
    theirs = getattr(fn, "_torchscript_modifier", None)
    word = theirs.split(" ", 1)[0] if isinstance(theirs, str) else None
    return word if word in (EXPORT, IGNORE, UNUSED, DROP) else None


def is_ignored(fn) -> bool:
    """Whether it stays a Python function."""
    return modifier(fn) in (IGNORE, UNUSED, DROP)


def is_never_called(fn) -> bool:
    """Whether a program that comes to call it raises."""
    return modifier(fn) in (UNUSED, DROP)


def _mark(fn, mark: str):
    if isinstance(fn, property):  # the getter bears it
        fn.fget._linkboy_modifier = mark
        if fn.fset is not None:
            fn.fset._linkboy_modifier = mark
    else:
        fn._linkboy_modifier = mark
    return fn


def export(fn):
    """A method that is compiled although nothing calls it (torch.jit.export)."""
    return _mark(fn, EXPORT)


def unused(fn):
    """A function that is not compiled: a program that calls it raises (torch.jit.unused)."""
    return _mark(fn, UNUSED)


def ignore(drop=False, **kwargs):
    """A function that stays Python's own (torch.jit.ignore)."""
    if callable(drop):
        return _mark(drop, IGNORE)
    return lambda fn: _mark(fn, UNUSED if drop else IGNORE)


def interface(cls: type) -> type:
    """A class that declares methods; any class with those is of its type (torch.jit.interface)."""
    cls.__linkboy_interface__ = True
    return cls


def is_interface(cls: type) -> bool:
    marks = ("__linkboy_interface__", "__torch_script_interface__")
    return any(mark in vars(cls) for mark in marks)


def _overload(fn):
    """Declares one form of a function that is defined after it (torch.jit._overload)."""
    _overloads.setdefault(f"{fn.__module__}.{fn.__qualname__}", []).append(fn)
    return fn


def _overload_method(fn):
    """The same for a method (torch.jit._overload_method)."""
    _method_overloads.setdefault((fn.__module__, fn.__qualname__), []).append(fn)
    return fn


def own_overloads(fn) -> list:
    """The declarations that were made with linkboy's decorators."""
    return _overloads.get(f"{fn.__module__}.{fn.__qualname__}", [])


def own_method_overloads(fn) -> list:
    return _method_overloads.get((fn.__module__, fn.__qualname__), [])


def script_if_tracing(fn):
    """A function that is compiled where it is called from a program (torch.jit.script_if_tracing)."""
    import functools

    @functools.wraps(fn)
    def wrapper(*args, **kwargs):
        return fn(*args, **kwargs)

    wrapper.__linkboy_original__ = fn
    return wrapper


def original(fn):
    """The function behind script_if_tracing and the like."""
    behind = getattr(fn, "__linkboy_original__", None)
    if behind is None and hasattr(fn, "__script_if_tracing_wrapper"):
        behind = getattr(fn, "__original_fn", None)
    return fn if behind is None else behind


class Attribute:
    """A module's attribute with its type (torch.jit.Attribute)."""

    def __init__(self, value, type):
        self.value = value
        self.type = type

    def __iter__(self):
        return iter((self.value, self.type))


def annotate(the_type, the_value):
    """The value; to the compiler it is of this type (torch.jit.annotate)."""
    return the_value


def is_scripting() -> bool:
    """True in a program, False in Python (torch.jit.is_scripting)."""
    return False


def is_tracing() -> bool:
    """Whether a trace is being made (torch.jit.is_tracing)."""
    return False


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
