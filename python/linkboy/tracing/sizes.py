"""The sizes of a tensor while it is traced: 0-dim tensors, which keep their way to the input."""

from __future__ import annotations

import contextlib
import math

from linkboy.size import Size
from linkboy.tracing import recorder


class TracedSize(Size):
    """linkboy.Size, or torch.Size, in a trace."""

    def numel(self) -> int:
        """A Python int, as PyTorch has it in a trace, too."""
        return math.prod(int(item) for item in self)

    def __repr__(self) -> str:
        tracing = recorder.current()
        with contextlib.nullcontext() if tracing is None else tracing.host.unwatched():
            return repr(Size(int(item) for item in self))

    __str__ = __repr__
