"""Layers that resize: (N, C, spatial...) to a size or by a factor."""

from typing import Optional, Union

from linkboy import Tensor
from linkboy.nn import functional as F
from linkboy.nn.modules.module import Module

_Size = Union[int, tuple[int, ...]]
_Ratio = Union[float, tuple[float, ...]]


class Upsample(Module):
    """interpolate with fixed arguments."""

    __constants__ = [
        "size",
        "scale_factor",
        "mode",
        "align_corners",
        "name",
        "recompute_scale_factor",
    ]
    name: str
    size: Optional[_Size]
    scale_factor: Optional[_Ratio]
    mode: str
    align_corners: Optional[bool]
    recompute_scale_factor: Optional[bool]

    def __init__(
        self,
        size: Optional[_Size] = None,
        scale_factor: Optional[_Ratio] = None,
        mode: str = "nearest",
        align_corners: Optional[bool] = None,
        recompute_scale_factor: Optional[bool] = None,
    ) -> None:
        super().__init__()
        self.name = type(self).__name__
        self.size = size
        if isinstance(scale_factor, tuple):
            self.scale_factor = tuple(float(factor) for factor in scale_factor)
        else:
            self.scale_factor = float(scale_factor) if scale_factor else None
        self.mode = mode
        self.align_corners = align_corners
        self.recompute_scale_factor = recompute_scale_factor

    def forward(self, input: Tensor) -> Tensor:
        return F.interpolate(
            input,
            self.size,
            self.scale_factor,
            self.mode,
            self.align_corners,
            recompute_scale_factor=self.recompute_scale_factor,
        )

    def extra_repr(self) -> str:
        target = f"size={self.size!r}" if self.scale_factor is None else f"scale_factor={self.scale_factor!r}"
        return f"{target}, mode={self.mode!r}"


class UpsamplingNearest2d(Upsample):
    """Upsample with mode nearest."""

    def __init__(self, size: Optional[_Size] = None, scale_factor: Optional[_Ratio] = None) -> None:
        super().__init__(size, scale_factor, mode="nearest")


class UpsamplingBilinear2d(Upsample):
    """Upsample with mode bilinear and align_corners."""

    def __init__(self, size: Optional[_Size] = None, scale_factor: Optional[_Ratio] = None) -> None:
        super().__init__(size, scale_factor, mode="bilinear", align_corners=True)
