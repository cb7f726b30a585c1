"""Python functions as functions of the unit: declared when a program names them, each once."""

from __future__ import annotations

import ast
import inspect
import sys
import weakref

from linkboy.jit import modifiers, scopes, sources
from linkboy.jit import unit as units
from linkboy.jit.unit import qualified_name, source_tuple, unit

_declared: "weakref.WeakKeyDictionary" = weakref.WeakKeyDictionary()  # function -> tuple of its overloads
_unfinished: dict = {}  # function -> those of its overloads that have been declared so far


def defaults_of(fn) -> dict | None:
    """The default values of a function's parameters by name."""
    fn = sources.unwrapped(fn)
    values, named = fn.__defaults__, fn.__kwdefaults__
    if not values and not named:
        return None
    code = fn.__code__
    parameters = code.co_varnames[: code.co_argcount]
    found = dict(zip(parameters[len(parameters) - len(values or ()) :], values or ()))
    found.update(named or {})
    return found


def source_for(fn, scope=None, name=None, declaration=None) -> tuple:
    """A function's source as the extension takes it."""
    if scope is None:
        scope = scopes.function_scope(fn)
    return source_tuple(sources.source_of(fn), scope, name, defaults_of(fn), declaration)


def _raising(fn, is_method: bool) -> sources.Source:
    """What is compiled of a function that is never to be called: its parameters, of which nothing is known,
    and an error (torch.jit.frontend.get_jit_def)."""
    source = sources.source_of(fn)
    code, result = sources.unwrapped(fn).__code__, sources.definition_of(fn).returns
    count = code.co_argcount + code.co_kwonlyargcount
    words = [n if is_method and not at else f"{n}: Any" for at, n in enumerate(code.co_varnames[:count])]
    if code.co_kwonlyargcount:
        words.insert(code.co_argcount, "*")
    returns = f" -> {ast.unparse(result)}" if result and modifiers.modifier(fn) != modifiers.DROP else ""
    body = 'raise RuntimeError("Cannot call @unused methods")'
    text = f"def {fn.__name__}({', '.join(words)}){returns}:\n\t{body}\n"
    return source._replace(text=b"\n" * (source.line - 1) + text.encode())


def compiled_source(fn, scope=None, name=None, declaration=None, is_method=False) -> tuple:
    """The same of a function that is compiled itself: if it is never to be called, an error stands for its
    body."""
    if not modifiers.is_never_called(fn):
        return source_for(fn, scope, name, declaration)
    scope = scopes.function_scope(fn) if scope is None else scope
    return source_tuple(_raising(fn, is_method), scope, name, defaults_of(fn), declaration)


def _torch_overloads(fn) -> list:
    internal = sys.modules.get("torch._jit_internal")
    return (internal._get_fn_overloads(internal._qualified_name(fn)) or []) if internal is not None else []


def _forgotten_overloads(fn) -> list:
    """PyTorch forgets the declarations when it has compiled them; they are still in the file."""
    state = sys.modules.get("torch.jit._state")
    if state is None or not state._try_get_jit_cached_overloads(fn):
        return []
    return sources.definitions_under(fn, sys.modules["torch._jit_internal"]._overload)


def overloads_of(fn) -> list:
    """The declarations of its overloads, by linkboy's decorator or PyTorch's."""
    if not fn.__module__:
        return []
    return modifiers.own_overloads(fn) or _torch_overloads(fn) or _forgotten_overloads(fn)


def _declared_one(fn, form=None):
    """A function of the unit; `form` is the declaration of an overload."""
    declaration = None if form is None else source_for(form)
    return units.declare(qualified_name(fn), None, compiled_source(fn, declaration=declaration))


def _declare_overloads(fn, forms) -> tuple:
    """Each is compiled before the next one has its name, as in PyTorch: names are given in this order. Where
    one calls the function itself, the others are declared at once."""
    made = _unfinished.setdefault(fn, [])
    inside = bool(made)
    try:
        while len(made) < len(forms):
            made.append(_declared_one(fn, forms[len(made)]))
            if not inside:
                _compile_now(fn, forms, made)
    finally:
        _unfinished.pop(fn, None)
    return tuple(made)


def _compile_now(fn, forms, made) -> None:
    at = len(made) - 1
    try:
        unit.compile(made[at])
    except RuntimeError:  # told where it is called
        made[at] = _declared_one(fn, forms[at])


def declare(fn) -> tuple:
    """The functions of the unit for a Python function: one, or its overloads. They are compiled when they are
    named."""
    found = _declared.get(fn)
    if found is None:
        forms = overloads_of(fn)
        found = _declared[fn] = _declare_overloads(fn, forms) if forms else (_declared_one(fn),)
    return found


def is_open(fn) -> bool:
    """Whether it has *args or **kwargs."""
    code = getattr(sources.unwrapped(fn), "__code__", None)
    return code is not None and bool(code.co_flags & (inspect.CO_VARARGS | inspect.CO_VARKEYWORDS))


def compiled(fn):
    """The ScriptFunction of a Python function, compiled."""
    found = declare(fn)
    for function in found:
        unit.compile(function)
        function.__doc__ = fn.__doc__
    return found[0]


def declare_outside(fn, scope=None):
    """The declaration of a function that is none of the program's."""
    return units.declare(None, None, source_for(fn, scope))


def is_function(obj) -> bool:
    return inspect.isfunction(obj) or inspect.ismethod(obj)
