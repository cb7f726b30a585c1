"""TorchScript without PyTorch.

    model = linkboy.load("model.pt")
    y = model(x)  # x: a NumPy array, a torch tensor, a linkboy.Tensor, anything with DLPack

Names are PyTorch's own, so that `import linkboy as torch` serves code that works with tensors: every operator
that works on tensors is a function here (`linkboy.relu`) and a method of tensors, found in the library's
registry when it is first asked for. The C library does the work; these files hold what Python is better at.
"""

import math as _math
from importlib import import_module as _import_module

from linkboy import _C, _setup, jit
from linkboy._C import Tensor, device, dtype, get_num_threads, layout, memory_format, set_num_threads
from linkboy._C import (  # noqa: F401
    bfloat16,
    bool,
    cdouble,
    cfloat,
    chalf,
    complex32,
    complex64,
    complex128,
    double,
    float,
    float16,
    float32,
    float64,
    half,
    int,
    int8,
    int16,
    int32,
    int64,
    long,
    qint8,
    qint32,
    quint8,
    short,
    uint8,
)  # isort: skip
from linkboy._C import (
    channels_last,
    channels_last_3d,
    contiguous_format,
    jagged,
    preserve_format,
    sparse_bsc,
    sparse_bsr,
)
from linkboy._C import sparse_coo, sparse_csc, sparse_csr, strided
from linkboy import functional as _functional, operators as _operators
from linkboy.creation import TYPED as _TYPED, as_tensor, asarray, from_dlpack, from_numpy, frombuffer, tensor
from linkboy.amp import autocast
from linkboy.dtypes import finfo, iinfo
from linkboy.grad import enable_grad, inference_mode, is_grad_enabled, no_grad, set_grad_enabled
from linkboy.graph_types import BY_KIND as _TYPES
from linkboy.graphs import parse_ir
from linkboy.jit import ScriptFunction, ScriptModule, freeze, optimize_for_inference, script, trace, trace_module
from linkboy.operators import ops
from linkboy.random import Generator, default_generator, initial_seed, manual_seed, seed
from linkboy.serialization import load, save
from linkboy.size import Size

__version__ = _C.version()

e, inf, nan, pi, newaxis = _math.e, _math.inf, _math.nan, _math.pi, None
globals().update(_TYPED)
globals().update(_TYPES)
globals().update({function.__name__: function for function in _functional.PUBLIC})


_SUBMODULES = (
    "amp",
    "autograd",
    "backends",
    "compiler",
    "cuda",
    "fft",
    "fx",
    "linalg",
    "nn",
    "overrides",
    "passes",
    "random",
    "sparse",
    "special",
    "utils",
)


def __getattr__(name):
    """An operator as a function, or a part of the package, made when it is first asked for."""
    if name in _SUBMODULES:
        return _import_module(f"linkboy.{name}")
    function = None if name.startswith("__") else _operators.function(name)
    if function is None:
        raise AttributeError(f"module 'linkboy' has no attribute '{name}'")
    globals()[name] = function
    return function


def __dir__():
    return sorted({*globals(), *_SUBMODULES, *_operators.function_names()})
