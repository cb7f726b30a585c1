"""linkboy.Size: a tensor's shape, a tuple of ints that prints as PyTorch's."""

from __future__ import annotations

import math


class Size(tuple):
    """The sizes of a tensor (torch.Size). Slices, sums and multiples are sizes again."""

    def numel(self) -> int:
        """The product of the sizes."""
        return math.prod(self)

    def __getitem__(self, index):
        item = super().__getitem__(index)
        return type(self)(item) if isinstance(index, slice) else item

    def __add__(self, other):
        return type(self)(super().__add__(tuple(other)))

    def __radd__(self, other):
        return type(self)(tuple(other) + tuple(self))

    def __mul__(self, times):
        return type(self)(super().__mul__(times))

    __rmul__ = __mul__

    def __repr__(self) -> str:
        return f"torch.Size([{', '.join(map(str, self))}])"

    __str__ = __repr__

    def __reduce__(self):
        return Size, (tuple(self),)
