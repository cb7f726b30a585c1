"""Tracing of modules and functions on linkboy's own tensors.

Every operator that Python calls goes through the C extension, which tells this host of it with its
arguments as they were given (`_C.set_tracer`); here they are put in the order of the schema that was
taken (eager_schemas.py). What is no operator (sizes, indexing, becoming a Python value, tensors of
Python values) is replaced on the class Tensor and on the package while a trace is made
(eager_answers.py).

Whether a result would require a gradient in PyTorch is kept here, since graphs tell it: it does when an
argument does, unless its dtype or the operator cannot have one.
"""

from __future__ import annotations

import contextlib
import sys
import types
from typing import Any, Iterator, Optional

from linkboy import _C, functional, grad
from linkboy.operators import schema_of
from linkboy.tracing import eager_answers, recorder
from linkboy.tracing.cells import CELLS
from linkboy.tracing.eager_schemas import Parameter, as_python_calls, bound, parameters_of
from linkboy.tracing.host import COMPARISONS, Host, replaced
from linkboy.tracing.recorder import CONSTANT, DEFAULT, LIST, NUMBER

Tensor = _C.Tensor
_SIZE = Tensor.size

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


class EagerHost(Host):
    """Watches one trace of linkboy's tensors."""

    def __init__(self) -> None:
        super().__init__()
        self.grad: set[int] = set()
        self.quiet = 0

    # ---- tensors ----

    @staticmethod
    def is_tensor(value: Any) -> bool:
        return isinstance(value, Tensor)

    def describe(self, tensor: Any) -> tuple:
        strided = tensor.layout == _C.strided
        sizes = tuple(self.plain_sizes(tensor)) if strided else None
        strides = tensor.stride() if strided else None
        return (_DTYPES[tensor.dtype], sizes, strides, self.requires_grad(tensor), None)

    def requires_grad(self, tensor: Any) -> bool:
        return tensor.requires_grad or id(tensor) in self.grad

    @staticmethod
    def plain_sizes(tensor: Any) -> Any:
        return _SIZE(tensor)

    def number(self, value: int) -> Any:
        """A 0-dim tensor that the trace does not know yet."""
        with self.unwatched():
            return _C.from_data(value, None)

    # ---- operators by name ----

    @contextlib.contextmanager
    def unwatched(self) -> Iterator[None]:
        """Nothing that is called here goes into the trace."""
        self.quiet += 1
        try:
            yield
        finally:
            self.quiet -= 1

    @staticmethod
    def operator(name: str) -> Any:
        return _C.operator(name, -1, True)

    def tell(self, name: str, args: Any, result: Any, kwargs: Optional[dict] = None) -> None:
        self.record(schema_of(name), args, kwargs or {}, result)

    # ---- running ----

    @contextlib.contextmanager
    def watching(self) -> Iterator[None]:
        with replaced(eager_answers.replacements(self)):
            old = _C.set_tracer(self._told)
            try:
                yield
            finally:
                _C.set_tracer(*old)

    def _told(self, callee: Any, what: str, args: tuple, kwargs: dict, result: Any) -> Any:
        """The extension has run an operator, or a compiled function or method. What it returns is the
        result."""
        if not self.here() or self.quiet:
            return None
        self.at()
        if callee is not None:
            self._follow_gradient(callee.parameters() if what else (), args, kwargs, result)
            self.recorder.call(callee, what, args, kwargs, result)
            return None
        name = what[: what.index("(")]
        if name in COMPARISONS:
            self.compared(name, bound(parameters_of(what), args, kwargs), result)
            return result
        cell = CELLS.get(name)
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
        given = bound(parameters_of(schema), args, kwargs)
        taken = schema[: schema.index("(")]
        name = as_python_calls(taken, given, parameters_of(schema))
        parameters = parameters_of(schema if name == taken else schema_of(name))
        trees = [self._argument(p, given[p.name]) if p.name in given else (DEFAULT,) for p in parameters]
        self._spread_gradient(name, given, results)
        many = "[]" in schema[schema.rindex("->") :]
        told = [
            self.recorder.tensor(item) if isinstance(item, Tensor) else (CONSTANT, None) for item in results
        ]
        self.recorder.op(name, trees, [(LIST, told)] if many else told)

    def _argument(self, parameter: Parameter, value: Any) -> tuple:
        if parameter.list and not isinstance(value, (list, tuple)) and value is not None:
            value = [value] * max(parameter.length, 1)
        if isinstance(value, (list, tuple)):
            return (LIST, [self._argument_item(parameter, item) for item in value])
        return self._argument_item(parameter, value)

    def _argument_item(self, parameter: Parameter, value: Any) -> tuple:
        if parameter.device and isinstance(value, str):
            value = _C.device(value)
        if not isinstance(value, Tensor):
            return (CONSTANT, value)
        if parameter.tensor:
            return self.recorder.tensor(value)
        if parameter.real or not self.recorder.knows(value):
            with self.unwatched():
                number = float(value) if parameter.real else value.item()
            self.leaves(value, number, "a Python float" if parameter.real else "a Python number")
            return (CONSTANT, number)
        self.recorder.kept[id(value)] = value
        return (NUMBER, id(value))

    def _spread_gradient(self, name: str, given: dict, results: list) -> None:
        short = name.partition("::")[2].partition(".")[0]
        if not short.startswith(_NO_GRADIENT) and not short.endswith("_like"):
            self._follow_gradient(list(given.values()), results)

    def _follow_gradient(self, *given: Any) -> None:
        """The last one's tensors require gradients where those before do."""
        if grad.would_record() and any(self.requires_grad(tensor) for tensor in _tensors_in(given[:-1])):
            self.grad.update(id(tensor) for tensor in _tensors_in(given[-1]) if _can_require(tensor.dtype))


def _tensors_in(value: Any) -> Iterator[Any]:
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, dict):
        yield from _tensors_in(list(value.values()))
    elif isinstance(value, (list, tuple)) or hasattr(value, "__next__"):
        for item in value:
            yield from _tensors_in(item)


def _unless_spread(given: Any, spread: Any) -> Any:
    """PyTorch gives tensors that have the common shape back as they are."""
    return type(spread)(a if _SIZE(a) == _SIZE(b) else b for a, b in zip(given, spread))


def _can_require(dtype: Any) -> bool:
    return dtype.is_floating_point or dtype.is_complex


# Methods of tensors that are Python's in PyTorch as well (torch/_tensor.py): their variables give names.
_PYTHON_METHODS = {"norm", "unflatten", "split", "unique", "unique_consecutive", "stft", "istft"}


def _inside_tensors(code: types.CodeType) -> bool:
    """Functions of the package that stand where C++ is in PyTorch, between the traced program and its
    operators."""
    if code.co_filename in _OWN_FILES:
        return code.co_name not in _PYTHON_METHODS
    return code.co_filename == functional.__file__ and code.co_name == "nonzero"


_OWN_FILES = {sys.modules[f"linkboy.{name}"].__file__ for name in ("tensor_methods", "operators", "creation")}
