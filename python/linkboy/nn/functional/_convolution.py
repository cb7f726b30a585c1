"""Products with weights: linear and bilinear maps, convolutions, and what moves patches to columns and back."""

__name__ = "linkboy.nn.functional"

import linkboy
from linkboy import Tensor
from linkboy._jit_internal import BroadcastingList2
from linkboy.nn.modules.utils import _pair
from linkboy.overrides import handle_torch_function, has_torch_function_unary

linear = linkboy.ops.aten.linear
bilinear = linkboy.bilinear
conv1d = linkboy.conv1d
conv2d = linkboy.conv2d
conv3d = linkboy.conv3d
conv_transpose1d = linkboy.conv_transpose1d
conv_transpose2d = linkboy.conv_transpose2d
conv_transpose3d = linkboy.conv_transpose3d
conv_tbc = linkboy.conv_tbc


def unfold(
    input: Tensor,
    kernel_size: BroadcastingList2[int],
    dilation: BroadcastingList2[int] = 1,
    padding: BroadcastingList2[int] = 0,
    stride: BroadcastingList2[int] = 1,
) -> Tensor:
    """The patches of (N, C, H, W) as columns: (N, C * kh * kw, number of patches)."""
    if has_torch_function_unary(input):
        return handle_torch_function(
            unfold, (input,), input, kernel_size, dilation=dilation, padding=padding, stride=stride
        )
    return linkboy.ops.aten.im2col(input, _pair(kernel_size), _pair(dilation), _pair(padding), _pair(stride))


def fold(
    input: Tensor,
    output_size: BroadcastingList2[int],
    kernel_size: BroadcastingList2[int],
    dilation: BroadcastingList2[int] = 1,
    padding: BroadcastingList2[int] = 0,
    stride: BroadcastingList2[int] = 1,
) -> Tensor:
    """The sum of patches given as columns (N, C * kh * kw, number of patches): (N, C, H, W)."""
    if has_torch_function_unary(input):
        return handle_torch_function(
            fold, (input,), input, output_size, kernel_size, dilation=dilation, padding=padding, stride=stride
        )
    return linkboy.ops.aten.col2im(
        input, _pair(output_size), _pair(kernel_size), _pair(dilation), _pair(padding), _pair(stride)
    )
