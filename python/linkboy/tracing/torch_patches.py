"""What torch's own code in Python is told while a trace is made: that one is made, and that no argument
overrides torch, so that it runs and what it calls is seen.
"""

from __future__ import annotations

import sys
from typing import Any, Callable, Iterator

import torch

from linkboy.jit import foreign
from linkboy.tracing import host as hosts


class _State:
    """What torch's own code asks whether there is a trace; never looked into by it but for the scopes."""

    def push_scope(self, name: str) -> None:
        pass

    def pop_scope(self) -> None:
        pass


def _slow_forward(host: Any) -> Callable:
    def slow_forward(module: Any, *args: Any, **kwargs: Any) -> Any:
        return host.forward(module, args, kwargs)

    return slow_forward


def _for_this_trace(host: Any, answer: Any, original: Callable) -> Callable:
    def asked(*args: Any) -> Any:
        return answer if host.here() else original(*args)

    return asked


def _counting(host: Any, original: Callable, warning: str) -> Callable:
    """len(x) and iter(x), which take the first size of x for granted."""

    def counting(tensor: Any) -> Any:
        if not host.here() or not tensor.dim():
            return original(tensor)
        host.at()
        host.counted(tensor, warning)
        asked = torch._C._get_tracing_state
        hushed = _for_this_trace(host, None, asked)  # the original would warn a second time
        with hosts.replaced([(torch._C, "_get_tracing_state", hushed)]):
            found = original(tensor)
        with host.unwatched():
            return int(found) if isinstance(found, torch.Tensor) else found

    return counting


def _scripted(original: Callable, host: Any) -> Callable:
    """What torch.jit.script_if_tracing compiles with."""

    def script(func: Any, *args: Any, **kwargs: Any) -> Any:
        from linkboy.jit.script import script as own

        return own(func) if host.here() else original(func, *args, **kwargs)

    return script


def _function_called(host: Any, original: Callable) -> Callable:
    """torch's compiled functions run in our unit, where the trace sees them."""

    def call(function: Any, *args: Any, **kwargs: Any) -> Any:
        if not host.here():
            return original(function, *args, **kwargs)
        return foreign.imported_function(function)(*args, **kwargs)

    return call


def _method_called(host: Any, original: Callable) -> Callable:
    """The same for methods of torch's compiled modules."""

    def call(method: Any, *args: Any, **kwargs: Any) -> Any:
        if not host.here():
            return original(method, *args, **kwargs)
        own = host.programs.get(method.owner)
        if own is None:
            raise RuntimeError(
                f"Tried to trace {method.owner} but it is not part of the active trace. Modules that are"
                " called during a trace must be registered as submodules of the thing being traced."
            )
        return getattr(own, method.name)(*args, **kwargs)

    return call


def _overridden(host: Any, original: Callable) -> Callable:
    """has_torch_function and its like, blind for the function mode: torch's functions in Python run, and what
    they call is seen. Arguments of classes that override torch are told as ever."""

    def has_torch_function(*args: Any) -> bool:
        return any(_overrides(item) for item in _flat(args)) if host.here() else original(*args)

    return has_torch_function


def _flat(args: tuple) -> Iterator[Any]:
    for item in args:
        if type(item) is tuple:
            yield from item
        else:
            yield item


def _overrides(item: Any) -> bool:
    if type(item) is torch.Tensor or type(item) is torch.nn.Parameter:
        return False
    found = getattr(type(item), "__torch_function__", None)
    return (
        found is not None
        and found is not torch._C._disabled_torch_function_impl
        and not isinstance(item, torch.Tensor)
    )


_ASKS = ("has_torch_function", "has_torch_function_unary", "has_torch_function_variadic")


def patches(host: Any) -> Iterator[tuple[Any, str, Any]]:
    """(owner, name, value) of what is replaced."""
    yield torch._C, "_get_tracing_state", _for_this_trace(host, _State(), torch._C._get_tracing_state)
    yield torch._C, "_is_tracing", _for_this_trace(host, True, torch._C._is_tracing)
    programs = sys.modules.get("torch.jit._trace")
    if programs is not None and hasattr(programs, "script"):
        yield programs, "script", _scripted(programs.script, host)
    function, method = torch._C.ScriptFunction, torch._C.ScriptMethod
    yield function, "__call__", _function_called(host, function.__call__)
    yield method, "__call__", _method_called(host, method.__call__)
    module = torch.nn.Module
    yield module, "_slow_forward", _slow_forward(host)
    yield torch.Tensor, "__len__", _counting(host, torch.Tensor.__len__, hosts.LENGTH)
    yield torch.Tensor, "__iter__", _counting(host, torch.Tensor.__iter__, hosts.ITERATION)
    for name, loaded in list(sys.modules.items()):
        if loaded is None or not (name == "torch" or name.startswith("torch.")) or name == "torch.overrides":
            continue
        for asked in _ASKS:
            original = vars(loaded).get(asked)
            if original is not None:
                yield loaded, asked, _overridden(host, original)
