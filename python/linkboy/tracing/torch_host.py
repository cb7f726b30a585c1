"""Tracing of torch modules and functions: PyTorch runs them, this file watches.

Two watchers, both PyTorch's own and both for the tracing thread alone. A *dispatch mode* sits where
PyTorch's tracer does, above autograd and before any operator is taken apart, and sees each operator with
its final arguments. A *function mode* sits above it, where Python calls torch: it knows the frame of the
traced program, and answers what must not become a plain number (torch_answers.py). What torch's own code
in Python is told meanwhile is in torch_patches.py.

A 0-dim tensor that is passed where torch wants a number is read by torch's argument parser
(`aten::item`). There the dispatch mode answers with a number that stands for the tensor (`Stand`), finds
it again among the operator's arguments, and puts the true one in its place before the operator runs.
"""

from __future__ import annotations

import contextlib
import os
import sys
import types
from typing import Any, Iterator, Optional

import torch
from torch._dispatch.python import enable_pre_dispatch, enable_python_dispatcher, no_python_dispatcher
from torch._subclasses.schema_check_mode import SchemaCheckMode
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode

from linkboy import _C
from linkboy.tracing import recorder, torch_patches
from linkboy.tracing.host import COMPARISONS, Host, replaced
from linkboy.tracing.recorder import CONSTANT, DEFAULT, LIST, NUMBER, RESIZE
from linkboy.tracing.torch_answers import ANSWERS, TorchSize
from linkboy.tracing.torch_numbers import Read, Stand, unmark
from linkboy.tracing.values import mapped

_TORCH = os.path.dirname(os.path.abspath(torch.__file__)) + os.sep

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


class TorchHost(Host):
    """Watches one trace of torch's tensors."""

    size_class = TorchSize

    def __init__(self) -> None:
        super().__init__()
        self.stand = Stand()
        self.window: Optional[types.FrameType] = None  # whose call of torch is under way
        self.last: Any = None  # the result of the operator that ran last in this window
        self.functions = _Functions(self)
        self.operators = _Operators(self)
        self.programs: dict[Any, Any] = {}  # torch's compiled modules below what is traced -> ours

    # ---- tensors ----

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
    def requires_grad(tensor: Any) -> bool:
        return tensor.requires_grad

    @staticmethod
    def plain_sizes(tensor: Any) -> Any:
        with torch._C.DisableTorchFunction():
            return tensor.size()

    def number(self, value: int) -> Any:
        """A 0-dim tensor that the trace does not know yet."""
        with unwatched():
            return torch.tensor(value)

    # ---- operators by name ----

    @staticmethod
    def unwatched() -> Any:
        return unwatched()

    @staticmethod
    def operator(name: str) -> Any:
        """The operator of "aten::to.device"."""
        packet, _, overload = name.partition("::")[2].partition(".")
        return getattr(getattr(torch.ops.aten, packet), overload or "default")

    def tell(self, name: str, args: Any, result: Any) -> None:
        self.record(self.operator(name), args, {}, result)

    # ---- running ----

    def begin(self, traced_by: Any, func: Any, paths: dict) -> None:
        super().begin(traced_by, func, paths)
        self.programs = _programs_below(func, traced_by.module)

    @contextlib.contextmanager
    def watching(self) -> Iterator[None]:
        old = _C.set_tracer(self._called, unwatched)
        try:
            with (
                replaced(torch_patches.patches(self)),
                enable_python_dispatcher(),
                enable_pre_dispatch(),
                self.operators,
                self.functions,
            ):
                yield
        finally:
            _C.set_tracer(*old)

    def _called(self, callee: Any, what: str, args: tuple, kwargs: dict, result: Any) -> None:
        """A compiled function or method was called with torch's tensors."""
        if callee is None or not self.here():
            return
        if torch.is_grad_enabled() and self._asks_gradients(callee, what, (args, kwargs)):
            mapped(_require_gradient, result)
        self.at()
        self.recorder.call(callee, what, args, kwargs, result)

    def _asks_gradients(self, callee: Any, what: str, given: Any) -> bool:
        """Whether PyTorch would compute gradients through what was called."""
        found = list(_parameters_read(callee, what)) if what else []
        mapped(found.append, given)
        return any(tensor.requires_grad for tensor in found)

    def at(self) -> None:
        self.recorder.at(self.frame())

    def frame(self) -> Optional[types.FrameType]:
        """The frame that called torch."""
        return self.window or recorder.outer_frame(sys._getframe(1), _inside_torch_machinery)

    def call(self, func: Any, args: tuple, kwargs: dict) -> Any:
        """An operator was reached; runs it and records it as PyTorch's tracer would."""
        schema = func._schema
        namespace, _, name = schema.name.partition("::")
        if name in ("item", "_local_scalar_dense") and self.window is not None:
            return self._read_number(func, args, kwargs)
        marked = [self.stand.mark(value) for value in args]
        marked_kwargs = {key: self.stand.mark(value) for key, value in kwargs.items()}
        args = tuple(map(unmark, marked))
        kwargs = {key: unmark(value) for key, value in marked_kwargs.items()}
        if namespace == "aten" and self._looks_into(name, args):
            with self.operators:
                return func._op_dk(torch._C.DispatchKey.CompositeImplicitAutograd, *args, **kwargs)
        if _casts_first(func):
            with self.operators:
                return func._op_dk(torch._C.DispatchKey.AutocastCPU, *args, **kwargs)
        with no_python_dispatcher():
            result = func(*args, **kwargs)
        if name in ("resize_", "resize_as_"):
            self._forget(name, args[0])
        elif schema.name in COMPARISONS:
            names = [argument.name for argument in schema.arguments]
            self.compared(schema.name, {**dict(zip(names, args)), **kwargs}, result)
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
        self.at()
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

    # ---- telling ----

    def record(self, func: Any, args: Any, kwargs: dict, result: Any) -> None:
        """Tells an operator that has run."""
        schema = func._schema
        self.at()
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
        if isinstance(value, Read):
            if str(declared).startswith(("float", "Optional[float")):
                self.leaves(value.tensor, float(value.value), "a Python float")
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


@contextlib.contextmanager
def unwatched() -> Iterator[None]:
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


def _programs_below(func: Any, traced: Any) -> dict[Any, Any]:
    if not isinstance(func, torch.nn.Module):
        return {}
    return {
        sub._c: traced.get_submodule(path)
        for path, sub in func.named_modules()
        if isinstance(sub, torch.jit.ScriptModule)
    }


def _parameters_read(module: Any, method: str) -> Iterator[Any]:
    """Parameters of a module that have the name of one that the method, or what it calls, reads."""
    nodes = _C.method_graph(module, method, True).findAllNodes("prim::GetAttr")
    read = {node["name"] for node in nodes}
    for path, parameter in module.named_parameters():
        if path.rpartition(".")[2] in read:
            yield parameter


def _casts_first(func: Any) -> bool:
    """Whether autocast takes the operator; in its kernel casts and the operator itself are reached again."""
    key = torch._C.DispatchKey.AutocastCPU
    return (
        torch.is_autocast_enabled("cpu")
        and not torch._C._dispatch_tls_is_dispatch_key_excluded(key)
        and torch._C._dispatch_has_kernel_for_dispatch_key(func.name(), key.name)
    )


def _require_gradient(tensor: Any) -> Any:
    able = tensor.is_floating_point() or tensor.is_complex()
    return tensor.requires_grad_() if able else tensor


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
            answer = ANSWERS.get(func)
            if answer is None:
                return host.known_result(func(*args, **kwargs))
            host.recorder.at(frame)
            return answer(host, func, args, kwargs)
        finally:
            host.window = outer
            if outer is None:
                host.stand.tensors.clear()
