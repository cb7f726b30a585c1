"""Patches of images as columns, and columns summed up to images."""

from typing import Union

from linkboy import Tensor
from linkboy.nn import functional as F
from linkboy.nn.modules.module import Module

_Size = Union[int, tuple[int, ...]]


class Fold(Module):
    """The sum of patches given as columns: (N, C kh kw, L) to (N, C, H, W)."""

    __constants__ = ["output_size", "kernel_size", "dilation", "padding", "stride"]
    output_size: _Size
    kernel_size: _Size
    dilation: _Size
    padding: _Size
    stride: _Size

    def __init__(
        self,
        output_size: _Size,
        kernel_size: _Size,
        dilation: _Size = 1,
        padding: _Size = 0,
        stride: _Size = 1,
    ) -> None:
        super().__init__()
        self.output_size = output_size
        self.kernel_size = kernel_size
        self.dilation = dilation
        self.padding = padding
        self.stride = stride

    def forward(self, input: Tensor) -> Tensor:
        return F.fold(input, self.output_size, self.kernel_size, self.dilation, self.padding, self.stride)

    def extra_repr(self) -> str:
        return (
            f"output_size={self.output_size}, kernel_size={self.kernel_size}, dilation={self.dilation}, "
            f"padding={self.padding}, stride={self.stride}"
        )


class Unfold(Module):
    """The patches of an image as columns: (N, C, H, W) to (N, C kh kw, L)."""

    __constants__ = ["kernel_size", "dilation", "padding", "stride"]
    kernel_size: _Size
    dilation: _Size
    padding: _Size
    stride: _Size

    def __init__(
        self, kernel_size: _Size, dilation: _Size = 1, padding: _Size = 0, stride: _Size = 1
    ) -> None:
        super().__init__()
        self.kernel_size = kernel_size
        self.dilation = dilation
        self.padding = padding
        self.stride = stride

    def forward(self, input: Tensor) -> Tensor:
        return F.unfold(input, self.kernel_size, self.dilation, self.padding, self.stride)

    def extra_repr(self) -> str:
        return (
            f"kernel_size={self.kernel_size}, dilation={self.dilation}, "
            f"padding={self.padding}, stride={self.stride}"
        )
