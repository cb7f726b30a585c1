"""What linkboy's class Tensor and its constructors do while a trace is made: sizes are 0-dim tensors,
slices are never left out, constructors and conversions to Python values warn.
"""

from __future__ import annotations

import functools
import sys
from typing import Any, Callable, Iterator, Optional

from linkboy import _C
from linkboy.tracing import indexing
from linkboy.tracing.host import ITERATION, LEAVING, LENGTH

Tensor = _C.Tensor
_SIZE, _TO = Tensor.size, Tensor.to


# ---- methods of tensors ----


def _size(host: Any, x: Any, dim: Optional[int] = None) -> Any:
    return host.shape(x) if dim is None else host.size(x, int(dim))


def _numel(host: Any, x: Any) -> Any:
    with host.unwatched():
        count = x.numel()
    return host.numel(x, count)


def _length(host: Any, x: Any) -> int:
    sizes = host.plain_sizes(x)
    if not sizes:
        raise TypeError("len() of a 0-d tensor")
    host.counted(x, LENGTH)
    host.size(x, 0)
    return sizes[0]


def _iterate(host: Any, x: Any) -> Any:
    if not host.plain_sizes(x):
        raise TypeError("iteration over a 0-d tensor")
    host.counted(x, ITERATION)
    return iter(x.unbind(0))


def _get(host: Any, x: Any, index: Any) -> Any:
    return indexing.get(_Indexing(host), x, index)


def _put(host: Any, x: Any, index: Any, value: Any) -> None:
    indexing.put(_Indexing(host), x, index, value)


def _cpu(host: Any, x: Any, memory_format: Any = None) -> Any:
    return _to(host, x, x.device)


def _detach_(host: Any, x: Any) -> Any:
    host.tell("aten::detach_", (x,), x)
    return x


def _leaving(name: str, what: str) -> Callable:
    original = getattr(Tensor, name)

    def leave(host: Any, x: Any, *args: Any, **kwargs: Any) -> Any:
        with host.unwatched():
            value = original(x, *args, **kwargs)
        host.leaves(x, value, what)
        return value

    return leave


def _to(host: Any, x: Any, *args: Any, **kwargs: Any) -> Any:
    """x.to(...): which overload is recorded depends on what was given (THPVariable_to in
    tools/autograd/templates/python_variable_methods.cpp)."""
    with host.unwatched():
        result = _TO(x, *args, **kwargs)
    rest = list(args)
    device, dtype = kwargs.get("device"), kwargs.get("dtype")
    if rest and isinstance(rest[0], Tensor):
        other = rest.pop(0)
        device, dtype = other.device, other.dtype
    if rest and (isinstance(rest[0], (str, _C.device))):
        device = rest.pop(0)
    if rest and (rest[0] is None or isinstance(rest[0], _C.dtype)):
        dtype = rest.pop(0) or dtype
    tail = {"non_blocking": False, "copy": False, "memory_format": kwargs.get("memory_format")}
    tail.update({name: value for name, value in zip(("non_blocking", "copy"), rest)})
    tail.update({name: kwargs[name] for name in ("non_blocking", "copy") if name in kwargs})
    if device is None and dtype is None and not tail["copy"] and tail["memory_format"] is None:
        return x
    if device is None and dtype is not None:
        host.tell("aten::to.dtype", (x, dtype), result, tail)
    elif dtype is not None:
        host.tell("aten::to.device", (x, device, dtype), result, tail)
    else:
        whole = {
            "dtype": x.dtype,
            "layout": x.layout,
            "device": device if device is not None else x.device,
            "pin_memory": None,
        }
        host.tell("aten::to.dtype_layout", (x,), result, {**whole, **tail})
    return result


# ---- Python's operators ----

# Python's operators that PyTorch has operators of their own for.
_OPERATORS = {f"__{name}__": f"aten::__{name}__" for name in ("and", "or", "xor", "lshift", "rshift")}
_OPERATORS["__rsub__"] = "aten::rsub"


def _operated(op: str) -> Callable:
    call = _C.operator(op, -1, False)

    def operate(host: Any, x: Any, other: Any) -> Any:
        try:
            return call(x, other)
        except TypeError:
            return NotImplemented

    return operate


# Python's operators that are Python functions in PyTorch (torch/_tensor.py), in whose frames no variable
# holds the operands.
_UNNAMED = (
    "__rsub__",
    "__rtruediv__",
    "__pow__",
    "__ipow__",
    "__rpow__",
    "__rmod__",
    "__floordiv__",
    "__rfloordiv__",
    "__rmatmul__",
    "__rlshift__",
    "__rrshift__",
)


def _unnamed(call: Callable) -> Callable:
    def operate(host: Any, x: Any, *args: Any) -> Any:
        host.recorder.naming = False
        try:
            return call(host, x, *args)
        finally:
            host.recorder.naming = True

    return operate


def _as_ever(name: str) -> Callable:
    original = getattr(Tensor, name)
    return lambda host, *args: original(*args)


_METHODS: dict[str, Callable] = {
    "size": _size,
    "numel": _numel,
    "nelement": _numel,
    "__len__": _length,
    "__iter__": _iterate,
    "__getitem__": _get,
    "__setitem__": _put,
    "to": _to,
    "cpu": _cpu,
    "detach_": _detach_,
    **{name: _leaving(name, what) for name, what in LEAVING.items()},
    **{name: _operated(op) for name, op in _OPERATORS.items()},
}
_METHODS.update({name: _unnamed(_METHODS.get(name) or _as_ever(name)) for name in _UNNAMED})


# ---- indexing ----


class _Indexing(indexing.Operators):
    """Operators on linkboy's tensors for indexing.py."""

    dtypes = {_C.bool: "bool", _C.uint8: "byte"}

    def of_numbers(self, x: Any, numbers: list, flags: bool) -> Any:
        return _C.from_data(numbers, _C.bool if flags else _C.int64)

    def flag_tensor(self, x: Any, flag: bool) -> Any:
        made = self.host.operator("aten::empty")([int(flag)], dtype=_C.int64)
        return made.fill_(0.0) if flag else made

    def value_tensor(self, x: Any, value: Any) -> Any:
        with self.host.unwatched():
            return _C.from_data(value, x.dtype)


# ---- what is replaced ----


def _while_traced(host: Any, original: Callable, answer: Callable) -> Callable:
    @functools.wraps(original)
    def method(x: Any, *args: Any, **kwargs: Any) -> Any:
        if host.quiet or not host.here():
            return original(x, *args, **kwargs)
        host.at()
        return answer(host, x, *args, **kwargs)

    return method


def _constructor(name: str, original: Callable) -> Callable:
    def construct(host: Any, data: Any, *args: Any, **kwargs: Any) -> Any:
        return host.constructed(original, name, data, args, kwargs)

    return construct


def _forward(host: Any) -> Callable:
    """How modules of linkboy.nn call their forward in this trace."""
    return lambda module, args, kwargs: host.forward(module, args, kwargs)


def replacements(host: Any) -> Iterator[tuple[Any, str, Any]]:
    """(owner, name, value) of what is replaced."""
    import linkboy

    for name, answer in _METHODS.items():
        yield Tensor, name, _while_traced(host, getattr(Tensor, name), answer)
    yield Tensor, "shape", property(_while_traced(host, _SIZE, _size))
    for name in ("tensor", "as_tensor"):
        original = getattr(linkboy, name)
        made = _while_traced(host, original, _constructor(f"torch.{name}", original))
        for module in list(sys.modules.values()):
            if getattr(module, "__dict__", {}).get(name) is original:
                yield module, name, made
    nn_module = sys.modules.get("linkboy.nn.modules.module")
    if nn_module is not None:
        yield nn_module, "_trace_forward", _forward(host)
