"""What numbers of a dtype can be (torch.finfo, torch.iinfo)."""

from __future__ import annotations

from linkboy import _C

# bits of the mantissa, largest exponent
_FLOATING = {_C.float16: (10, 15), _C.float32: (23, 127), _C.float64: (52, 1023), _C.bfloat16: (7, 127)}
_REAL = {_C.complex32: _C.float16, _C.complex64: _C.float32, _C.complex128: _C.float64}
_WHOLE = {_C.uint8: (0, 255), _C.quint8: (0, 255)}


class finfo:
    """Limits of a floating dtype: `max`, `min`, `eps`, `tiny`, `smallest_normal`, `resolution`, `bits`."""

    def __init__(self, dtype=_C.float32):
        dtype = _REAL.get(dtype, dtype)
        if dtype not in _FLOATING:
            raise TypeError(
                f"torch.finfo() requires a floating point input type. Use torch.iinfo to handle '{dtype}'"
            )
        mantissa, exponent = _FLOATING[dtype]
        self.bits = dtype.itemsize * 8
        self.dtype = str(dtype).split(".")[1]
        self.max = (2.0 - 2.0**-mantissa) * 2.0**exponent
        self.min = -self.max
        self.eps = 2.0**-mantissa
        self.smallest_normal = self.tiny = 2.0 ** (1 - exponent)
        self.resolution = 10.0 ** -{10: 3, 23: 6, 52: 15, 7: 2}[mantissa]

    def __repr__(self) -> str:
        names = ("resolution", "min", "max", "eps", "smallest_normal", "tiny")
        return f"finfo({', '.join(f'{n}={_short(getattr(self, n))}' for n in names)}, dtype={self.dtype})"

    def __eq__(self, other) -> bool:
        return isinstance(other, finfo) and other.dtype == self.dtype

    def __hash__(self) -> int:
        return hash(self.dtype)


def _short(x: float) -> str:
    return f"{x:.6g}"


class iinfo:
    """Limits of a whole dtype: `min`, `max`, `bits`."""

    def __init__(self, dtype):
        if dtype.is_floating_point or dtype.is_complex or dtype == _C.bool:
            raise TypeError(
                f"torch.iinfo() requires an integer input type. Use torch.finfo to handle '{dtype}'"
            )
        self.bits = dtype.itemsize * 8
        self.min, self.max = _WHOLE.get(dtype, (-(2 ** (self.bits - 1)), 2 ** (self.bits - 1) - 1))
        self.dtype = str(dtype).split(".")[1]

    def __repr__(self) -> str:
        return f"iinfo(min={self.min}, max={self.max}, dtype={self.dtype})"

    def __eq__(self, other) -> bool:
        return isinstance(other, iinfo) and other.dtype == self.dtype

    def __hash__(self) -> int:
        return hash(self.dtype)
