"""All of Python: what things are that PyTorch makes nothing of.

Where PyTorch refuses a function, it is compiled once more with these answers. Objects that no type of a
program holds (settings in data classes, sets, dicts of different things) are constants of it; methods and
functions that have no one type are compiled for the calls of them; what Python's libraries do is known by name.
"""

from __future__ import annotations

import enum
import functools
import importlib.util
import inspect
import logging
import sys
import types
import weakref

from linkboy.jit import answers, classes, containers, functions, names, scopes, sources
from linkboy.jit import unit as units
from linkboy.jit.unit import unit

_members: "weakref.WeakKeyDictionary" = weakref.WeakKeyDictionary()  # function -> its declaration


class Names:
    """A scope of the names that a text uses which is written here."""

    def __init__(self, found: dict):
        self.found = found

    def find(self, name: str):
        return self.found.get(name)


def written(text: str, found: dict) -> tuple:
    """A function from its text, with the answers for its names."""
    source = units.source_tuple(sources.text_source(text), Names(found))
    return answers.member(units.declare(None, None, source))


def member(fn, kind: int = answers.METHOD, scope=None) -> tuple:
    """A Python function that is compiled for the calls of it."""
    declaration = _members.get(fn)
    if declaration is None:
        declaration = _members[fn] = functions.declare_outside(fn, scope)
    return answers.member(declaration, kind)


# ---- by name ----


def library_path(obj) -> str | None:
    """The name under which Python's libraries and torch have it: "math.prod", "torch.Tensor"."""
    module, name = getattr(obj, "__module__", None), getattr(obj, "__qualname__", None)
    if not isinstance(module, str) or not isinstance(name, str):
        return None
    module = module.lstrip("_")
    known = module == "torch" or module.partition(".")[0] in sys.stdlib_module_names
    return f"{module}.{name}" if known and module != "builtins" else None


def builtin(obj) -> tuple:
    """A function of Python's own that stands for itself: a call of it."""
    name = obj.__name__
    return written(f"def {name}_(*args, **kwargs):\n    return {name}(*args, **kwargs)\n", {})


def enum_lookup(cls, by: str) -> tuple:
    """The function that gives an Enum's member of a "value" or "name"."""
    given = {"members": names.answer(cls)}
    lines = [f"def member_of({by}):"]
    for member_ in cls:
        given[f"{by}_{member_.name}"] = names.answer(getattr(member_, by))
        lines += [f"    if {by} == {by}_{member_.name}:", f"        return members.{member_.name}"]
    error = f"ValueError(f'{{value!r}} is not a valid {cls.__qualname__}')" if by == "value" else "KeyError(name)"
    return written("\n".join([*lines, f"    raise {error}", ""]), given)


def _has_operators(cls, data) -> bool:
    """Whether an Enum has other operators than those of its members' values."""
    own = [vars(base) for base in cls.__mro__[: cls.__mro__.index(data)]]
    changed = {name for names_ in own for name, fn in names_.items() if isinstance(fn, types.FunctionType)
               and fn.__module__ != "enum"}
    return bool(changed & set(vars(data)) - {"__new__", "__init__", "__str__", "__repr__", "__format__"})


def enum_of_values(cls, shown: bool):
    """Not None where the members of an Enum are their values, as those of an IntEnum are; or, `shown`, where
    str() gives these."""
    data = next((kind for kind in (int, float, str) if issubclass(cls, kind)), None)
    if data is None or not issubclass(cls, enum.Enum) or _has_operators(cls, data):
        return None
    if not all(type(m.value) is data and data.__eq__(m, m.value) for m in cls):
        return None
    return answers.items([answers.value(True)]) if not shown or all(str(m) == str(m.value) for m in cls) else None


class Twins:
    """Modules of Python's libraries without their parts in C: what these do, written in Python."""

    def __init__(self):
        self.modules = {}

    def find(self, obj):
        """The function in Python that a function in C stands for; None."""
        accelerator, name = obj.__module__, obj.__name__
        if accelerator not in ("_bisect", "_heapq"):
            return None
        if accelerator not in self.modules:
            self.modules[accelerator] = self.load(accelerator)
        return vars(self.modules[accelerator]).get(name)

    def load(self, accelerator: str):
        spec = importlib.util.find_spec(accelerator.lstrip("_"))
        module = importlib.util.module_from_spec(spec)
        kept = sys.modules.pop(accelerator, None)
        sys.modules[accelerator] = None  # its import fails
        try:
            spec.loader.exec_module(module)
        finally:
            if kept is None:
                del sys.modules[accelerator]
            else:
                sys.modules[accelerator] = kept
        return module


_twins = Twins()


# ---- calls that are made ready ----


def partial(obj) -> tuple:
    """functools.partial"""
    given = {"function": names.answer(obj.func)}
    words = []
    for at, value in enumerate(obj.args):
        given[f"given_{at}"] = answer(value)
        words.append(f"given_{at}")
    words.append("*args")
    for name, value in obj.keywords.items():
        given[f"given_{name}"] = answer(value)
        words.append(f"{name}=given_{name}")
    words.append("**kwargs")
    return written(f"def partial_(*args, **kwargs):\n    return function({', '.join(words)})\n", given)


def method(obj) -> tuple:
    """A method of an object or class that is no value of the program."""
    first = names.answer(obj.__self__)
    if answers.is_nothing(first):  # a class of modules
        first = answers.scope(Fields(obj.__self__), f"class '{obj.__self__.__name__}'")
    return answers.bound(member(obj.__func__), first)


# ---- objects with attributes ----


class Fields:
    """The attributes of an object that is no value of a program."""

    def __init__(self, obj):
        self.obj = obj

    def find(self, name: str):
        found = inspect.getattr_static(type(self.obj), name, None)
        if isinstance(found, types.FunctionType) and name not in getattr(self.obj, "__dict__", ()):
            return answers.bound(member(found), fields(self.obj))
        value = getattr(self.obj, name, scopes.MISSING)
        return None if value is scopes.MISSING else answer(value)


def fields(obj) -> tuple:
    words = f"value of type '{type(obj).__name__}'"
    call = inspect.getattr_static(type(obj), "__call__", None)
    scope = answers.scope(Fields(obj), words)
    return answers.bound(member(call), scope) if isinstance(call, types.FunctionType) else scope


class Methods:
    """The functions of a class, which take its object first: Base.forward(self, x)."""

    def __init__(self, cls):
        self.cls = cls

    def find(self, name: str):
        owner = next((base for base in self.cls.__mro__ if name in vars(base)), None)
        found = None if owner is None else vars(owner)[name]
        if isinstance(found, types.FunctionType):
            return member(found)
        if isinstance(found, staticmethod):
            return names.answer(found.__func__)
        return None if owner is None or callable(found) else answer(getattr(self.cls, name))


# ---- containers ----


def typed(obj):
    """A value whose items are of one type; None."""
    try:
        return answers.value(obj, unit.infer(obj))
    except RuntimeError:
        return None


def row(obj) -> tuple:
    """A list or tuple."""
    return typed(obj) or answers.items([answer(item) for item in obj])


def mapping(obj) -> tuple:
    found = typed(obj)
    if found is None and all(isinstance(key, str) for key in obj):
        return answers.named({key: answer(value) for key, value in obj.items()})
    return found or answers.refusal("the dict that stands here has keys that are no names")


def collection(obj) -> tuple:
    """A set."""
    items = list(obj)
    try:
        return answers.set_of(items, unit.infer(items))
    except RuntimeError:
        return answers.refusal("the set that stands here holds nothing, or values of different types")


# ---- modules ----


def key(obj):
    """Equal for objects that are the same constant of a program."""
    if isinstance(obj, (list, tuple)):
        return (type(obj), tuple(map(key, obj)))
    if isinstance(obj, dict):
        return (dict, tuple((name, key(value)) for name, value in obj.items()))
    if isinstance(obj, (set, frozenset)):
        return (set, frozenset(map(key, obj)))
    if isinstance(obj, (bool, int, float, complex, str)):
        return (type(obj), repr(obj))
    if has_fields(obj) and hasattr(obj, "__dict__"):
        return (type(obj), key(vars(obj)))
    return (type(obj), id(obj))


# ---- all together ----


def answer(obj) -> tuple:
    """What an object outside of the program is to it: a constant."""
    if isinstance(obj, tuple) and hasattr(obj, "_fields"):
        return fields(obj)
    if isinstance(obj, (list, tuple)):
        return row(obj)
    if isinstance(obj, dict):
        return mapping(obj)
    if isinstance(obj, (set, frozenset)):
        return collection(obj)
    return names.answer(obj)


def class_answer(cls) -> tuple | None:
    path = library_path(cls)
    if path is None and containers.is_module_class(cls):
        return answers.scope(Methods(cls), f"class '{cls.__name__}'")
    return answers.name(path) if path else None


def thing(obj) -> tuple | None:
    """What an object is that PyTorch refuses; None: nothing here either."""
    if isinstance(obj, (list, tuple, dict, set, frozenset)):
        return answer(obj)
    if is_tensor(obj):
        return answers.value(obj)
    if isinstance(obj, logging.Logger):
        return answers.name("logging.getLogger()")
    if isinstance(obj, functools.partial):
        return partial(obj)
    if inspect.ismethod(obj):
        return method(obj) if inspect.isclass(obj.__self__) or has_fields(obj.__self__) else None
    if inspect.isclass(obj):
        return class_answer(obj)
    wrapped = getattr(obj, "__wrapped__", None)
    if isinstance(wrapped, types.FunctionType):  # functools.lru_cache and the like
        return names.answer(wrapped)
    if isinstance(obj, types.BuiltinFunctionType):
        twin = _twins.find(obj)
        if twin is not None:
            return member(twin)
    path = library_path(obj) if callable(obj) else None
    if path is not None:
        return answers.name(path)
    if isinstance(obj, types.BuiltinFunctionType):
        return builtin(obj)
    return fields(obj) if has_fields(obj) else None


def is_tensor(obj) -> bool:
    """Whether it is a tensor, linkboy's or torch's."""
    return hasattr(obj, "data_ptr")


def has_fields(obj) -> bool:
    """Whether it is an object of a class of Python's own making."""
    return classes.can_compile(type(obj)) and not containers.is_module(obj)
