"""Marks that library source carries for the compiler: overloads, dispatch on a constant flag, and what is left out.

Nothing here runs when a program is compiled: the functions below note a fact about a function and give the function
back, and `linkboy.script` reads the notes. Stands for the parts of `torch._jit_internal` that library source uses.
"""

import weakref
from collections.abc import Callable
from typing import Any, Optional, TypeVar

from linkboy.tracing import recorder

Function = TypeVar("Function", bound=Callable)

# A function that chooses one of two by a constant flag -> {"if_true", "if_false", "index", "default", "arg_name"}.
boolean_dispatched: "weakref.WeakKeyDictionary[Callable, dict[str, Any]]" = weakref.WeakKeyDictionary()

# Qualified name -> its declared overloads, in order of declaration.
_overloaded_functions: "dict[str, list[Callable]]" = {}
_overloaded_methods: "dict[str, list[Callable]]" = {}


class FunctionModifiers:
    """What `_torchscript_modifier` may say of a function; the values are PyTorch's, since its decorators set them too."""

    UNUSED = "unused (ignored and replaced with raising of an exception)"
    IGNORE = "ignore (leave as a call to Python, cannot be torch.jit.save'd)"
    EXPORT = "export (compile this function even if nothing calls it)"
    DEFAULT = "default (compile if called from an exported function / forward)"
    COPY_TO_SCRIPT_WRAPPER = "if this method is not scripted, copy the python method onto the scripted model"


class BroadcastingList:
    """`BroadcastingList2[int]` in an annotation: a list of two ints for which one int may stand."""

    def __getitem__(self, element: type) -> None:
        return None


BroadcastingList1 = BroadcastingList()
BroadcastingList2 = BroadcastingList()
BroadcastingList3 = BroadcastingList()
BroadcastingList4 = BroadcastingList()
BroadcastingList5 = BroadcastingList()
BroadcastingList6 = BroadcastingList()


def _qualified_name(fn: Callable) -> str:
    return f"{fn.__module__}.{fn.__qualname__}"


def boolean_dispatch(
    arg_name: str,
    arg_index: int,
    default: bool,
    if_true: Callable,
    if_false: Callable,
    module_name: Optional[str] = None,
    func_name: Optional[str] = None,
) -> Callable:
    """A function that calls `if_true` or `if_false` by one boolean argument, which the compiler wants constant."""

    def dispatch(*args: Any, **kwargs: Any) -> Any:
        flag = kwargs[arg_name] if arg_name in kwargs else default
        if arg_name not in kwargs and arg_index < len(args):
            flag = args[arg_index]
        return if_true(*args, **kwargs) if flag else if_false(*args, **kwargs)

    dispatch.__doc__ = if_true.__doc__ or if_false.__doc__
    dispatch.__module__ = module_name or if_true.__module__
    dispatch.__name__ = dispatch.__qualname__ = func_name or if_true.__name__
    boolean_dispatched[dispatch] = {
        "if_true": if_true,
        "if_false": if_false,
        "index": arg_index,
        "default": default,
        "arg_name": arg_name,
    }
    return dispatch


def _overload(fn: Function) -> Function:
    """Declares one signature of the function of that name that is defined below."""
    _overloaded_functions.setdefault(_qualified_name(fn), []).append(fn)
    return fn


def _overload_method(fn: Function) -> Function:
    """Declares one signature of the method of that name that is defined below, in the same class."""
    _overloaded_methods.setdefault(_qualified_name(fn), []).append(fn)
    return fn


def _mark(fn: Function, modifier: str) -> Function:
    fn._torchscript_modifier = modifier  # type: ignore[attr-defined]
    return fn


def _copy_to_script_wrapper(fn: Function) -> Function:
    """Marks a method that a compiled module keeps as it is in Python."""
    return _mark(fn, FunctionModifiers.COPY_TO_SCRIPT_WRAPPER)


def annotate(the_type: Any, the_value: Any) -> Any:
    """The value; to the compiler it is of this type (torch.jit.annotate)."""
    return the_value


def is_scripting() -> bool:
    """True in a program, False in Python (torch.jit.is_scripting)."""
    return False


def is_tracing() -> bool:
    """Whether this thread is making a trace (torch.jit.is_tracing)."""
    return recorder.current() is not None


is_tracing.__module__ = "torch.jit._trace"  # programs that call it name it as PyTorch's do
