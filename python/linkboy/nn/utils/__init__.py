"""What goes with layers but is none: `torch.nn.utils`."""

from linkboy.nn.utils import rnn  # noqa: F401
