"""Where a program's free names are looked up: the variables around a function, the attributes of a Python
module."""

from __future__ import annotations

import builtins
import difflib
import sys
import types
import typing

from linkboy.jit import answers, names, whole
from linkboy.jit.sources import unwrapped

MISSING = object()


def likest(name: str, known) -> str | None:
    """The one of these names that is written almost as `name`; None."""
    near = difflib.get_close_matches(name, [k for k in known if not k.startswith("__")], 1, 0.75)
    return near[0] if near else None


class FunctionScope:
    """What a function's names mean: closed over variables, globals, names of typing, builtins; last the
    classes that its
    annotations were evaluated to, which local classes are found by."""

    def __init__(self, fn):
        fn = unwrapped(fn)
        self.globals = fn.__globals__
        self.cells = dict(zip(fn.__code__.co_freevars, fn.__closure__ or ()))
        self.annotations = fn.__annotations__

    def lookup(self, name: str):
        cell = self.cells.get(name)
        if cell is not None:
            try:
                return cell.cell_contents
            except ValueError:  # not assigned yet
                return MISSING
        found = self.globals.get(name, MISSING)
        if found is MISSING:
            found = getattr(typing, name, MISSING)
        if found is MISSING:
            found = getattr(builtins, name, MISSING)
        return self.annotated(name) if found is MISSING else found

    def annotated(self, name: str):
        for annotation in self.annotations.values():
            if getattr(annotation, "__name__", None) == name:
                return annotation
        return MISSING

    def find(self, name: str):
        if name == "super()":
            return class_around(self.cells["__class__"].cell_contents) if "__class__" in self.cells else None
        found = self.lookup(name)
        return None if found is MISSING else names.answer(found)

    def nearest(self, name: str):
        """The visible name that is likest to this one, for messages; None."""
        return likest(name, [*self.cells, *self.globals, *dir(builtins), *typing.__all__])


def class_around(cls):
    """The answer to which class a method's super() speaks of."""
    return answers.name(cls.__name__)


class ClassMethodScope:
    """The same for the methods of a script class: what any of its methods sees, and the class by its name."""

    def __init__(self, cls: type, functions):
        self.cls = cls
        self.scopes = [FunctionScope(fn) for fn in functions]

    def find(self, name: str):
        if name == "super()":
            return class_around(self.cls)
        if name == self.cls.__name__:
            return names.answer(self.cls)
        for scope in self.scopes:
            found = scope.lookup(name)
            if found is not MISSING:
                return names.answer(found)
        return names.answer(getattr(builtins, name)) if hasattr(builtins, name) else None

    def nearest(self, name: str):
        return next(filter(None, (scope.nearest(name) for scope in self.scopes)), None)


class ModuleScope:
    """The attributes of a Python module."""

    def __init__(self, module):
        self.module = module

    def find(self, name: str):
        found = getattr(self.module, name, MISSING)
        return None if found is MISSING else names.answer(found)

    def nearest(self, name: str):
        return likest(name, dir(self.module))


def owner_of_method(cls: type, name: str) -> tuple:
    """(the class in whose body a method stands, its name there): of the method itself, or of what super() in
    a base class C means by it, "__super_C_name"; (None, name) where it is no method."""
    order, own = list(cls.__mro__), name
    for at, base in enumerate(cls.__mro__):
        if name.startswith(f"__super_{base.__name__}_"):
            order, own = order[at + 1 :], name[len(f"__super_{base.__name__}_") :]
            break
    owner = next((base for base in order if own in vars(base)), None)
    is_method = owner is not None and isinstance(vars(owner)[own], types.FunctionType)
    return (owner if is_method else None), own


class WithNames:
    """A scope with further names, and last the modules that annotations mention."""

    def __init__(self, scope, more: dict):
        self.scope = scope
        self.more = more

    def find(self, name: str):
        if name in self.more:
            return names.answer(self.more[name])
        found = self.scope.find(name)
        return names.answer(sys.modules[name]) if found is None and name in sys.modules else found


class AutogradScope:
    """What a torch.autograd.Function has in a program: `apply`, which is its forward."""

    def __init__(self, cls: type):
        self.cls = cls

    def find(self, name: str):
        return whole.member(self.cls.forward, answers.AUTOGRAD_FORWARD) if name == "apply" else None


_function_scopes: dict = {}
_module_scopes: dict = {}


def function_scope(fn) -> FunctionScope:
    """One for all functions of a Python module that close over nothing and whose annotations say nothing
    more."""
    fn = unwrapped(fn)
    if fn.__closure__ or fn.__annotations__:
        return FunctionScope(fn)
    key = id(fn.__globals__)
    scope = _function_scopes.get(key)
    if scope is None:
        scope = _function_scopes[key] = FunctionScope(fn)
    return scope


def module_scope(module) -> ModuleScope:
    scope = _module_scopes.get(id(module))
    if scope is None or scope.module is not module:
        scope = _module_scopes[id(module)] = ModuleScope(module)
    return scope
