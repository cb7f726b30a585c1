"""TorchScript without PyTorch.

    model = linkboy.load("model.pt")
    y = model(x)  # x: a NumPy array, a torch tensor, a linkboy.Tensor, anything with DLPack

Names are PyTorch's own, so that `import linkboy as torch` serves code that works with tensors. The C library does the
work; these files hold what Python is better at.
"""
from linkboy import _C, _setup, jit
from linkboy._C import Tensor, device, dtype, get_num_threads, layout, manual_seed, memory_format, set_num_threads
from linkboy._C import (  # noqa: F401
    bfloat16, bool, cdouble, cfloat, chalf, complex32, complex64, complex128, double, float, float16, float32, float64, half,
    int, int8, int16, int32, int64, long, qint8, qint32, quint8, short, uint8,
)  # isort: skip
from linkboy._C import channels_last, channels_last_3d, contiguous_format, jagged, preserve_format, sparse_bsc, sparse_bsr
from linkboy._C import sparse_coo, sparse_csc, sparse_csr, strided
from linkboy.jit import ScriptModule
from linkboy.serialization import load
from linkboy.size import Size

__version__ = _C.version()
