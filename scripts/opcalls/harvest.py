"""Calls harvested from PyTorch's own operator database (OpInfo): what its samples lead to, overload by overload.

Every sample runs three times under a mode that sees each aten call before it is done: in inference mode, where an operator put together from
others is still seen as itself; with gradients, where its parts are seen and then the operators of its derivative; and as in-place variant.
A call is kept as the full list of the schema's values by position, in the plain form that TorchScript takes (see `plain`).
"""
import itertools
import warnings
from collections import Counter, defaultdict

import torch
from torch.utils._python_dispatch import TorchDispatchMode

from recording import copied

DTYPES = (torch.float32, torch.float64, torch.int64, torch.complex64, torch.bool, torch.float16, torch.bfloat16, torch.uint8, torch.int32)
SCALAR_TYPES = (torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64, torch.float16, torch.float32, torch.float64, torch.complex32,
                torch.complex64, torch.complex128, torch.bool, torch.qint8, torch.quint8, torch.qint32, torch.bfloat16)
MEMORY_FORMATS = (torch.contiguous_format, torch.preserve_format, torch.channels_last, torch.channels_last_3d)
LAYOUTS = (torch.strided, torch.sparse_coo, torch.sparse_csr, torch.sparse_csc, torch.sparse_bsr, torch.sparse_bsc)
MOST_ELEMENTS = 1500       # of all tensors of a call
KEPT = {torch.float32: 6}  # calls of an overload by the dtype of its first tensor
KEPT_OTHERS = 2
SAMPLES = 24


class NotPlain(Exception):
    """A value that no recorded call can hold."""


def plain(value):
    """`value` as TorchScript takes it: dtypes, layouts and memory formats as ints, a device as it is."""
    if isinstance(value, torch.Tensor):
        if type(value) not in (torch.Tensor, torch.nn.Parameter) or value.device.type != "cpu" or value.is_nested or value.is_mkldnn:
            raise NotPlain
        return copied(value)
    if value is None or isinstance(value, (bool, int, float, complex, str, torch.device)):
        return value
    for known in (SCALAR_TYPES, MEMORY_FORMATS, LAYOUTS):
        if value in known and type(value) is type(known[0]):
            return known.index(value)
    if isinstance(value, (list, tuple, torch.Size)):
        return [plain(v) for v in value]
    raise NotPlain


def tensors_in(values):
    for value in values:
        if isinstance(value, torch.Tensor):
            yield value
        elif isinstance(value, (list, tuple)):
            yield from tensors_in(value)


def by_position(schema, args, kwargs):
    """All values of the schema, defaults filled in."""
    values = {a.name: v for a, v in zip(schema.arguments, args)}
    values.update(kwargs)
    return [values[a.name] if a.name in values else (a.default_value if a.has_default_value() else None) for a in schema.arguments]


def shape_of_call(values):
    """What two calls have alike that add nothing to each other."""
    return tuple((str(v.dtype), v.ndim, v.numel() == 0) if isinstance(v, torch.Tensor) else
                 (type(v).__name__, len(v)) if isinstance(v, (list, tuple)) else v for v in values)


class Calls:
    """Calls by overload, few and unlike."""

    def __init__(self):
        self.by_overload = defaultdict(list)
        self.seen = set()
        self.dtypes = Counter()

    def wants(self, name, values):
        first = next(tensors_in(values), None)
        dtype = first.dtype if first is not None else None
        if self.dtypes[name, dtype] >= KEPT.get(dtype, KEPT_OTHERS) or sum(t.numel() for t in tensors_in(values)) > MOST_ELEMENTS:
            return False
        key = (name, repr(shape_of_call(values)))
        if key in self.seen:
            return False
        self.seen.add(key)
        self.dtypes[name, dtype] += 1
        return True

    def add(self, name, values):
        try:
            if self.wants(name, values):
                self.by_overload[name].append(plain(list(values)))
        except (NotPlain, RuntimeError):
            pass


class Watch(TorchDispatchMode):
    def __init__(self, calls):
        super().__init__()
        self.calls = calls

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        schema = func._schema
        name = schema.name + ("." + schema.overload_name if schema.overload_name else "")
        self.calls.add(name, by_position(schema, args, kwargs or {}))
        return func(*args, **(kwargs or {}))


def spread(items, count):
    """`count` of the items, from all parts of the list."""
    if len(items) <= count:
        return items
    return [items[i * len(items) // count] for i in range(count)]


def samples(info, dtype, requires_grad):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = list(itertools.islice(info.sample_inputs("cpu", dtype, requires_grad=requires_grad), 60))
    return spread(found, SAMPLES)


def run(calls, function, sample):
    values = (sample.input, *sample.args)
    with Watch(calls), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return function(*values, **sample.kwargs)


def outputs_with_grad(output):
    return [t for t in tensors_in([output]) if t.requires_grad and t.layout == torch.strided]


def backward(calls, sample, output):
    inputs = [t for t in tensors_in([sample.input, sample.args, list(sample.kwargs.values())]) if t.requires_grad]
    outputs = outputs_with_grad(output)
    if inputs and outputs:
        with Watch(calls):
            torch.autograd.grad([o.abs().sum() if o.is_complex() else o.sum() for o in outputs], inputs, allow_unused=True)


def attempt(work, *args):
    try:
        return work(*args)
    except Exception:  # a sample that PyTorch refuses in this form has nothing to give
        return None


def harvest_plain(calls, info, dtype):
    for sample in attempt(samples, info, dtype, False) or []:
        with torch.inference_mode():
            attempt(run, calls, info.op, sample)
        calls.samples[sample_name(info)].append((sample.input, *sample.args, sample.kwargs))
        if info.inplace_variant:
            attempt(run, calls, info.inplace_variant, sample)


def harvest_gradients(calls, info, dtype):
    for sample in attempt(samples, info, dtype, True) or []:
        output = attempt(run, calls, info.op, sample)
        if output is not None:
            attempt(backward, calls, sample, output)


def sample_name(info):
    return info.name.split(".")[-1]


def harvest(infos):
    """Calls by overload that these OpInfos lead to."""
    calls = Calls()
    calls.samples = defaultdict(list)
    for info in infos:
        torch.manual_seed(0)
        for dtype in DTYPES:
            if dtype not in info.dtypes:
                continue
            attempt(harvest_plain, calls, info, dtype)
            if dtype.is_floating_point or dtype.is_complex:
                attempt(harvest_gradients, calls, info, dtype)
    return dict(calls.by_overload)


def all_infos():
    from torch.testing._internal import common_methods_invocations as database
    infos = list(database.op_db)
    for kind in ("unary", "binary", "pointwise", "reduce", "other"):
        infos += getattr(database, f"foreach_{kind}_op_db")
    return infos
