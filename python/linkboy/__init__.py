"""TorchScript without PyTorch.

    model = linkboy.load("model.pt")
    y = model(x)  # x: a NumPy array, a torch tensor, a linkboy.Tensor, anything with DLPack

Names are PyTorch's own, so that `import linkboy as torch` serves code that works with tensors. The C library does the
work; these files hold what Python is better at.
"""
from linkboy import _C, _setup, jit
from linkboy._C import Tensor, dtype, get_num_threads, manual_seed, set_num_threads
from linkboy.jit import ScriptModule
from linkboy.serialization import load
from linkboy.size import Size

__version__ = _C.version()
