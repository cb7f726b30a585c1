"""Padding: constant, reflected, replicated or circular borders."""

__name__ = "linkboy.nn.functional"

from typing import Optional

import linkboy
from linkboy import Tensor
from linkboy.overrides import handle_torch_function, has_torch_function_unary


def pad(input: Tensor, pad: list[int], mode: str = "constant", value: Optional[float] = None) -> Tensor:
    """Pads the last dimensions: `pad` is (left, right) of the last, then of the one before, and so on.

    `mode` is "constant" (with `value`), "reflect", "replicate" or "circular".
    """
    if has_torch_function_unary(input):
        return handle_torch_function(torch.nn.functional.pad, (input,), input, pad, mode=mode, value=value)
    return linkboy.ops.aten.pad(input, pad, mode, value)
