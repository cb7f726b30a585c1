"""Python classes as types of the unit: script classes, enums, NamedTuples, interfaces, dataclasses; objects
of them."""

from __future__ import annotations

import dataclasses
import enum
import inspect
import sys

from linkboy import classes as made
from linkboy.jit import annotations, dataclass_methods, functions, modifiers, names, scopes, sources
from linkboy.jit import unit as units
from linkboy.jit.unit import qualified_name, unit

_types: dict = {}  # class -> Type
_plain: dict = {}  # class -> whether it can be compiled
module_types: dict = {}  # class of modules -> the type that was made of it first, which has its name


def known(cls: type):
    """The type of a class that has been met before; None."""
    return _types.get(cls)


def forget(cls: type) -> None:
    _types.pop(cls, None)


def _module_classes() -> tuple:
    found = [tuple, list, dict, set, BaseException]
    torch_nn = sys.modules.get("torch.nn")
    if torch_nn is not None and hasattr(torch_nn, "Module"):
        found.append(torch_nn.Module)
    return tuple(found)


def can_compile(cls: type) -> bool:
    """Whether it is a class of Python's own making (torch._jit_internal.can_compile_class)."""
    found = _plain.get(cls)
    if found is None:
        routines = [getattr(cls, n) for n in vars(cls) if inspect.isroutine(getattr(cls, n, None))]
        own = (
            cls.__module__ != "builtins"
            and not issubclass(cls, _module_classes())
            and not modifiers.is_ignored(cls)
        )
        found = _plain[cls] = own and all(hasattr(getattr(fn, "__func__", fn), "__code__") for fn in routines)
    return found


def class_type(cls: type):
    """The Type of a class, made and compiled when it is met for the first time."""
    found = _types.get(cls)
    if found is None:
        if issubclass(cls, enum.Enum):
            found = _enum_type(cls)
        elif issubclass(cls, tuple):
            found = _named_tuple_type(cls) if hasattr(cls, "_fields") else None
        elif modifiers.is_interface(cls):
            found = _interface_type(cls)
        else:
            found = _script_class(cls)
        if found is not None:
            made.register(found.qualified_name, cls)
    return found


# ---- enums and NamedTuples ----


def _enum_type(cls):
    members = list(cls)
    found = unit.enum(qualified_name(cls), tuple(m.name for m in members), tuple(m.value for m in members))
    _types[cls] = found
    return found


def _field_types(cls, scope) -> tuple:
    own = inspect.get_annotations(cls) or inspect.get_annotations(cls.__base__)
    return tuple(
        (annotations.annotation_type(own[field], scope) if field in own else units.type_of_text("Tensor"))
        for field in cls._fields
    )


class _ModuleOfClass:
    """Names in the annotations of a class: those of its module."""

    def __init__(self, cls):
        self.globals = vars(sys.modules.get(cls.__module__, object))
        self.cls = cls

    def find(self, name):
        if name == self.cls.__name__:
            return names.answer(self.cls)
        return names.answer(self.globals[name]) if name in self.globals else None


def _named_tuple_type(cls):
    types = _field_types(cls, _ModuleOfClass(cls))
    for field, field_type in zip(cls._fields, types):
        if field_type is None:
            raise RuntimeError(f"Unknown type annotation of the field '{field}' in NamedTuple {cls.__name__}")
    defaults = getattr(cls, "_field_defaults", {})
    values = tuple(defaults[f] for f in cls._fields if f in defaults)
    found = unit.named_tuple(qualified_name(cls), cls._fields, types, values)
    _types[cls] = found
    return found


# ---- classes with methods ----


def _is_static(cls, name: str) -> bool:
    return isinstance(inspect.getattr_static(cls, name, None), staticmethod)


def _methods(cls) -> list:
    """The methods that the class defines itself, by name in alphabetical order."""
    found = []
    for name in sorted(vars(cls)):
        fn = getattr(cls, name)
        if (inspect.isfunction(fn) or inspect.ismethod(fn)) and not _is_static(cls, name):
            if modifiers.modifier(fn) != modifiers.DROP:
                found.append((name, fn))
    return found


def _method_scope(cls) -> scopes.ClassMethodScope:
    found = [
        getattr(getattr(cls, n), "__func__", getattr(cls, n))
        for n in vars(cls)
        if inspect.isroutine(getattr(cls, n, None))
    ]
    return scopes.ClassMethodScope(cls, [fn for fn in found if hasattr(fn, "__globals__")])


class ClassScope:
    """What a class has besides its methods: static methods, constants."""

    def __init__(self, cls):
        self.cls = cls

    def find(self, name):
        found = inspect.getattr_static(self.cls, name, scopes.MISSING)
        if isinstance(found, staticmethod):
            return names.answer(found.__func__)
        found = getattr(self.cls, name, scopes.MISSING)
        return None if found is scopes.MISSING else names.answer(found)


def _method_source(cls, name, fn, scope) -> tuple:
    synthesized = dataclass_methods.source_of(cls, name) if dataclasses.is_dataclass(cls) else None
    if synthesized is None:
        return functions.source_for(fn, scope, name)
    text, defaults = synthesized
    return units.source_tuple(sources.text_source(text, "<dataclass>"), scope, name, defaults)


def _declare_properties(cls, found, scope) -> list:
    declared = []
    for name, prop in inspect.getmembers(cls, lambda m: isinstance(m, property)):
        if name in getattr(cls, "__jit_unused_properties__", ()) or modifiers.is_never_called(prop.fget):
            continue
        getter = unit.declare(None, found, functions.source_for(prop.fget, scope, f"__{name}_getter"))
        setter = prop.fset and unit.declare(
            None, found, functions.source_for(prop.fset, scope, f"__{name}_setter")
        )
        unit.property(found, name, getter, setter)
        declared += [getter] + ([setter] if setter else [])
    return declared


def _script_class(cls):
    scope = _method_scope(cls)
    found = unit.new_class(qualified_name(cls), units.CLASS, ClassScope(cls))
    _types[cls] = found
    try:
        declared = _declare_properties(cls, found, scope)
        declared += [
            unit.declare(None, found, _method_source(cls, name, fn, scope)) for name, fn in _methods(cls)
        ]
        for function in sorted(declared, key=lambda f: f.name != "__init__"):
            unit.compile(function)
    except BaseException:
        forget(cls)
        raise
    return found


def _interface_type(cls):
    is_module = len(cls.__mro__) == 3
    scope = _method_scope(cls)
    found = unit.new_class(
        qualified_name(cls), units.MODULE_INTERFACE if is_module else units.INTERFACE, None
    )
    _types[cls] = found
    for name, fn in _methods(cls):
        unit.declare(None, found, functions.source_for(fn, scope, name))
    return found


# ---- objects ----


def script_object(obj, declared=None):
    """An object of the class's type with the attributes of a Python object; None where its class was not
    compiled. `declared` is the type it is to have: that of a base class then."""
    cls = type(obj)
    if isinstance(obj, (enum.Enum, tuple)):
        return None
    found = declared if _is_base(declared, cls) else _types.get(cls)
    if found is None and _is_known_to_torch(cls):
        found = class_type(cls)
    if found is None:
        return None
    return unit.object(found, {n: as_value(getattr(obj, n)) for n in found._attributes() if hasattr(obj, n)})


def _is_base(declared, cls) -> bool:
    return declared is not None and any(_types.get(base) == declared for base in cls.__mro__)


def as_value(value, declared=None):
    """A Python value with the objects in it as objects of the program."""
    if isinstance(value, list):
        return [as_value(item) for item in value]
    if type(value) is tuple:
        return tuple(map(as_value, value))
    if isinstance(value, dict):
        return {as_value(key): as_value(item) for key, item in value.items()}
    made = script_object(value, declared)
    return value if made is None else made


def _is_known_to_torch(cls) -> bool:
    """Whether torch.jit.script was applied to it."""
    state = sys.modules.get("torch.jit._state")
    return state is not None and "__slots__" not in vars(cls) and state._get_script_class(cls) is not None
