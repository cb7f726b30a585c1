"""Tracing of modules and functions on linkboy's own tensors.

Every operator that Python calls goes through the C extension, which tells this host of it with its arguments
as they were given (`_C.set_tracer`); here they are put in the order of the schema that was taken. What is no
operator (sizes, indexing, becoming a Python value, tensors of Python values) is replaced on the class Tensor
and on the package while a trace is made.

Whether a result would require a gradient in PyTorch is kept here, since graphs tell it: it does when an
argument does, unless its dtype or the operator cannot have one.
"""

from __future__ import annotations

import contextlib
import functools
import sys
import types
from typing import Any, Callable, Iterator, Optional

from linkboy import _C, operators
from linkboy.tracing import indexing, recorder
from linkboy.tracing.recorder import CONSTANT, CONSTRUCTOR, DEFAULT, LIST, NUMBER, Recorder
from linkboy.tracing.values import mapped

Tensor = _C.Tensor

# The library's numbers of dtypes (lb_dtype).
_DTYPES = {
    getattr(_C, name): number
    for number, name in enumerate(
        (
            "uint8",
            "int8",
            "int16",
            "int32",
            "int64",
            "float16",
            "float32",
            "float64",
            "complex32",
            "complex64",
            "complex128",
            "bool",
            "qint8",
            "quint8",
            "qint32",
            "bfloat16",
        )
    )
}
# Operators whose results never require a gradient (no derivative in tools/autograd/derivatives.yaml).
_NO_GRADIENT = (
    "detach",
    "zeros",
    "ones",
    "empty",
    "full",
    "rand",
    "new_",
    "arange",
    "eye",
    "linspace",
    "bernoulli",
    "one_hot",
)
_LIKE = ("_like",)


class _Parameter:
    """One argument of a schema: its name, what is known of its type, whether it goes by keyword alone."""

    def __init__(self, text: str, keyword: bool) -> None:
        kind, _, name = text.partition("=")[0].rpartition(" ")
        self.name, self.keyword = name, keyword
        kind = kind.replace("?", "")
        self.tensor = kind.startswith("Tensor")
        self.list = kind.endswith("]")
        self.length = int(kind[kind.rindex("[") + 1 : -1] or 0) if self.list else 0
        self.real = kind.startswith("float")
        self.device = kind.startswith("Device")


@functools.lru_cache(maxsize=None)
def _parameters(schema: str) -> list[_Parameter]:
    found, keyword = [], False
    for text in operators.split_arguments(schema):
        if text == "*":
            keyword = True
        else:
            found.append(_Parameter(text, keyword))
    return found


def _bound(parameters: list[_Parameter], args: tuple, kwargs: dict) -> dict[str, Any]:
    """Arguments by name. Ints beyond the last list belong to it, "input" and "axis" are other names."""
    found = dict(kwargs)
    other = {"input": "self", "axis": "dim"}
    for name in list(found):
        if name in other and not any(p.name == name for p in parameters):
            found[other[name]] = found.pop(name)
    places = [p for p in parameters if not p.keyword]
    for place, parameter in enumerate(places):
        if place >= len(args):
            break
        last = parameter.list and not isinstance(args[place], (list, tuple)) and len(args) > len(places)
        found[parameter.name] = args[place:] if last else args[place]
        if last:
            break
    return found


# Overloads that PyTorch's Python functions do not take (SKIP_PYTHON_BINDINGS_SIGNATURES in tools/autograd/
# gen_python_functions.py): a number is a 0-dim tensor there.
_OF_TENSORS = {
    f"aten::{name}{form}.Scalar{mode}": f"aten::{name}{form}.Tensor{mode}"
    for name in ("add", "sub", "mul", "div", "floor_divide", "true_divide")
    for form in ("", "_")
    for mode in ("", "_mode")
}
_EITHER_WAY = {"aten::add.Tensor", "aten::mul.Tensor"}
_SPREADS = {"aten::std", "aten::var", "aten::std_mean", "aten::var_mean"}


def _as_python_calls(name: str, given: dict, parameters: list[_Parameter]) -> str:
    """The overload that PyTorch's Python function takes for these arguments, which are filled in as it
    does."""
    name = "aten::floor_divide" if name == "aten::floor_divide.Scalar" else _OF_TENSORS.get(name, name)
    if name in _EITHER_WAY and isinstance(given["other"], Tensor) and not isinstance(given["self"], Tensor):
        given["self"], given["other"] = given["other"], given["self"]
    if name.startswith("aten::upsample_") and "." not in name and "scales_w" not in given:
        scale = next((n for n in ("scales_h", "scales", "scales_d") if n in given), None)
        if scale is not None and (given[scale] is None or isinstance(given[scale], (list, tuple))):
            given["scale_factors"] = given.pop(scale)
            name += ".vec"
            given["input"] = given.pop("self")
    if name in _SPREADS and "unbiased" not in given:
        name += ".correction"
    names = [p.name for p in parameters]
    if "pin_memory" in names and not name.startswith("aten::to"):
        if given.get("pin_memory") is None:
            given["pin_memory"] = False
        if "device" in names and given.get("device") is None and "self" not in names:
            given["device"] = _C.device("cpu")
    return name


class EagerHost:
    """Watches one trace."""

    recorder: Recorder

    def __init__(self) -> None:
        self.frame: Optional[types.FrameType] = None
        self.paths: dict[Any, str] = {}
        self.given: dict[int, Any] = {}
        self.grad: set[int] = set()
        self.quiet = 0

    # ---- what the recorder asks ----

    @staticmethod
    def is_tensor(value: Any) -> bool:
        return isinstance(value, Tensor)

    def describe(self, tensor: Any) -> tuple:
        sizes = tuple(_SIZE(tensor)) if tensor.layout == _C.strided else None
        strides = tensor.stride() if tensor.layout == _C.strided else None
        return (_DTYPES[tensor.dtype], sizes, strides, self.requires_grad(tensor), None)

    def requires_grad(self, tensor: Any) -> bool:
        return tensor.requires_grad or id(tensor) in self.grad

    def to_value(self, tensor: Any) -> Any:
        if self.requires_grad(tensor):
            raise RuntimeError(
                "Cannot insert a Tensor that requires grad as a constant. Consider making it a parameter or"
                f" input, or detaching the gradient\nTensor:\n{tensor}"
            )
        return tensor

    # ---- running ----

    def begin(self, traced_by: Recorder, paths: dict) -> None:
        self.recorder, self.paths = traced_by, paths

    def fresh(self, value: Any) -> Any:
        """A tensor that comes twice among the inputs is another one the second time."""

        def other(tensor: Any) -> Any:
            if self.recorder.knows(tensor) or id(tensor) in self.given:
                tensor = tensor.view(tensor.shape)
            self.given[id(tensor)] = tensor
            return tensor

        return mapped(other, value)

    @contextlib.contextmanager
    def watching(self) -> Iterator[None]:
        with _patched(self):
            old = _C.set_tracer(self._told)
            try:
                yield
            finally:
                _C.set_tracer(old)

    @contextlib.contextmanager
    def unwatched(self) -> Iterator[None]:
        self.quiet += 1
        try:
            yield
        finally:
            self.quiet -= 1

    def _told(self, callee: Any, what: str, args: tuple, kwargs: dict, result: Any) -> Any:
        """The extension has run an operator, or a compiled function or method. What it returns is the
        result."""
        if recorder.current() is not self.recorder or self.quiet:
            return None
        self.at()
        if callee is not None:
            self.recorder.call(callee, what, args, kwargs, result)
            return None
        cell = _CELLS.get(what[: what.index("(")])
        if cell is not None:
            return cell(*args, **kwargs)
        if what.startswith("aten::broadcast_tensors("):
            result = _unless_spread(args[0], result)
        self.record(what, args, kwargs, result)
        return result

    def at(self) -> None:
        self.recorder.at(recorder.outer_frame(sys._getframe(1), _inside_tensors))

    # ---- operators ----

    def record(self, schema: str, args: tuple, kwargs: dict, result: Any) -> None:
        results = list(result) if isinstance(result, (tuple, list)) else [result]
        if not any(isinstance(item, Tensor) for item in results):
            return
        given = _bound(_parameters(schema), args, kwargs)
        taken = schema[: schema.index("(")]
        name = _as_python_calls(taken, given, _parameters(schema))
        parameters = _parameters(schema if name == taken else _schema_of(name))
        trees = [self._argument(p, given[p.name]) if p.name in given else (DEFAULT,) for p in parameters]
        self._spread_gradient(name, given, results)
        many = "[]" in schema[schema.rindex("->") :]
        told = [
            self.recorder.tensor(item) if isinstance(item, Tensor) else (CONSTANT, None) for item in results
        ]
        self.recorder.op(name, trees, [(LIST, told)] if many else told)

    def _argument(self, parameter: _Parameter, value: Any) -> tuple:
        if parameter.list and not isinstance(value, (list, tuple)) and value is not None:
            value = [value] * max(parameter.length, 1)
        if isinstance(value, (list, tuple)):
            return (LIST, [self._argument_item(parameter, item) for item in value])
        return self._argument_item(parameter, value)

    def _argument_item(self, parameter: _Parameter, value: Any) -> tuple:
        if parameter.device and isinstance(value, str):
            value = _C.device(value)
        if not isinstance(value, Tensor):
            return (CONSTANT, value)
        if parameter.tensor:
            return self.recorder.tensor(value)
        if parameter.real or not self.recorder.knows(value):
            with self.unwatched():
                number = float(value) if parameter.real else value.item()
            self.recorder.leaves(value, number, "float" if parameter.real else "number")
            return (CONSTANT, number)
        self.recorder.kept[id(value)] = value
        return (NUMBER, id(value))

    def _spread_gradient(self, name: str, given: dict, results: list) -> None:
        short = name.partition("::")[2].partition(".")[0]
        if short.startswith(_NO_GRADIENT) or short.endswith(_LIKE):
            return
        if any(self.requires_grad(t) for value in given.values() for t in _tensors_in(value)):
            self.grad.update(id(t) for t in results if isinstance(t, Tensor) and _can_require(t.dtype))

    # ---- sizes ----

    def number(self, value: int) -> Any:
        with self.unwatched():
            return _C.from_data(value, None)

    def size(self, x: Any, dim: int) -> Any:
        sizes = _SIZE(x)
        if not -len(sizes) <= dim < max(len(sizes), 1):
            raise IndexError(
                f"Dimension out of range (expected to be in range of [{-max(len(sizes), 1)},"
                f" {max(len(sizes), 1) - 1}], but got {dim})"
            )
        number = self.number(sizes[dim])
        self.recorder.size(x, dim, number)
        return number


@functools.lru_cache(maxsize=None)
def _schema_of(name: str) -> str:
    """The schema of one overload, "aten::add.Tensor"."""
    return next(text for text in _C.overloads(name.partition(".")[0]) if text.startswith(name + "("))


def _tensors_in(value: Any) -> Iterator[Any]:
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _tensors_in(item)


def _can_require(dtype: Any) -> bool:
    return dtype.is_floating_point or dtype.is_complex


# Methods of tensors that are Python's in PyTorch as well (torch/_tensor.py): their variables give names.
_PYTHON_METHODS = {"norm", "unflatten", "split", "unique", "unique_consecutive", "stft", "istft"}


def _inside_tensors(code: types.CodeType) -> bool:
    """Functions of the package that stand where C++ is in PyTorch, between the traced program and its
    operators."""
    return code.co_filename in _OWN_FILES and code.co_name not in _PYTHON_METHODS


# ---- what is replaced while a trace is made ----


class TracedSize(tuple):
    """The sizes of a tensor in a trace: 0-dim tensors."""

    def __getitem__(self, index: Any) -> Any:
        found = tuple.__getitem__(self, index)
        return TracedSize(found) if isinstance(index, slice) else found

    def __add__(self, other: Any) -> Any:
        return TracedSize(tuple.__add__(self, tuple(other)))

    def __radd__(self, other: Any) -> Any:
        return TracedSize(tuple(other) + tuple(self))

    def numel(self) -> Any:
        return functools.reduce(lambda total, item: total * item, self, 1)


def _replacements(host: EagerHost) -> dict[str, Any]:
    """Attributes of Tensor as they are in this trace."""

    def size(self: Any, dim: Optional[int] = None) -> Any:
        host.at()
        if dim is None:
            return TracedSize(host.size(self, i) for i in range(self.dim()))
        return host.size(self, int(dim))

    def numel(self: Any) -> Any:
        host.at()
        with host.unwatched():
            number = host.number(_ORIGINALS["numel"](self))
        host.recorder.numel(self, number)
        return number

    def length(self: Any) -> int:
        host.at()
        host.recorder.warn(
            "Using len to get tensor shape might cause the trace to be incorrect. Recommended usage would be"
            " tensor.shape[0]. Passing a tensor of different shape might lead to errors or silently give"
            " incorrect results.",
            "",
        )
        return _ORIGINALS["__len__"](self)

    def iterate(self: Any) -> Any:
        host.at()
        host.recorder.warn(
            "Iterating over a tensor might cause the trace to be incorrect. Passing a tensor of different"
            " shape won't change the number of iterations executed (and might lead to errors or silently give"
            " incorrect results).",
            "",
        )
        return iter(self.unbind(0))

    def get(self: Any, index: Any) -> Any:
        host.at()
        return indexing.get(_Indexing(host), self, index)

    def put(self: Any, index: Any, value: Any) -> None:
        host.at()
        indexing.put(_Indexing(host), self, index, value)

    def to(self: Any, *args: Any, **kwargs: Any) -> Any:
        host.at()
        return _to(host, self, args, kwargs)

    def cpu(self: Any, memory_format: Any = None) -> Any:
        host.at()
        return _to(host, self, (self.device,), {})

    def detach_(self: Any) -> Any:
        host.at()
        host.record(_schema_of("aten::detach_"), (self,), {}, self)
        return self

    found = {
        "size": size,
        "shape": property(size),
        "numel": numel,
        "nelement": numel,
        "__len__": length,
        "__iter__": iterate,
        "__getitem__": get,
        "__setitem__": put,
        "to": to,
        "cpu": cpu,
        "detach_": detach_,
    }
    for name, what in _LEAVING.items():
        found[name] = _leaving(host, name, what)
    for name, op in _OPERATORS.items():
        found[name] = functools.partialmethod(_operated, _C.operator(op, -1, False))
    for name in _WRAPPED:
        found[name] = _unnamed(host, found.get(name) or getattr(Tensor, name))
    return found


# Python's operators that are Python functions in PyTorch (torch/_tensor.py), in whose frames no variable
# holds the operands.
_WRAPPED = (
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


def _unnamed(host: EagerHost, original: Any) -> Callable:
    call = original._make_unbound_method() if isinstance(original, functools.partialmethod) else original

    def operate(self: Any, *args: Any) -> Any:
        host.recorder.naming = False
        try:
            return call(self, *args)
        finally:
            host.recorder.naming = True

    return operate


def _unless_spread(given: Any, spread: Any) -> Any:
    """PyTorch gives tensors that have the common shape back as they are."""
    return type(spread)(a if _SIZE(a) == _SIZE(b) else b for a, b in zip(given, spread))


# ---- recurrent cells, into which PyTorch's tracer looks (aten/src/ATen/native/RNN.cpp) ----


def _op(name: str, *args: Any, **kwargs: Any) -> Any:
    return _C.operator(f"aten::{name}", -1, False)(*args, **kwargs)


def _gates(x: Any, h: Any, w_ih: Any, w_hh: Any, b_ih: Any, b_hh: Any) -> Any:
    hidden = _op("linear", h, w_hh, b_hh)
    return _op("add_.Tensor", hidden, _op("linear", x, w_ih, b_ih))


def _lstm_cell(input: Any, hx: Any, w_ih: Any, w_hh: Any, b_ih: Any = None, b_hh: Any = None) -> tuple:
    h, c = hx
    parts = _op("unsafe_chunk", _gates(input, h, w_ih, w_hh, b_ih, b_hh), 4, 1)
    take, keep = _op("sigmoid_", parts[0]), _op("sigmoid_", parts[1])
    new, out = _op("tanh_", parts[2]), _op("sigmoid_", parts[3])
    c = _op("mul.Tensor", keep, c)
    c = _op("add_.Tensor", c, _op("mul.Tensor", take, new))
    return _op("mul.Tensor", out, _op("tanh", c)), c


def _gru_cell(input: Any, hx: Any, w_ih: Any, w_hh: Any, b_ih: Any = None, b_hh: Any = None) -> Any:
    x = _op("unsafe_chunk", _op("linear", input, w_ih, b_ih), 3, 1)
    h = _op("unsafe_chunk", _op("linear", hx, w_hh, b_hh), 3, 1)
    reset = _op("sigmoid_", _op("add_.Tensor", h[0], x[0]))
    update = _op("sigmoid_", _op("add_.Tensor", h[1], x[1]))
    new = _op("tanh_", _op("add.Tensor", x[2], _op("mul_.Tensor", h[2], reset)))
    return _op("add_.Tensor", _op("mul_.Tensor", _op("sub.Tensor", hx, new), update), new)


def _rnn_cell(function: str) -> Callable:
    def cell(input: Any, hx: Any, w_ih: Any, w_hh: Any, b_ih: Any = None, b_hh: Any = None) -> Any:
        return _op(function, _gates(input, hx, w_ih, w_hh, b_ih, b_hh))

    return cell


_CELLS = {
    "aten::lstm_cell": _lstm_cell,
    "aten::gru_cell": _gru_cell,
    "aten::rnn_tanh_cell": _rnn_cell("tanh"),
    "aten::rnn_relu_cell": _rnn_cell("relu"),
}


# Python's operators that PyTorch has operators of their own for.
_OPERATORS = {f"__{name}__": f"aten::__{name}__" for name in ("and", "or", "xor", "lshift", "rshift")}
_OPERATORS["__rsub__"] = "aten::rsub"


def _operated(self: Any, op: Callable, other: Any) -> Any:
    try:
        return op(self, other)
    except TypeError:
        return NotImplemented


def _to(host: EagerHost, x: Any, args: tuple, kwargs: dict) -> Any:
    """x.to(...): which overload is recorded depends on what was given (THPVariable_to in
    tools/autograd/templates/ python_variable_methods.cpp)."""
    with host.unwatched():
        result = _ORIGINALS["to"](x, *args, **kwargs)
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
        host.record(_schema_of("aten::to.dtype"), (x, dtype), tail, result)
    elif dtype is not None:
        host.record(_schema_of("aten::to.device"), (x, device, dtype), tail, result)
    else:
        whole = {
            "dtype": x.dtype,
            "layout": x.layout,
            "device": device if device is not None else x.device,
            "pin_memory": None,
        }
        host.record(_schema_of("aten::to.dtype_layout"), (x,), {**whole, **tail}, result)
    return result


_LEAVING = {
    "item": "number",
    "__bool__": "boolean",
    "__int__": "integer",
    "__index__": "index",
    "__float__": "float",
    "__complex__": "complex",
    "tolist": "list",
    "numpy": "NumPy array",
}


def _leaving(host: EagerHost, name: str, what: str) -> Callable:
    original = _ORIGINALS[name]

    def leave(self: Any, *args: Any, **kwargs: Any) -> Any:
        with host.unwatched():
            value = original(self, *args, **kwargs)
        if not host.quiet:
            host.at()
            host.recorder.leaves(self, value, what)
        return value

    return leave


def _constructor(host: EagerHost, name: str, original: Callable, detach: bool) -> Callable:
    def construct(data: Any, *args: Any, **kwargs: Any) -> Any:
        if host.quiet:
            return original(data, *args, **kwargs)
        host.at()
        if isinstance(data, Tensor):
            return (
                _tensor_of_tensor(host, data, original, kwargs) if detach else original(data, *args, **kwargs)
            )
        host.recorder.warn(name, CONSTRUCTOR)
        with host.unwatched():
            made = original(data, *args, **kwargs)
        return _moved(host, made, detach)

    return construct


def _tensor_of_tensor(host: EagerHost, data: Any, original: Callable, kwargs: dict) -> Any:
    """linkboy.tensor(t): t detached, moved (with a copy), detached."""
    host.recorder.warn("torch.tensor", CONSTRUCTOR)
    with host.unwatched():
        plain = data.detach()
        moved = original(data, **kwargs)
        result = moved.detach()
    host.record(_schema_of("aten::detach"), (data,), {}, plain)
    host.record(
        _schema_of("aten::to.device"), (plain, moved.device, moved.dtype, False, True, None), {}, moved
    )
    host.record(_schema_of("aten::detach"), (moved,), {}, result)
    return result


def _moved(host: EagerHost, made: Any, detach: bool) -> Any:
    """A tensor of Python values is a constant that is moved to its device and dtype."""
    with host.unwatched():
        moved = made.detach()
        result = moved.detach() if detach else moved
    host.record(_schema_of("aten::to.device"), (made, made.device, made.dtype, False, False, None), {}, moved)
    if detach:
        host.record(_schema_of("aten::detach"), (moved,), {}, result)
    return result


class _Indexing:
    """Operators for indexing.py."""

    is_tensor = staticmethod(EagerHost.is_tensor)

    def __init__(self, host: EagerHost) -> None:
        self.host = host
        for name in (
            "unsqueeze",
            "alias",
            "copy_",
            "view",
            "expand",
            "index_put_",
            "slice.Tensor",
            "select.int",
            "fill_.Tensor",
            "index.Tensor",
        ):
            setattr(self, name.partition(".")[0], _C.operator(f"aten::{name}", -1, True))

    @staticmethod
    def sizes(x: Any) -> Any:
        return _SIZE(x)

    @staticmethod
    def kind(x: Any) -> str:
        names = {_C.bool: "bool", _C.uint8: "byte"}
        return names.get(x.dtype, "" if _can_require(x.dtype) else "int")

    def as_int(self, value: Any) -> int:
        with self.host.unwatched():
            return int(value)

    def index_tensor(self, x: Any, numbers: Any) -> Any:
        flags = numbers and all(isinstance(item, bool) for item in numbers)
        with self.host.unwatched():
            made = _C.from_data(list(numbers), _C.bool if flags else _C.int64)
        return _moved(self.host, made, False)

    def flag_tensor(self, x: Any, flag: bool) -> Any:
        made = _C.operator("aten::empty", -1, True)([int(flag)], dtype=_C.int64)
        return made.fill_(0.0) if flag else made

    def value_tensor(self, x: Any, value: Any) -> Any:
        with self.host.unwatched():
            return _C.from_data(value, x.dtype)


def _calls(host: EagerHost) -> Callable:
    """How modules of linkboy.nn call their forward in this trace."""

    def forward(module: Any, args: tuple, kwargs: dict) -> Any:
        path = host.paths.get(module) if recorder.current() is host.recorder else None
        if path is None:
            return module.forward(*args, **kwargs)
        host.recorder.trace.enter(path)
        try:
            return module.forward(*args, **kwargs)
        finally:
            host.recorder.trace.leave()

    return forward


def _patches(host: EagerHost) -> Iterator[tuple[Any, str, Any]]:
    import linkboy

    for name, value in _replacements(host).items():
        yield Tensor, name, value
    for name, detach in (("tensor", True), ("as_tensor", False)):
        original = getattr(linkboy, name)
        replaced = _constructor(host, f"torch.{name}", original, detach)
        for module in list(sys.modules.values()):
            if getattr(module, "__dict__", {}).get(name) is original:
                yield module, name, replaced
    nn_module = sys.modules.get("linkboy.nn.modules.module")
    if nn_module is not None:
        yield nn_module, "_trace_forward", _calls(host)


@contextlib.contextmanager
def _patched(host: EagerHost) -> Iterator[None]:
    done: list[tuple[Any, str, Any]] = []
    try:
        for owner, name, value in _patches(host):
            done.append((owner, name, owner.__dict__[name]))
            setattr(owner, name, value)
        yield
    finally:
        for owner, name, value in reversed(done):
            setattr(owner, name, value)


_ORIGINALS = {name: getattr(Tensor, name) for name in [*_LEAVING, "numel", "__len__", "size", "to"]}
_SIZE = _ORIGINALS["size"]
_OWN_FILES = {sys.modules[f"linkboy.{name}"].__file__ for name in ("tensor_methods", "operators", "creation")}
