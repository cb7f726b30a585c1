"""Layers, their functions and their initial values: `torch.nn` without PyTorch.

    import linkboy as torch
    from linkboy import nn

    model = nn.Sequential(nn.Linear(32, 10), nn.ReLU(), nn.Linear(10, 1))
    y = model(torch.randn(4, 32))

With the same seed the weights are PyTorch's, to the bit; `linkboy.script` compiles the layers to PyTorch's graphs.
"""

from linkboy.nn.modules import *  # noqa: F401, F403
from linkboy.nn import functional, init, utils  # noqa: F401  isort: skip
from linkboy.nn.parameter import (  # noqa: F401
    Buffer,
    Parameter,
    UninitializedBuffer,
    UninitializedParameter,
)
