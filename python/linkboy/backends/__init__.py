"""What PyTorch's switches for its backends say here: `torch.backends`."""

from linkboy.backends import mha  # noqa: F401
