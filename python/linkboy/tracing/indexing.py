"""`x[index]` and `x[index] = value` as operators, the way PyTorch does them in a trace: a slice for each `:`,
no step left out because the sizes of today allow it, and indices that are tensors stay in the graph
(torch/csrc/autograd/ python_variable_indexing.cpp, aten/src/ATen/TensorIndexing.h).

`ops` is an `Operators` for the host's tensors.
"""

from __future__ import annotations

import sys
from typing import Any, Optional

END = sys.maxsize


class Operators:
    """Operators on a host's tensors. A subclass has beside these `of_numbers(x, numbers, flags)`, a tensor of
    numbers or flags, `flag_tensor(x, flag)`, a bool as an index, and `value_tensor(x, value)`, a number to be
    assigned."""

    dtypes: dict[Any, str]  # what indices of some dtypes are: "bool", "byte"

    def __init__(self, host: Any) -> None:
        self.host = host
        self.is_tensor, self.sizes = host.is_tensor, host.plain_sizes
        for name in ("unsqueeze", "alias", "copy_", "view", "expand", "index_put_", "fill_.Tensor"):
            setattr(self, name.partition(".")[0], host.operator(f"aten::{name}"))
        self.index = host.operator("aten::index.Tensor")

    def slice(self, x: Any, dim: int, start: Any, stop: Any, step: Any) -> Any:
        return self.host.operator("aten::slice.Tensor")(x, dim, start, stop, step)

    def select(self, x: Any, dim: int, index: Any) -> Any:
        return self.host.operator("aten::select.int")(x, dim, index)

    def kind(self, x: Any) -> str:
        """What x is as an index: "bool", "byte", "int", or "" for none."""
        real = x.dtype.is_floating_point or x.dtype.is_complex
        return self.dtypes.get(x.dtype, "" if real else "int")

    def as_int(self, value: Any) -> int:
        with self.host.unwatched():
            return int(value)

    def index_tensor(self, x: Any, numbers: Any) -> Any:
        """A sequence as an index: a constant, moved to the tensor's device."""
        flags = bool(numbers) and all(isinstance(item, bool) for item in numbers)
        numbers = self.host.numbers_in(list(numbers))
        with self.host.unwatched():
            made = self.of_numbers(x, numbers, flags)
        return self.host.moved(made, False)


def _bounds(ops: Any, index: slice) -> tuple[Any, Any, Any]:
    """Start, stop and step, each an int or a 0-dim tensor."""
    step = 1 if index.step is None else index.step
    if ops.as_int(step) <= 0:
        raise ValueError("step must be greater than zero")
    start = 0 if index.start is None else index.start
    return start, END if index.stop is None else index.stop, step


def _is_number(ops: Any, index: Any) -> bool:
    if isinstance(index, bool) or index is None or index is Ellipsis or isinstance(index, slice):
        return False
    if ops.is_tensor(index):
        return not ops.sizes(index) and ops.kind(index) == "int"
    return hasattr(index, "__index__")


def _as_tuple(ops: Any, index: Any) -> tuple:
    """NumPy's rule: a short list that holds anything but numbers is a tuple of indices."""
    if isinstance(index, tuple):
        return index
    if ops.is_tensor(index) or isinstance(index, (str, bytes)) or not hasattr(index, "__len__"):
        return (index,)
    if len(index) >= 32:
        return (index,)
    for item in index:
        if (
            ops.is_tensor(item)
            or item is None
            or item is Ellipsis
            or isinstance(item, slice)
            or hasattr(item, "__len__")
        ):
            return tuple(index)
    return (index,)


def _dims_of(ops: Any, index: Any) -> int:
    """How many of the tensor's dimensions this index is about."""
    if index is None or index is Ellipsis or isinstance(index, bool):
        return 0
    if ops.is_tensor(index) and ops.kind(index) in ("bool", "byte"):
        return len(ops.sizes(index))
    return 1


def _select(ops: Any, x: Any, dim: int, index: Any, position: int) -> Any:
    sizes, at = ops.sizes(x), ops.as_int(index)
    if not sizes:
        raise IndexError(
            "invalid index of a 0-dim tensor. Use `tensor.item()` in Python or `tensor.item<T>()` in C++ to"
            " convert a 0-dim tensor to a number"
        )
    if not -sizes[dim] <= at < sizes[dim]:
        raise IndexError(f"index {at} is out of bounds for dimension {position} with size {sizes[dim]}")
    return ops.select(x, dim, index)


class _Walk:
    """Index by index through the dimensions: plain ones are applied as they come, tensors are gathered."""

    def __init__(self, ops: Any, x: Any, indices: tuple) -> None:
        self.ops, self.x, self.result = ops, x, x
        self.dim = 0
        self.tensors: list[Optional[Any]] = []
        self.specified = sum(_dims_of(ops, index) for index in indices)
        if self.specified > len(ops.sizes(x)):
            raise IndexError(f"too many indices for tensor of dimension {len(ops.sizes(x))}")
        for position, index in enumerate(indices):
            self._apply(index, position)

    def _gather(self, tensor: Any) -> None:
        if not self.tensors:
            self.tensors = [None] * self.dim
        self.tensors.append(tensor)
        self.dim += len(self.ops.sizes(tensor)) if self.ops.kind(tensor) in ("bool", "byte") else 1

    def _pass(self, dims: int) -> None:
        self.dim += dims
        if self.tensors:
            self.tensors.extend([None] * dims)

    def _apply_flag(self, flag: bool) -> None:
        self.result = self.ops.unsqueeze(self.result, self.dim)
        self._gather(self.ops.flag_tensor(self.result, flag))

    def _apply_tensor(self, index: Any) -> None:
        flag = not self.ops.sizes(index) and self.ops.kind(index) in ("bool", "byte")
        if flag:
            self._apply_flag(bool(self.ops.as_int(index)))
        else:
            self._gather(index)

    def _apply(self, index: Any, position: int) -> None:
        ops = self.ops
        if _is_number(ops, index):
            self.result = _select(ops, self.result, self.dim, index, position)
        elif isinstance(index, slice):
            self.result = ops.slice(self.result, self.dim, *_bounds(ops, index))
            self._pass(1)
        elif index is Ellipsis:
            self._pass(len(ops.sizes(self.x)) - self.specified)
        elif index is None:
            self.result = ops.unsqueeze(self.result, self.dim)
            self._pass(1)
        elif isinstance(index, bool):
            self._apply_flag(index)
        elif ops.is_tensor(index):
            self._apply_tensor(index)
        elif hasattr(index, "__len__"):
            self._gather(ops.index_tensor(self.x, index))
        else:
            raise IndexError(
                "only integers, slices (`:`), ellipsis (`...`), None and long or byte Variables are valid"
                f" indices (got {type(index).__name__})"
            )


def _trimmed(tensors: list) -> list:
    while tensors and tensors[-1] is None:
        tensors.pop()
    return tensors


def get(ops: Any, x: Any, index: Any) -> Any:
    """x[index]"""
    if index is Ellipsis:
        return ops.alias(x)
    walk = _Walk(ops, x, _as_tuple(ops, index))
    if walk.tensors:
        return ops.index(walk.result, _trimmed(walk.tensors))
    return ops.alias(x) if walk.result is x else walk.result


def _copy_to(ops: Any, target: Any, value: Any) -> None:
    to, of = list(ops.sizes(target)), list(ops.sizes(value))
    if to == of:
        ops.copy_(target, value)
    elif not of:
        ops.fill_(target, value)
    else:
        first = next((i for i, size in enumerate(of) if size != 1), len(of))
        value = ops.view(value, of[first:])
        ops.copy_(target, value if of[first:] == to else ops.expand(value, to))


def put(ops: Any, x: Any, index: Any, value: Any) -> None:
    """x[index] = value"""
    if index is False:
        return
    value = value if ops.is_tensor(value) else ops.value_tensor(x, value)
    if index is Ellipsis:
        _copy_to(ops, x, value)
    elif index is None or index is True:
        _copy_to(ops, ops.unsqueeze(x, 0), value)
    else:
        walk = _Walk(ops, x, _as_tuple(ops, index))
        if not walk.tensors:
            _copy_to(ops, walk.result, value)
            return
        sizes = list(ops.sizes(value))
        first = next((i for i, size in enumerate(sizes) if size != 1), len(sizes))
        if first:
            value = ops.view(value, sizes[first:])
        ops.index_put_(walk.result, _trimmed(walk.tensors), value)
