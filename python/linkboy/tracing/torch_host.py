"""Tracing of torch modules and functions: PyTorch runs them, this file watches.

Two watchers, both PyTorch's own and both for the tracing thread alone. A *dispatch mode* sits where PyTorch's
tracer does, above autograd and before any operator is taken apart, and sees each operator with its final
arguments. A *function mode* sits above it, where Python calls torch: it knows the frame of the traced
program, and answers what must not become a plain number: sizes are 0-dim tensors while tracing (so
`x.view(x.size(0), -1)` follows the input), slices are never left out, constructors and conversions to Python
values warn.

A 0-dim tensor that is passed where torch wants a number is read by torch's argument parser (`aten::item`).
There the dispatch mode answers with a number that stands for the tensor (`Stand`), finds it again among the
operator's arguments, and puts the true one in its place before the operator runs.
"""

from __future__ import annotations

import contextlib
import os
import sys
import types
from typing import Any, Callable, Iterator, Optional

import torch
from torch._dispatch.python import enable_pre_dispatch, enable_python_dispatcher, no_python_dispatcher
from torch._subclasses.schema_check_mode import SchemaCheckMode
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode

from linkboy import _C
from linkboy.tracing import indexing, recorder
from linkboy.tracing.values import mapped
from linkboy.tracing.recorder import CONSTANT, CONSTRUCTOR, DEFAULT, LIST, NUMBER, RESIZE, TUPLE, Recorder

_TORCH = os.path.dirname(os.path.abspath(torch.__file__)) + os.sep
_aten = torch.ops.aten

_DTYPES = {
    torch.uint8: 0,
    torch.int8: 1,
    torch.int16: 2,
    torch.int32: 3,
    torch.int64: 4,
    torch.float16: 5,
    torch.float32: 6,
    torch.float64: 7,
    torch.complex32: 8,
    torch.complex64: 9,
    torch.complex128: 10,
    torch.bool: 11,
    torch.qint8: 12,
    torch.quint8: 13,
    torch.qint32: 14,
    torch.bfloat16: 15,
}
# Operators that PyTorch's tracer looks into (DONT_RECORD_TRACE in tools/autograd/gen_trace_type.py);
# convolutions of real numbers are taken apart by the recorder itself.
_CONVOLUTIONS = {
    "conv1d",
    "conv2d",
    "conv3d",
    "conv_transpose1d",
    "conv_transpose2d",
    "conv_transpose3d",
}
_LOOKED_INTO = {"lstm_cell", "gru_cell", "rnn_tanh_cell", "rnn_relu_cell", "_coalesced"}
# Operators without a tracing kernel, or whose kernel records nothing
# (torch/csrc/autograd/VariableTypeManual.cpp).
_UNRECORDED = {
    "requires_grad_",
    "set_data",
    "lift_fresh",
    "lift",
    "_fw_primal",
    "_make_dual",
    "set_",
    "retain_grad",
    "rename_",
}


class Stand:
    """Numbers that stand for 0-dim tensors: an int or a float that no program uses, one for each reading."""

    INT, FLOAT = 0x4C42_7261_6365_0000, 1.2345e300

    def __init__(self) -> None:
        self.tensors: list[tuple[Any, Any]] = []  # tensor, its true value

    def put(self, tensor: Any, value: Any) -> Any:
        self.tensors.append((tensor, value))
        index = len(self.tensors) - 1
        return self.INT + index if isinstance(value, int) else self.FLOAT * (1 + index * 2.0**-40)

    def find(self, number: Any) -> Optional[tuple[Any, Any]]:
        if not self.tensors or isinstance(number, bool):
            return None
        if isinstance(number, int):
            index = number - self.INT
        elif isinstance(number, float) and number >= self.FLOAT and number != float("inf"):
            index = round((number / self.FLOAT - 1) * 2.0**40)
        else:
            return None
        return self.tensors[index] if 0 <= index < len(self.tensors) else None


class Tensors:
    """What the recorder asks of a host about torch's tensors."""

    @staticmethod
    def is_tensor(value: Any) -> bool:
        return isinstance(value, torch.Tensor)

    @staticmethod
    def describe(tensor: Any) -> tuple:
        strided = tensor.layout is torch.strided and not tensor.is_nested
        device = None if tensor.device.type == "cpu" else str(tensor.device)
        sizes = None if tensor.is_nested else tuple(map(int, tensor.size()))
        strides = tensor.stride() if strided else None
        return (_DTYPES.get(tensor.dtype, -1), sizes, strides, tensor.requires_grad, device)

    @staticmethod
    def to_value(tensor: Any) -> Any:
        if tensor.requires_grad:
            raise RuntimeError(
                "Cannot insert a Tensor that requires grad as a constant. Consider making it a parameter or"
                f" input, or detaching the gradient\nTensor:\n{tensor.detach()}"
            )
        return tensor


def _is_list(argument_type: Any) -> bool:
    while isinstance(argument_type, torch.OptionalType):
        argument_type = argument_type.getElementType()
    return isinstance(argument_type, torch.ListType)


class TorchHost(Tensors):
    """Watches one trace."""

    recorder: Recorder

    def __init__(self) -> None:
        self.stand = Stand()
        self.window: Optional[types.FrameType] = None  # whose call of torch is under way
        self.last: Any = None  # the result of the operator that ran last in this window
        self.functions = _Functions(self)
        self.operators = _Operators(self)
        self.given: dict[int, Any] = {}
        self.paths: dict[Any, str] = {}  # submodule -> its path; empty: a function is traced

    # ---- running ----

    def begin(self, traced_by: Recorder, paths: dict) -> None:
        """`paths`: the submodules of what is traced; a call of one is a method of its own."""
        self.recorder, self.paths = traced_by, paths

    def fresh(self, value: Any) -> Any:
        """The inputs as the program sees them: a tensor that comes twice is another one the second time."""

        def other(tensor: Any) -> Any:
            if self.recorder.knows(tensor) or id(tensor) in self.given:
                tensor = tensor.view(tensor.size())
            self.given[id(tensor)] = tensor
            return tensor

        return mapped(other, value)

    @contextlib.contextmanager
    def watching(self) -> Iterator[None]:
        old = _C.set_tracer(self._called)
        try:
            with (
                _patched(self),
                enable_python_dispatcher(),
                enable_pre_dispatch(),
                self.operators,
                self.functions,
            ):
                yield
        finally:
            _C.set_tracer(old)

    def _called(self, callee: Any, what: str, args: tuple, kwargs: dict, result: Any) -> None:
        """A compiled function or method was called with torch's tensors."""
        if callee is not None and recorder.current() is self.recorder:
            self.recorder.at(self.frame())
            self.recorder.call(callee, what, args, kwargs, result)

    def frame(self) -> Optional[types.FrameType]:
        """The frame that called torch."""
        return self.window or recorder.outer_frame(sys._getframe(1), _inside_torch_machinery)

    def call(self, func: Any, args: tuple, kwargs: dict) -> Any:
        """An operator was reached; runs it and records it as PyTorch's tracer would."""
        schema = func._schema
        namespace, _, name = schema.name.partition("::")
        if name in ("item", "_local_scalar_dense") and self.window is not None:
            return self._read_number(func, args, kwargs)
        marked = [self._mark(value) for value in args]
        marked_kwargs = {key: self._mark(value) for key, value in kwargs.items()}
        args = tuple(map(_unmark, marked))
        kwargs = {key: _unmark(value) for key, value in marked_kwargs.items()}
        if namespace == "aten" and self._looks_into(name, args):
            with self.operators:
                return func._op_dk(torch._C.DispatchKey.CompositeImplicitAutograd, *args, **kwargs)
        with no_python_dispatcher():
            result = func(*args, **kwargs)
        if name in ("resize_", "resize_as_"):
            self._forget(name, args[0])
        elif any(_has_tensors(item.type) for item in schema.returns) and name not in _UNRECORDED:
            self.record(func, marked, marked_kwargs, result)
        return result

    @staticmethod
    def _looks_into(name: str, args: tuple) -> bool:
        return name in _LOOKED_INTO or (name in _CONVOLUTIONS and args[0].is_complex())

    def _read_number(self, func: Any, args: tuple, kwargs: dict) -> Any:
        """torch's argument parser reads a tensor as a number."""
        value = func(*args, **kwargs)
        known = (
            isinstance(value, (int, float)) and not isinstance(value, bool) and self.recorder.knows(args[0])
        )
        return self.stand.put(args[0], value) if known else value

    def _forget(self, name: str, tensor: Any) -> None:
        self.recorder.at(self.frame())
        self.recorder.trace.forget(id(tensor))
        self.recorder.warn(name, RESIZE)

    def known_result(self, result: Any) -> Any:
        """Factories give their operator's result out as another object (make_variable in
        torch/csrc/autograd/variable.h)."""
        last = self.last
        if last is not None and isinstance(result, torch.Tensor) and not self.recorder.knows(result):
            if (
                result.data_ptr() == last.data_ptr()
                and result.shape == last.shape
                and result.dtype == last.dtype
            ):
                self.recorder.same(result, last)
        return result

    # ---- arguments: numbers that stand for tensors ----

    def _mark(self, value: Any) -> Any:
        if isinstance(value, (list, tuple)):
            return [self._mark(item) for item in value]
        found = self.stand.find(value)
        return _Read(*found) if found else value

    def record(self, func: Any, args: Any, kwargs: dict, result: Any) -> None:
        """Tells an operator that has run."""
        schema = func._schema
        self.recorder.at(self.frame())
        trees = []
        for index, argument in enumerate(schema.arguments):
            if index < len(args):
                trees.append(self._argument(argument.type, args[index]))
            elif argument.name in kwargs:
                trees.append(self._argument(argument.type, kwargs[argument.name]))
            else:
                trees.append((DEFAULT,))
        name = schema.name + ("." + schema.overload_name if schema.overload_name else "")
        results = [result] if len(schema.returns) == 1 else list(result or ())
        self.recorder.op(name, trees, [self._result(item) for item in results])
        self.last = result if isinstance(result, torch.Tensor) else None
        if self.window is None:
            self.stand.tensors.clear()

    def _argument(self, declared: Any, value: Any) -> tuple:
        if isinstance(value, torch.Tensor):
            return self.recorder.tensor(value)
        if isinstance(value, (list, tuple)):
            return (LIST, [self._argument(declared, item) for item in value])
        if isinstance(value, _Read):
            if str(declared).startswith(("float", "Optional[float")):
                self.recorder.leaves(value.tensor, float(value.value), "float")
                return (CONSTANT, float(value.value))
            self.recorder.kept[id(value.tensor)] = value.tensor
            return (NUMBER, id(value.tensor))
        return (CONSTANT, value)

    def _result(self, value: Any) -> tuple:
        if isinstance(value, torch.Tensor):
            return self.recorder.tensor(value)
        if isinstance(value, (list, tuple)):
            return (LIST, [self._result(item) for item in value])
        return (CONSTANT, None)

    # ---- sizes ----

    def number(self, value: int) -> Any:
        """A 0-dim tensor that the trace does not know yet."""
        with _unwatched():
            return torch.tensor(value)

    def size(self, x: Any, dim: int) -> Any:
        sizes = x.size()
        if not -len(sizes) <= dim < max(len(sizes), 1):
            return x.size(dim)  # for its error
        number = self.number(int(sizes[dim]))
        self.recorder.size(x, dim, number)
        return number


class _Read:
    """A number in an argument that is a tensor in the trace."""

    def __init__(self, tensor: Any, value: Any) -> None:
        self.tensor, self.value = tensor, value


def _unmark(value: Any) -> Any:
    if isinstance(value, list):
        return [_unmark(item) for item in value]
    return value.value if isinstance(value, _Read) else value


def _has_tensors(declared: Any) -> bool:
    if isinstance(declared, (torch.OptionalType, torch.ListType)):
        return _has_tensors(declared.getElementType())
    return isinstance(declared, torch.TensorType)


def _inside_torch_machinery(code: types.CodeType) -> bool:
    return code.co_filename in _MACHINERY


_MACHINERY = {
    _TORCH + part.replace("/", os.sep)
    for part in (
        "_ops.py",
        "overrides.py",
        "utils/_python_dispatch.py",
        "utils/_stats.py",
        "_library/utils.py",
    )
}


class _Operators(SchemaCheckMode):
    """The dispatch mode. Only a few classes may stand where tracing has to; this one takes a place of theirs,
    and nothing else of its base."""

    def __init__(self, host: TorchHost) -> None:
        TorchDispatchMode.__init__(self, _dispatch_key=torch._C.DispatchKey.PreDispatch)
        self.host = host

    def __torch_dispatch__(self, func: Any, types: Any, args: tuple = (), kwargs: Any = None) -> Any:
        return self.host.call(func, args, kwargs or {})


class _Functions(TorchFunctionMode):
    """The function mode."""

    def __init__(self, host: TorchHost) -> None:
        super().__init__()
        self.host = host

    def __torch_function__(self, func: Any, types: Any, args: tuple = (), kwargs: Any = None) -> Any:
        host, kwargs = self.host, kwargs or {}
        frame = recorder.outer_frame(sys._getframe(1), _inside_torch_machinery)
        outer, host.window = host.window, frame
        host.last = None
        try:
            special = _SPECIAL.get(func)
            if special is None:
                return host.known_result(func(*args, **kwargs))
            host.recorder.at(frame)
            return special(host, func, args, kwargs)
        finally:
            host.window = outer
            if outer is None:
                host.stand.tensors.clear()


# ---- what the function mode answers itself ----


class TracedSize(tuple):
    """torch.Size in a trace: its items are 0-dim tensors."""

    __class__ = torch.Size  # type: ignore[assignment]

    def __getitem__(self, index: Any) -> Any:
        found = tuple.__getitem__(self, index)
        return TracedSize(found) if isinstance(index, slice) else found

    def __add__(self, other: Any) -> Any:
        return TracedSize(tuple.__add__(self, tuple(other)))

    def __radd__(self, other: Any) -> Any:
        return TracedSize(tuple(other) + tuple(self))

    def numel(self) -> Any:
        total: Any = 1
        for item in self:
            total = total * item
        return total


def _size(host: TorchHost, func: Any, args: tuple, kwargs: dict) -> Any:
    x = args[0]
    dim = args[1] if len(args) > 1 else kwargs.get("dim")
    if dim is None:
        return TracedSize(host.size(x, i) for i in range(x.dim()))
    return host.size(x, int(dim))


def _shape(host: TorchHost, func: Any, args: tuple, kwargs: dict) -> Any:
    return TracedSize(host.size(args[0], i) for i in range(args[0].dim()))


def _numel(host: TorchHost, func: Any, args: tuple, kwargs: dict) -> Any:
    x = args[0] if args else kwargs["input"]
    number = host.number(x.numel())
    host.recorder.numel(x, number)
    return number


def _leaves(what: str) -> Callable:
    def convert(host: TorchHost, func: Any, args: tuple, kwargs: dict) -> Any:
        host.window = None  # whatever is read here is meant to be a plain number
        value = func(*args, **kwargs)
        host.recorder.leaves(args[0], value, what)
        return value

    return convert


def _contiguous(host: TorchHost, func: Any, args: tuple, kwargs: dict) -> Any:
    """torch gives a tensor that is contiguous back without asking for the operator; the trace has it
    anyway."""
    x = args[0]
    wanted = args[1] if len(args) > 1 else kwargs.get("memory_format", torch.contiguous_format)
    if x.is_contiguous(memory_format=wanted):
        host.record(_aten.contiguous.default, [x, wanted], {}, x)
        return x
    return func(*args, **kwargs)


def _record_constructor(host: TorchHost, made: Any, detach: bool) -> Any:
    """A tensor of Python values is a constant that is moved to its device and dtype."""
    with _unwatched():
        moved = made.detach()
    host.record(_aten.to.device, [made, made.device, made.dtype, False, False, None], {}, moved)
    if not detach:
        return moved
    with _unwatched():
        result = moved.detach()
    host.record(_aten.detach.default, [moved], {}, result)
    return result.requires_grad_() if made.requires_grad else result


def _data_of(args: tuple, kwargs: dict, skip: int) -> Any:
    return args[skip] if len(args) > skip else kwargs.get("data")


def _tensor_of_tensor(host: TorchHost, data: Any, kwargs: dict) -> Any:
    """torch.tensor(t): t detached, moved (with a copy), detached."""
    with _unwatched():
        plain = data.detach()
        moved = plain.to(device=kwargs.get("device"), dtype=kwargs.get("dtype"), copy=True)
        result = moved.detach()
    host.record(_aten.detach.default, [data], {}, plain)
    host.record(_aten.to.device, [plain, moved.device, moved.dtype, False, True, None], {}, moved)
    host.record(_aten.detach.default, [moved], {}, result)
    return result.requires_grad_() if kwargs.get("requires_grad") else result


def _numbers_in(host: TorchHost, data: Any) -> Any:
    """Nested lists whose tensors are read as Python numbers, with their warnings."""
    if isinstance(data, torch.Tensor) and not data.dim():
        value = data.item()
        host.recorder.leaves(data, value, "number")
        return value
    if isinstance(data, (list, tuple)):
        return type(data)(_numbers_in(host, item) for item in data) if type(data) in (list, tuple) else data
    return data


def _constructor(name: str, skip: int, detach: bool) -> Callable:
    def construct(host: TorchHost, func: Any, args: tuple, kwargs: dict) -> Any:
        data = _data_of(args, kwargs, skip)
        if isinstance(data, torch.Tensor):
            return _tensor_of_tensor(host, data, kwargs) if name == "torch.tensor" else func(*args, **kwargs)
        host.recorder.warn(name, CONSTRUCTOR)
        args = args[:skip] + (_numbers_in(host, data),) + args[skip + 1 :] if len(args) > skip else args
        with _unwatched():
            made = func(*args, **kwargs)
        return _record_constructor(host, made, detach)

    return construct


def _getitem(host: TorchHost, func: Any, args: tuple, kwargs: dict) -> Any:
    return indexing.get(_Indexing(host), *args)


def _setitem(host: TorchHost, func: Any, args: tuple, kwargs: dict) -> None:
    indexing.put(_Indexing(host), *args)


class _Indexing:
    """Operators for indexing.py."""

    def __init__(self, host: TorchHost) -> None:
        self.host = host
        for name in ("unsqueeze", "alias", "copy_", "view", "expand", "index_put_"):
            setattr(self, name, getattr(_aten, name).default)
        self.fill_, self.index = _aten.fill_.Tensor, _aten.index.Tensor

    @staticmethod
    def sizes(x: Any) -> Any:
        return x.size()

    is_tensor = staticmethod(Tensors.is_tensor)

    @staticmethod
    def kind(x: Any) -> str:
        names = {torch.bool: "bool", torch.uint8: "byte"}
        whole = not (x.is_floating_point() or x.is_complex())
        return names.get(x.dtype, "int" if whole else "")

    @staticmethod
    def as_int(value: Any) -> int:
        with _unwatched():
            return int(value)

    def _traced(self, func: Any, x: Any, *numbers: Any) -> Any:
        """An operator of a tensor and of numbers that may be tensors."""
        marks = [_Read(n, self.as_int(n)) if self.is_tensor(n) else n for n in numbers]
        with _unwatched():
            result = func(x, *map(_unmark, marks))
        self.host.record(func, [x, *marks], {}, result)
        return result

    def slice(self, x: Any, dim: int, start: Any, stop: Any, step: Any) -> Any:
        return self._traced(_aten.slice.Tensor, x, dim, start, stop, step)

    def select(self, x: Any, dim: int, index: Any) -> Any:
        return self._traced(_aten.select.int, x, dim, index)

    def index_tensor(self, x: Any, numbers: Any) -> Any:
        """A sequence as an index: a constant, moved to the tensor's device."""
        flags = numbers and all(isinstance(item, bool) for item in numbers)
        with _unwatched():
            made = torch.tensor(
                _numbers_in(self.host, list(numbers)), dtype=None if flags else torch.long, device=x.device
            )
        return _record_constructor(self.host, made, False)

    def flag_tensor(self, x: Any, flag: bool) -> Any:
        made = torch.empty([int(flag)], dtype=torch.long, device=x.device)
        return made.fill_(0.0) if flag else made

    def value_tensor(self, x: Any, value: Any) -> Any:
        with _unwatched():
            dtype = torch.float32 if x.is_quantized else x.dtype
            return torch.scalar_tensor(value, dtype=dtype, device=x.device)


_SPECIAL: dict[Any, Callable] = {
    torch.Tensor.size: _size,
    torch.Tensor.shape.__get__: _shape,
    torch.Tensor.numel: _numel,
    torch.Tensor.nelement: _numel,
    torch.numel: _numel,
    torch.Tensor.contiguous: _contiguous,
    torch.Tensor.__getitem__: _getitem,
    torch.Tensor.__setitem__: _setitem,
    torch.Tensor.item: _leaves("number"),
    torch.Tensor.__bool__: _leaves("boolean"),
    torch.Tensor.__int__: _leaves("integer"),
    torch.Tensor.__index__: _leaves("index"),
    torch.Tensor.__float__: _leaves("float"),
    torch.Tensor.__complex__: _leaves("complex"),
    torch.Tensor.tolist: _leaves("list"),
    torch.Tensor.numpy: _leaves("NumPy array"),
    torch.tensor: _constructor("torch.tensor", 0, True),
    torch.as_tensor: _constructor("torch.as_tensor", 0, False),
    torch.Tensor.new_tensor: _constructor("torch.tensor", 1, True),
}


# ---- what torch is told while tracing ----


@contextlib.contextmanager
def _unwatched() -> Iterator[None]:
    """Nothing that torch is asked here goes into the trace."""
    with _no_dispatch_mode(), torch._C.DisableTorchFunction():
        yield


@contextlib.contextmanager
def _no_dispatch_mode() -> Iterator[None]:
    included = torch._C._dispatch_tls_is_dispatch_key_included(torch._C.DispatchKey.PreDispatch)
    if not included:
        yield
        return
    mode = torch._ops.unset_mode_pre_dispatch(None, schema_check=True)
    try:
        yield
    finally:
        torch._ops._set_mode_pre_dispatch(mode)


class _State:
    """What torch's own code asks whether there is a trace; never looked into by it but for the scopes."""

    def push_scope(self, name: str) -> None:
        pass

    def pop_scope(self) -> None:
        pass


def _slow_forward(original: Callable, host: TorchHost) -> Callable:
    def slow_forward(module: Any, *args: Any, **kwargs: Any) -> Any:
        path = host.paths.get(module) if recorder.current() is host.recorder else None
        if path is None:
            return module.forward(*args, **kwargs)
        host.recorder.trace.enter(path)
        try:
            return module.forward(*args, **kwargs)
        finally:
            host.recorder.trace.leave()

    return slow_forward


def _for_this_trace(host: TorchHost, answer: Any, original: Callable) -> Callable:
    def asked(*args: Any) -> Any:
        return answer if recorder.current() is host.recorder else original(*args)

    return asked


def _scripted(original: Callable, host: TorchHost) -> Callable:
    """What torch.jit.script_if_tracing compiles with."""

    def script(func: Any, *args: Any, **kwargs: Any) -> Any:
        from linkboy.jit.script import script as own

        return own(func) if recorder.current() is host.recorder else original(func, *args, **kwargs)

    return script


def _overridden(original: Callable) -> Callable:
    """has_torch_function and its like, blind for the function mode: torch's functions in Python run, and what
    they call is seen. Arguments of classes that override torch are told as ever."""

    def has_torch_function(*args: Any) -> bool:
        with torch._C.DisableTorchFunction() if False else contextlib.nullcontext():
            return any(_overrides(item) for item in _flat(args))

    has_torch_function.original = original  # type: ignore[attr-defined]
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


def _patches(host: TorchHost) -> Iterator[tuple[Any, str, Any]]:
    yield torch._C, "_get_tracing_state", _for_this_trace(host, _State(), torch._C._get_tracing_state)
    yield torch._C, "_is_tracing", _for_this_trace(host, True, torch._C._is_tracing)
    programs = sys.modules.get("torch.jit._trace")
    if programs is not None and hasattr(programs, "script"):
        yield programs, "script", _scripted(programs.script, host)
    module = torch.nn.Module
    yield module, "_slow_forward", _slow_forward(module._slow_forward, host)
    for name, loaded in list(sys.modules.items()):
        if loaded is None or not (name == "torch" or name.startswith("torch.")) or name == "torch.overrides":
            continue
        for asked in _ASKS:
            original = vars(loaded).get(asked)
            if original is not None:
                yield loaded, asked, _overridden(original)


@contextlib.contextmanager
def _patched(host: TorchHost) -> Iterator[None]:
    done: list[tuple[Any, str, Any]] = []
    try:
        for owner, name, value in _patches(host):
            done.append((owner, name, getattr(owner, name)))
            setattr(owner, name, value)
        yield
    finally:
        for owner, name, value in reversed(done):
            setattr(owner, name, value)
