"""What is answered in torch's place when a traced program calls it, in the function mode of torch_host.py:
sizes are 0-dim tensors (so `x.view(x.size(0), -1)` follows the input), slices are never left out,
constructors and conversions to Python values warn.
"""

from __future__ import annotations

from typing import Any, Callable

import torch

from linkboy.tracing import indexing
from linkboy.tracing.host import LEAVING
from linkboy.tracing.sizes import TracedSize
from linkboy.tracing.torch_numbers import Read, unmark


class TorchSize(TracedSize):
    """torch.Size in a trace."""

    __class__ = torch.Size  # type: ignore[assignment]


def _size(host: Any, func: Any, args: tuple, kwargs: dict) -> Any:
    x = args[0]
    dim = args[1] if len(args) > 1 else kwargs.get("dim")
    return host.shape(x) if dim is None else host.size(x, int(dim))


def _shape(host: Any, func: Any, args: tuple, kwargs: dict) -> Any:
    return host.shape(args[0])


def _numel(host: Any, func: Any, args: tuple, kwargs: dict) -> Any:
    x = args[0] if args else kwargs["input"]
    return host.numel(x, x.numel())


def _leaves(what: str) -> Callable:
    def convert(host: Any, func: Any, args: tuple, kwargs: dict) -> Any:
        frame, host.window = host.window, None  # whatever is read here is meant to be a plain number
        value = func(*args, **kwargs)
        host.recorder.at(frame)
        host.leaves(args[0], value, what)
        return value

    return convert


def _contiguous(host: Any, func: Any, args: tuple, kwargs: dict) -> Any:
    """torch gives a tensor that is contiguous back without asking for the operator; the trace has it
    anyway."""
    x = args[0]
    wanted = args[1] if len(args) > 1 else kwargs.get("memory_format", torch.contiguous_format)
    if x.is_contiguous(memory_format=wanted):
        host.tell("aten::contiguous", [x, wanted], x)
        return x
    return func(*args, **kwargs)


def _constructor(name: str, skip: int) -> Callable:
    def construct(host: Any, func: Any, args: tuple, kwargs: dict) -> Any:
        if len(args) > skip:
            data, rest = args[skip], args[skip + 1 :]
            given = dict(kwargs)
        else:
            given = dict(kwargs)
            data, rest = given.pop("data"), ()

        def make(data: Any, *rest: Any, **given: Any) -> Any:
            return func(*args[:skip], data, *rest, **given)

        return host.constructed(make, name, data, rest, given)

    return construct


def _getitem(host: Any, func: Any, args: tuple, kwargs: dict) -> Any:
    return indexing.get(_Indexing(host), *args)


def _setitem(host: Any, func: Any, args: tuple, kwargs: dict) -> None:
    indexing.put(_Indexing(host), *args)


class _Indexing(indexing.Operators):
    """Operators on torch's tensors for indexing.py."""

    dtypes = {torch.bool: "bool", torch.uint8: "byte"}

    def _traced(self, name: str, x: Any, *numbers: Any) -> Any:
        """An operator of a tensor and of numbers that may be tensors."""
        marks = [Read(n, self.as_int(n)) if self.is_tensor(n) else n for n in numbers]
        with self.host.unwatched():
            result = self.host.operator(name)(x, *map(unmark, marks))
        self.host.tell(name, [x, *marks], result)
        return result

    def slice(self, x: Any, dim: int, start: Any, stop: Any, step: Any) -> Any:
        return self._traced("aten::slice.Tensor", x, dim, start, stop, step)

    def select(self, x: Any, dim: int, index: Any) -> Any:
        return self._traced("aten::select.int", x, dim, index)

    def of_numbers(self, x: Any, numbers: list, flags: bool) -> Any:
        return torch.tensor(numbers, dtype=None if flags else torch.long, device=x.device)

    def flag_tensor(self, x: Any, flag: bool) -> Any:
        made = torch.empty([int(flag)], dtype=torch.long, device=x.device)
        return made.fill_(0.0) if flag else made

    def value_tensor(self, x: Any, value: Any) -> Any:
        with self.host.unwatched():
            dtype = torch.float32 if x.is_quantized else x.dtype
            return torch.scalar_tensor(value, dtype=dtype, device=x.device)


ANSWERS: dict[Any, Callable] = {
    torch.Tensor.size: _size,
    torch.Tensor.shape.__get__: _shape,
    torch.Tensor.numel: _numel,
    torch.Tensor.nelement: _numel,
    torch.numel: _numel,
    torch.Tensor.contiguous: _contiguous,
    torch.Tensor.__getitem__: _getitem,
    torch.Tensor.__setitem__: _setitem,
    torch.tensor: _constructor("torch.tensor", 0),
    torch.as_tensor: _constructor("torch.as_tensor", 0),
    torch.Tensor.new_tensor: _constructor("torch.tensor", 1),
    torch.is_nonzero: _leaves("a Python boolean"),
    **{getattr(torch.Tensor, name): _leaves(what) for name, what in LEAVING.items()},
}
