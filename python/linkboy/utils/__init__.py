"""What belongs to no single part: `torch.utils`, as far as models need it."""

from linkboy.utils import checkpoint, hooks  # noqa: F401
