"""Layers that add borders. `padding` is (left, right) of the last dimension, then of the one before, ...; one int is all of them."""

from collections.abc import Sequence
from typing import Union

from linkboy import Tensor
from linkboy.nn import functional as F
from linkboy.nn.modules.module import Module
from linkboy.nn.modules.utils import _ntuple, _pair, _quadruple

_Size = Union[int, tuple[int, ...]]
_sextuple = _ntuple(6, "_sextuple")


class _CircularPadNd(Module):
    """The border is the other end of the input."""

    __constants__ = ["padding"]
    padding: Sequence[int]

    def _check_input_dim(self, input):
        raise NotImplementedError

    def forward(self, input: Tensor) -> Tensor:
        self._check_input_dim(input)
        return F.pad(input, self.padding, "circular")

    def extra_repr(self) -> str:
        return f"{self.padding}"


class CircularPad1d(_CircularPadNd):
    """Circular border of (N, C, W) or (C, W)."""

    padding: tuple[int, int]

    def __init__(self, padding: _Size) -> None:
        super().__init__()
        self.padding = _pair(padding)

    def _check_input_dim(self, input) -> None:
        if input.dim() != 2 and input.dim() != 3:
            raise ValueError(f"expected 2D or 3D input (got {input.dim()}D input)")


class CircularPad2d(_CircularPadNd):
    """Circular border of (N, C, H, W) or (C, H, W)."""

    padding: tuple[int, int, int, int]

    def __init__(self, padding: _Size) -> None:
        super().__init__()
        self.padding = _quadruple(padding)

    def _check_input_dim(self, input) -> None:
        if input.dim() != 3 and input.dim() != 4:
            raise ValueError(f"expected 3D or 4D input (got {input.dim()}D input)")


class CircularPad3d(_CircularPadNd):
    """Circular border of (N, C, D, H, W) or (C, D, H, W)."""

    padding: tuple[int, int, int, int, int, int]

    def __init__(self, padding: _Size) -> None:
        super().__init__()
        self.padding = _sextuple(padding)

    def _check_input_dim(self, input) -> None:
        if input.dim() != 4 and input.dim() != 5:
            raise ValueError(f"expected 4D or 5D input (got {input.dim()}D input)")


class _ConstantPadNd(Module):
    """The border is `value`."""

    __constants__ = ["padding", "value"]
    value: float
    padding: Sequence[int]

    def __init__(self, value: float) -> None:
        super().__init__()
        self.value = value

    def forward(self, input: Tensor) -> Tensor:
        return F.pad(input, self.padding, "constant", self.value)

    def extra_repr(self) -> str:
        return f"padding={self.padding}, value={self.value}"


class ConstantPad1d(_ConstantPadNd):
    """Constant border of the last dimension."""

    padding: tuple[int, int]

    def __init__(self, padding: _Size, value: float) -> None:
        super().__init__(value)
        self.padding = _pair(padding)


class ConstantPad2d(_ConstantPadNd):
    """Constant border of the last two dimensions."""

    padding: tuple[int, int, int, int]

    def __init__(self, padding: _Size, value: float) -> None:
        super().__init__(value)
        self.padding = _quadruple(padding)


class ConstantPad3d(_ConstantPadNd):
    """Constant border of the last three dimensions."""

    padding: tuple[int, int, int, int, int, int]

    def __init__(self, padding: _Size, value: float) -> None:
        super().__init__(value)
        self.padding = _sextuple(padding)


class _ReflectionPadNd(Module):
    """The border is the input's mirror image, the outermost element not repeated."""

    __constants__ = ["padding"]
    padding: Sequence[int]

    def forward(self, input: Tensor) -> Tensor:
        return F.pad(input, self.padding, "reflect")

    def extra_repr(self) -> str:
        return f"{self.padding}"


class ReflectionPad1d(_ReflectionPadNd):
    """Mirrored border of (N, C, W) or (C, W)."""

    padding: tuple[int, int]

    def __init__(self, padding: _Size) -> None:
        super().__init__()
        self.padding = _pair(padding)


class ReflectionPad2d(_ReflectionPadNd):
    """Mirrored border of (N, C, H, W) or (C, H, W)."""

    padding: tuple[int, int, int, int]

    def __init__(self, padding: _Size) -> None:
        super().__init__()
        self.padding = _quadruple(padding)


class ReflectionPad3d(_ReflectionPadNd):
    """Mirrored border of (N, C, D, H, W) or (C, D, H, W)."""

    padding: tuple[int, int, int, int, int, int]

    def __init__(self, padding: _Size) -> None:
        super().__init__()
        self.padding = _sextuple(padding)


class _ReplicationPadNd(Module):
    """The border is the outermost element, repeated."""

    __constants__ = ["padding"]
    padding: Sequence[int]

    def forward(self, input: Tensor) -> Tensor:
        return F.pad(input, self.padding, "replicate")

    def extra_repr(self) -> str:
        return f"{self.padding}"


class ReplicationPad1d(_ReplicationPadNd):
    """Repeated border of (N, C, W) or (C, W)."""

    padding: tuple[int, int]

    def __init__(self, padding: _Size) -> None:
        super().__init__()
        self.padding = _pair(padding)


class ReplicationPad2d(_ReplicationPadNd):
    """Repeated border of (N, C, H, W) or (C, H, W)."""

    padding: tuple[int, int, int, int]

    def __init__(self, padding: _Size) -> None:
        super().__init__()
        self.padding = _quadruple(padding)


class ReplicationPad3d(_ReplicationPadNd):
    """Repeated border of (N, C, D, H, W) or (C, D, H, W)."""

    padding: tuple[int, int, int, int, int, int]

    def __init__(self, padding: _Size) -> None:
        super().__init__()
        self.padding = _sextuple(padding)


class ZeroPad1d(ConstantPad1d):
    """Border of zeros of the last dimension."""

    padding: tuple[int, int]

    def __init__(self, padding: _Size) -> None:
        super().__init__(padding, 0.0)

    def extra_repr(self) -> str:
        return f"{self.padding}"


class ZeroPad2d(ConstantPad2d):
    """Border of zeros of the last two dimensions."""

    padding: tuple[int, int, int, int]

    def __init__(self, padding: _Size) -> None:
        super().__init__(padding, 0.0)

    def extra_repr(self) -> str:
        return f"{self.padding}"


class ZeroPad3d(ConstantPad3d):
    """Border of zeros of the last three dimensions."""

    padding: tuple[int, int, int, int, int, int]

    def __init__(self, padding: _Size) -> None:
        super().__init__(padding, 0.0)

    def extra_repr(self) -> str:
        return f"{self.padding}"
