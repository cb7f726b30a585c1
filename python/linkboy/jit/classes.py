"""Python classes as types of the unit: script classes, enums, NamedTuples, interfaces, dataclasses; objects
of them."""

from __future__ import annotations

import dataclasses
import enum
import functools
import inspect
import re
import sys
import types

from linkboy import classes as made
from linkboy.jit import (
    annotations,
    answers,
    dataclass_methods,
    errors,
    foreign,
    functions,
    modifiers,
    names,
    scopes,
    sources,
    whole,
)
from linkboy.jit import unit as units
from linkboy.jit.unit import qualified_name, unit

_types: dict = {}  # class -> Type
_plain: dict = {}  # class -> whether it can be compiled
module_types: dict = {}  # class of modules -> the type that was made of it first, which has its name


def known(cls: type):
    """The type of a class that has been met before; None."""
    return _types.get(cls)


_refused: dict = {}  # class with base classes -> why it did not compile, in this compilation


def begin() -> None:
    """Before a compilation: what did not compile in the last may do so now."""
    _refused.clear()


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
    if cls in _refused:
        raise _refused[cls]
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
            units.class_scopes.setdefault(found.qualified_name, ClassScope(cls))
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
            raise errors.failure(
                RuntimeError,
                errors.UNKNOWN_TYPE,
                f"Unknown type annotation of the field '{field}' in NamedTuple {cls.__name__}",
                "Annotate it with a type that programs have: Tensor, int, float, bool, str, List, Dict, Tuple, Optional.",
            )
    defaults = getattr(cls, "_field_defaults", {})
    values = tuple(defaults[f] for f in cls._fields if f in defaults)
    found = unit.named_tuple(qualified_name(cls), cls._fields, types, values)
    _types[cls] = found
    return found


# ---- where attributes are set, for messages ----


def place_set(cls, name: str):
    """(file, line, text of it) where __init__ assigns the attribute, or a data class declares it; None."""
    setting = re.compile(rf"\s*self\.{re.escape(name)}\s*(:[^=]*)?=(?!=)")
    for base in cls.__mro__:
        init = vars(base).get("__init__")
        try:
            lines, first = inspect.getsourcelines(init)
        except (OSError, TypeError):
            continue
        for number, line in enumerate(lines):
            if setting.match(line):
                return sources.unwrapped(init).__code__.co_filename, first + number, line.strip()
    return _place_declared(cls, name)


def _place_declared(cls, name: str):
    declaring = re.compile(rf"\s+{re.escape(name)}\s*:")
    for base in cls.__mro__:
        if name not in inspect.get_annotations(base):
            continue
        try:
            lines, first = inspect.getsourcelines(base)
            file = inspect.getsourcefile(base)
        except (OSError, TypeError):
            continue
        for number, line in enumerate(lines):
            if declaring.match(line):
                return file, first + number, line.strip()
    return None


# ---- classes with methods ----


def _is_static(cls, name: str) -> bool:
    return isinstance(inspect.getattr_static(cls, name, None), staticmethod)


def _is_method(cls, name: str) -> bool:
    fn = getattr(cls, name)
    if not (inspect.isfunction(fn) or inspect.ismethod(fn)) or _is_static(cls, name):
        return False
    return modifiers.modifier(fn) != modifiers.DROP and not dataclass_methods.is_frozen(cls, name)


def _methods(cls) -> list:
    """The methods that the class defines itself, by name in alphabetical order."""
    return [(name, getattr(cls, name)) for name in sorted(vars(cls)) if _is_method(cls, name)]


def _method_scope(cls) -> scopes.ClassMethodScope:
    found = [
        getattr(getattr(cls, n), "__func__", getattr(cls, n))
        for n in vars(cls)
        if inspect.isroutine(getattr(cls, n, None))
    ]
    return scopes.ClassMethodScope(cls, [fn for fn in found if hasattr(fn, "__globals__")])


_KINDS = {  # what may stand in a class's body -> where its function is, what kind of member it is
    types.FunctionType: ("__get__", answers.METHOD),
    classmethod: ("__func__", answers.CLASS_METHOD),
    property: ("fget", answers.PROPERTY),
    functools.cached_property: ("func", answers.PROPERTY),
}


class ClassScope:
    """What a class has besides its methods: static methods, constants; in all of Python what base classes
    have, class methods, and the methods of enums and NamedTuples."""

    def __init__(self, cls, type=None):
        self.cls = cls
        self.type = type
        self.declared = set()

    def find(self, name):
        if name == "bases()":
            bases = [base for base in self.cls.__mro__[1:] if base in _types]
            return answers.items([answers.of_type(_types[base]) for base in bases]) if bases else None
        if name == "frozen()":
            return answers.items([answers.value(True)]) if dataclass_methods.cannot_change(self.cls) else None
        if name in ("value()", "str()"):
            return whole.enum_of_values(self.cls, name == "str()")
        if name in ("()", "[]"):
            return whole.enum_lookup(self.cls, "value" if name == "()" else "name")
        inherited = self.inherited(name) if self.type is not None else None
        if inherited is not None:
            return self.declare(name, *inherited)
        found = inspect.getattr_static(self.cls, name, scopes.MISSING)
        if isinstance(found, types.WrapperDescriptorType):  # what every object has
            return None
        if isinstance(found, staticmethod):
            return names.answer(found.__func__)
        place, kind = _KINDS.get(type(found), (None, None))
        if place is not None:
            fn = found if place == "__get__" else getattr(found, place)
            return answers.either(self.strict(name), whole.member(fn, kind, _method_scope(self.cls)))
        return self.strict(name)

    def where_set(self, name: str):
        place = place_set(self.cls, name)
        return place and f"{place[0]}, line {place[1]}"

    def strict(self, name):
        """As PyTorch takes it."""
        found = getattr(self.cls, name, scopes.MISSING)
        if found is scopes.MISSING:
            return None
        try:
            return names.answer(found)
        except (OSError, RuntimeError) as error:
            return answers.refusal(str(error))

    def inherited(self, name):
        """(the class, the name there) of a base class's method; None."""
        owner, own = scopes.owner_of_method(self.cls, name)
        return None if owner in (None, self.cls) or (own == name and name in vars(self.cls)) else (owner, own)

    def declare(self, name, owner, own):
        """Makes a base class's method a method of the class."""
        if name not in self.declared:
            self.declared.add(name)
            fn = vars(owner)[own]
            units.declare(None, self.type, _method_source(owner, own, fn, _method_scope(owner), name))


def _method_source(cls, name, fn, scope, own_name=None) -> tuple:
    synthesized = dataclass_methods.source_of(cls, name) if dataclasses.is_dataclass(cls) else None
    if synthesized is None:
        return functions.compiled_source(fn, scope, own_name or name, is_method=True)
    text, defaults, more = synthesized
    scope = scopes.WithNames(scope, more)
    return units.source_tuple(sources.text_source(text, "<dataclass>"), scope, own_name or name, defaults)


def _owner(cls, name: str):
    return next((base for base in cls.__mro__ if name in vars(base)), cls)


def _declare_properties(cls, found, scope) -> list:
    declared = []
    for name, prop in inspect.getmembers(cls, lambda m: isinstance(m, property)):
        if name in getattr(cls, "__jit_unused_properties__", ()) or modifiers.is_never_called(prop.fget):
            continue
        getter = units.declare(None, found, functions.source_for(prop.fget, scope, f"__{name}_getter"))
        setter = prop.fset and units.declare(
            None, found, functions.source_for(prop.fset, scope, f"__{name}_setter")
        )
        unit.property(found, name, getter, setter)
        declared += [getter] + ([setter] if setter else [])
    return declared


def _check_made_plainly(cls) -> None:
    """PyTorch compiles no_grad, whose __new__ is for its use as a decorator."""
    maker = next((base for base in cls.__mro__[:-1] if "__new__" in vars(base)), None)
    if maker is not None and not maker.__module__.startswith("torch."):
        raise errors.failure(
            RuntimeError,
            errors.CLASS_BODY,
            f"objects of the class '{cls.__name__}' are made by a `__new__` of its own (that of {maker.__name__})",
            "Make them in `__init__`, or keep them outside of the program.",
        )


def _script_class(cls):
    _check_made_plainly(cls)
    scope = _method_scope(cls)
    names_of_class = ClassScope(cls)
    found = unit.new_class(qualified_name(cls), units.CLASS, names_of_class)
    names_of_class.type = _types[cls] = found
    try:
        declared = _declare_properties(cls, found, scope)
        declared += [
            units.declare(None, found, _source_in(cls, name, fn, scope)) for name, fn in _with_init(cls)
        ]
        _compile_methods(cls, sorted(declared, key=lambda f: f.name != "__init__"))
    except BaseException as error:
        forget(cls)
        if len(cls.__mro__) > 2 and errors.is_compile_error(error):
            _refused[cls] = error
        raise
    unit.settle(found)
    return found


def _with_init(cls) -> list:
    """The methods, and a base class's __init__: it says which attributes there are."""
    found = _methods(cls)
    inherits = "__init__" not in vars(cls) and inspect.isfunction(cls.__init__)
    return found + [("__init__", cls.__init__)] if inherits else found


def _source_in(cls, name, fn, scope) -> tuple:
    owner = _owner(cls, name)
    return _method_source(owner, name, fn, scope if owner is cls else _method_scope(owner))


def _compile_methods(cls, declared) -> None:
    """All of them, so that all errors are told; without __init__ it is not known which attributes there are."""
    collected = errors.Collected(of_module=False)
    for function in declared:
        with collected.part():
            _compile_method(cls, function)
        if function.name == "__init__":
            collected.end()
    collected.end()


def _compile_method(cls, function) -> None:
    """A class method may be no method of a program; it is compiled for its calls then."""
    try:
        unit.compile(function)
    except RuntimeError:
        if not isinstance(vars(cls).get(function.name), classmethod):
            raise


def _interface_type(cls):
    is_module = len(cls.__mro__) == 3
    scope = _method_scope(cls)
    found = unit.new_class(
        qualified_name(cls), units.MODULE_INTERFACE if is_module else units.INTERFACE, None
    )
    _types[cls] = found
    for name, fn in _methods(cls):
        units.declare(None, found, functions.source_for(fn, scope, name))
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
    made = foreign.imported_object(value)
    if made is None:
        made = script_object(value, declared)
    return value if made is None else made


def _is_known_to_torch(cls) -> bool:
    """Whether torch.jit.script was applied to it."""
    state = sys.modules.get("torch.jit._state")
    return state is not None and "__slots__" not in vars(cls) and state._get_script_class(cls) is not None
