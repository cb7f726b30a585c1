"""What `Module.to` and its relatives do to each tensor."""

import warnings
from collections.abc import Callable
from typing import Any, Optional

import linkboy
from linkboy import Tensor

Conversion = Callable[[Tensor], Tensor]


def floating_as(dtype: Any) -> Conversion:
    """A floating tensor as `dtype`, any other as it is."""
    return lambda tensor: tensor.to(dtype=dtype) if tensor.is_floating_point() else tensor


def _target(args: tuple, kwargs: dict) -> tuple[Any, Optional[Any]]:
    """(dtype, memory format) of to(device, dtype, ...), to(dtype, ...) or to(tensor, ...); devices are all the CPU."""
    dtype = kwargs.get("dtype")
    like = kwargs.get("tensor", kwargs.get("other"))
    for argument in args:
        if isinstance(argument, linkboy.dtype):
            dtype = argument
        elif isinstance(argument, Tensor):
            like = argument
    return like.dtype if like is not None else dtype, kwargs.get("memory_format")


def converter(*args: Any, **kwargs: Any) -> Conversion:
    """The conversion that `Module.to(*args, **kwargs)` applies. Raises TypeError for an integer dtype."""
    dtype, memory_format = _target(args, kwargs)
    if dtype is not None and not (dtype.is_floating_point or dtype.is_complex):
        raise TypeError(
            f"nn.Module.to only accepts floating point or complex dtypes, but got desired dtype={dtype}"
        )
    if dtype is not None and dtype.is_complex:
        warnings.warn(
            "Complex modules are a new feature: not every layer takes complex tensors.", stacklevel=3
        )

    def convert(tensor: Tensor) -> Tensor:
        change = {}
        if dtype is not None and (tensor.is_floating_point() or tensor.is_complex()):
            change["dtype"] = dtype
        if memory_format is not None and tensor.dim() in (4, 5):
            change["memory_format"] = memory_format
        return tensor.to(**change) if change else tensor

    return convert
