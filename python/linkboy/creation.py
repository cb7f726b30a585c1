"""Tensors made from other things: numbers, sequences, arrays, memory (torch.tensor and its kin)."""

from __future__ import annotations

from linkboy import _C
from linkboy._C import Tensor


def _finish(made, dtype, requires_grad):
    if dtype is not None and made.dtype != dtype:
        made = made.to(dtype)
    return made.requires_grad_() if requires_grad else made


def _is_array(data) -> bool:
    return hasattr(data, "__array_interface__") or hasattr(data, "__dlpack__") or isinstance(data, memoryview)


def tensor(data, *, dtype=None, device=None, requires_grad=False, pin_memory=False) -> Tensor:
    """A new tensor of a number, nested sequences of numbers, an array or another tensor, always copied
    (torch.tensor).

    Without `dtype` bools give bool, ints int64, floats float32, complex numbers complex64; arrays keep
    theirs. ValueError when the sequences are not of one length at each level.
    """
    if _is_array(data) and not _is_scalar(data):
        return _finish(_C.from_object(data).detach().clone(), dtype, requires_grad)
    if isinstance(data, Tensor):
        return _finish(data.detach().clone(), dtype, requires_grad)
    if dtype is None and _is_array(data) and hasattr(data, "dtype"):
        dtype = _array_dtype(data)
    return _finish(_C.from_data(data, dtype), None, requires_grad)


def _is_scalar(data) -> bool:
    """NumPy's scalars have an array's interface."""
    return hasattr(data, "item") and not hasattr(data, "__setitem__")


def _array_dtype(data):
    """The dtype of an array's scalar, which is wider than Python's number would tell."""
    return (
        {
            "f": {2: _C.float16, 4: _C.float32, 8: _C.float64},
            "i": {1: _C.int8, 2: _C.int16, 4: _C.int32, 8: _C.int64},
            "u": {1: _C.uint8},
            "b": {1: _C.bool},
            "c": {8: _C.complex64, 16: _C.complex128},
        }
        .get(getattr(data.dtype, "kind", ""), {})
        .get(getattr(data.dtype, "itemsize", 0))
    )


def as_tensor(data, dtype=None, device=None) -> Tensor:
    """A tensor over the same memory where that is possible, else a new one (torch.as_tensor)."""
    if isinstance(data, Tensor):
        return _finish(data, dtype, False)
    if _is_array(data) and not _is_scalar(data):
        return _finish(_C.from_object(data), dtype, False)
    return tensor(data, dtype=dtype)


def asarray(obj, *, dtype=None, device=None, copy=None, requires_grad=False) -> Tensor:
    """As as_tensor, copied if `copy` is true (torch.asarray)."""
    made = tensor(obj, dtype=dtype) if copy else as_tensor(obj, dtype=dtype)
    return _finish(made, None, requires_grad)


def from_numpy(ndarray) -> Tensor:
    """A tensor over a NumPy array's memory; read-only arrays are copied (torch.from_numpy)."""
    if not hasattr(ndarray, "__array_interface__") or not hasattr(ndarray, "__setitem__"):
        raise TypeError(f"expected np.ndarray (got {type(ndarray).__name__})")
    return _C.from_object(ndarray)


def from_dlpack(ext_tensor) -> Tensor:
    """A tensor over the memory of an object with `__dlpack__` (torch.from_dlpack)."""
    return _C.from_object(ext_tensor)


def frombuffer(buffer, *, dtype, count=-1, offset=0, requires_grad=False) -> Tensor:
    """A one-dimensional tensor over a buffer's bytes (torch.frombuffer). Read-only buffers are copied."""
    view = memoryview(buffer).cast("B")[offset:]
    length = len(view) // dtype.itemsize if count < 0 else count
    if length <= 0 or length * dtype.itemsize > len(view):
        raise ValueError(
            f"requested buffer length ({length} * {dtype.itemsize} bytes) after offset ({offset} bytes) "
            f"must not be greater than actual buffer length ({len(view) + offset} bytes)"
        )
    return _finish(_C.from_object(view[: length * dtype.itemsize]).view(dtype), None, requires_grad)


def make_tensor(*args, dtype=None, device=None) -> Tensor:
    """Tensor(...): of float32, from data, or of sizes and not yet set (torch.Tensor)."""
    from linkboy import empty, float32

    dtype = dtype or float32
    if len(args) == 1 and isinstance(args[0], Tensor):
        return args[0].to(dtype).detach()
    if len(args) == 1 and not isinstance(args[0], int):
        sizes = getattr(args[0], "numel", None) is not None and isinstance(args[0], tuple)
        return empty(args[0], dtype=dtype) if sizes else tensor(args[0], dtype=dtype)
    return empty(args or (0,), dtype=dtype)


def _typed(name: str, dtype):
    def make(*args, device=None) -> Tensor:
        return make_tensor(*args, dtype=dtype)

    make.__name__ = name
    make.__doc__ = f"Tensor(...) of {dtype} (torch.{name})."
    return make


TYPED = {
    name: _typed(name, dtype)
    for name, dtype in {
        "FloatTensor": _C.float32,
        "DoubleTensor": _C.float64,
        "HalfTensor": _C.float16,
        "BFloat16Tensor": _C.bfloat16,
        "ByteTensor": _C.uint8,
        "CharTensor": _C.int8,
        "ShortTensor": _C.int16,
        "IntTensor": _C.int32,
        "LongTensor": _C.int64,
        "BoolTensor": _C.bool,
    }.items()
}
