"""Channels dealt out anew among groups."""

from linkboy import Tensor
from linkboy.nn import functional as F
from linkboy.nn.modules.module import Module


class ChannelShuffle(Module):
    """(N, g * c, *) seen as (N, g, c, *), the two exchanged."""

    __constants__ = ["groups"]
    groups: int

    def __init__(self, groups: int) -> None:
        super().__init__()
        self.groups = groups

    def forward(self, input: Tensor) -> Tensor:
        return F.channel_shuffle(input, self.groups)

    def extra_repr(self) -> str:
        return f"groups={self.groups}"
