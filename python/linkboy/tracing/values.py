"""Tensors of either kind, torch's and linkboy's, for those that only pass them on: telling, copying,
comparing."""

from __future__ import annotations

import sys
from typing import Any, Optional

from linkboy import _C


def is_torch_tensor(value: Any) -> bool:
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(value, torch.Tensor)


def is_tensor(value: Any) -> bool:
    """Whether it is a tensor that a program takes."""
    return isinstance(value, _C.Tensor) or is_torch_tensor(value)


def mapped(function: Any, value: Any) -> Any:
    """The same structure of tuples, lists and dicts with the function applied to each tensor; NamedTuples
    stay such."""
    if is_tensor(value):
        return function(value)
    if isinstance(value, tuple):
        items = [mapped(function, item) for item in value]
        return type(value)(*items) if hasattr(value, "_fields") else tuple(items)
    if isinstance(value, list):
        return [mapped(function, item) for item in value]
    if isinstance(value, dict):
        return {key: mapped(function, item) for key, item in value.items()}
    return value


def _clone(tensor: Any) -> Any:
    if isinstance(tensor, _C.Tensor):
        return tensor.clone()
    copy = tensor.detach() if tensor.is_mkldnn else tensor.detach().clone()
    return copy.requires_grad_(tensor.requires_grad)


def cloned(value: Any) -> Any:
    """The value with all tensors copied."""
    return mapped(_clone, value)


def difference(mine: Any, other: Any, tolerance: float = 1.3e-6) -> Optional[str]:
    """What is wrong with `mine`, of a trace, beside `other`; None: they are close."""
    if is_torch_tensor(mine) and is_torch_tensor(other):
        return _torch_difference(mine, other, tolerance)
    return _own_difference(_C_tensor(mine), _C_tensor(other), tolerance)


def _C_tensor(value: Any) -> Any:
    import linkboy

    return value if isinstance(value, _C.Tensor) else linkboy.as_tensor(value)


def _torch_difference(mine: Any, other: Any, tolerance: float) -> Optional[str]:
    torch = sys.modules["torch"]
    from torch.testing._comparison import default_tolerances

    if mine.is_nested or other.is_nested:
        if mine.is_nested != other.is_nested:
            return "one is a nested tensor, the other is not"
        pairs = (_torch_difference(a, b, tolerance) for a, b in zip(mine.unbind(), other.unbind()))
        return next((found for found in pairs if found is not None), None)
    plain = [t.dequantize() if t.is_quantized else t.to_dense() if t.is_mkldnn else t for t in (mine, other)]
    wide = torch.cdouble if any(t.is_complex() for t in plain) else torch.double
    atol = default_tolerances(*plain)[1]
    try:
        torch.testing.assert_close(*(t.to(wide) for t in plain), rtol=tolerance, atol=atol, equal_nan=True)
    except AssertionError as error:
        return str(error)
    return None


def _own_difference(mine: Any, other: Any, tolerance: float) -> Optional[str]:
    import linkboy

    if tuple(mine.shape) != tuple(other.shape):
        return f"The values for attribute 'shape' do not match: {tuple(mine.shape)} != {tuple(other.shape)}."
    complex_numbers = mine.dtype.is_complex or other.dtype.is_complex
    wide = linkboy.complex128 if complex_numbers else linkboy.float64
    atol = {linkboy.float64: 1e-7, linkboy.float16: 1e-5, linkboy.bfloat16: 1e-5}.get(mine.dtype, 1e-5)
    close = linkboy.ops.aten.isclose(mine.to(wide), other.to(wide), tolerance, atol, True)
    wrong = mine.numel() - int(close.sum().item())
    if not wrong:
        return None
    return (
        f"Tensor-likes are not close!\n\nMismatched elements: {wrong} / {mine.numel()}"
        f" ({100 * wrong / mine.numel():.1f}%)"
    )
