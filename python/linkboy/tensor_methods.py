"""Methods of Tensor that are written in Python: what is no operator. `install` puts them and all operators
that take `self` on the class."""

from __future__ import annotations


from linkboy import _C, operators
from linkboy._C import Tensor

OWN = {}  # name -> function or property


def method(function):
    """Makes the function a method of Tensor."""
    OWN[function.fget.__name__ if isinstance(function, property) else function.__name__] = function
    return function


# ---- to others ----


@method
def numpy(self, *, force=False):
    """A NumPy array over the tensor's memory (torch.Tensor.numpy). TypeError for dtypes that NumPy has
    not."""
    import numpy as np

    if self.requires_grad and not force:
        raise RuntimeError(
            "Can't call numpy() on Tensor that requires grad. Use tensor.detach().numpy() instead."
        )
    try:
        return np.asarray(memoryview(self))
    except BufferError as error:
        raise TypeError(f"Got unsupported ScalarType {str(self.dtype).split('.')[1]}") from error


@method
def __array__(self, dtype=None, copy=None):
    import numpy as np

    array = numpy(self, force=True)
    array = array if dtype is None else array.astype(dtype, copy=False)
    return np.array(array) if copy else array


@method
def __reversed__(self):
    return self.flip(0) if self.ndim else self


@method
def __iter__(self):
    if self.ndim == 0:
        raise TypeError("iteration over a 0-d tensor")
    return iter(self.unbind(0))


@method
def __contains__(self, element):
    return bool((self == element).any())


@method
def __format__(self, spec):
    return format(self.item(), spec) if self.ndim == 0 else object.__format__(self, spec)


@method
def __complex__(self):
    return complex(self.item())


@method
def __deepcopy__(self, memo):
    copy = self._make_subclass(self.__class__, self.detach().clone(), self.requires_grad)
    copy.__dict__.update(self.__dict__)
    memo[id(self)] = copy
    return copy


def _rebuild(cls, data, dtype, sizes, requires_grad, attributes):
    made = (
        _C.from_object(bytearray(data)).view(dtype).view(sizes)
        if data
        else _C.operator("aten::empty", -1, False)(sizes, dtype=dtype)
    )
    made = cls._make_subclass(cls, made, requires_grad)
    made.__dict__.update(attributes)
    return made


@method
def __reduce_ex__(self, protocol):
    if self.layout != _C.strided or self.is_quantized:
        raise TypeError("tensors that are sparse or quantized can't be pickled; use linkboy.save")
    whole = self.detach().contiguous().view(-1)
    data = bytes(memoryview(whole.view(_C.uint8))) if whole.numel() else b""
    return _rebuild, (
        self.__class__,
        data,
        self.dtype,
        tuple(self.shape),
        self.requires_grad,
        dict(self.__dict__),
    )


# ---- dtypes ----


def _conversion(name, dtype):
    def convert(self, memory_format=_C.preserve_format):
        return self.to(dtype)

    convert.__name__ = name
    convert.__doc__ = f"The tensor as {dtype}; itself if it is (torch.Tensor.{name})."
    return convert


for _name, _dtype in {
    "float": _C.float32,
    "double": _C.float64,
    "half": _C.float16,
    "bfloat16": _C.bfloat16,
    "int": _C.int32,
    "long": _C.int64,
    "short": _C.int16,
    "char": _C.int8,
    "byte": _C.uint8,
    "bool": _C.bool,
    "cfloat": _C.complex64,
    "cdouble": _C.complex128,
    "chalf": _C.complex32,
}.items():
    OWN[_name] = _conversion(_name, _dtype)

_TYPE_NAMES = {
    _C.float32: "Float",
    _C.float64: "Double",
    _C.float16: "Half",
    _C.bfloat16: "BFloat16",
    _C.uint8: "Byte",
    _C.int8: "Char",
    _C.int16: "Short",
    _C.int32: "Int",
    _C.int64: "Long",
    _C.bool: "Bool",
}


@method
def type(self, dtype=None, non_blocking=False):  # noqa: A001
    """The name of the tensor's type, or the tensor as another (torch.Tensor.type)."""
    if dtype is None:
        return f"torch.{_TYPE_NAMES.get(self.dtype, str(self.dtype))}Tensor"
    if isinstance(dtype, str):
        dtype = next(d for d, name in _TYPE_NAMES.items() if dtype.endswith(f".{name}Tensor"))
    return self.to(dtype)


@method
def cpu(self, memory_format=_C.preserve_format):
    """The tensor itself: it is on the CPU."""
    return self


# ---- what it is ----


def _fact(name, doc, answer):
    OWN[name] = property(answer, doc=doc)


_fact("T", "Dimensions in reverse order.", lambda self: self.numpy_T())
_fact("mT", "The last two dimensions exchanged.", lambda self: self.transpose(-2, -1))
_fact(
    "H",
    "The conjugate of the transposed matrix.",
    lambda self: self.transpose(0, 1).conj() if self.is_complex() else self.transpose(0, 1),
)
_fact(
    "mH",
    "The last two dimensions exchanged, conjugated.",
    lambda self: self.transpose(-2, -1).conj() if self.is_complex() else self.transpose(-2, -1),
)
_fact("real", "The real part, a view.", lambda self: Tensor._real(self))
_fact("imag", "The imaginary part, a view.", lambda self: Tensor._imag(self))
_fact("itemsize", "Bytes of an element.", lambda self: self.dtype.itemsize)
_fact("nbytes", "Bytes of all elements.", lambda self: self.numel() * self.dtype.itemsize)
_fact("is_cuda", "False.", lambda self: False)
_fact("is_cpu", "Whether the tensor is on the CPU.", lambda self: self.device.type == "cpu")
_fact("is_meta", "Whether the tensor has no elements, only a shape.", lambda self: self.device.type == "meta")
_fact("is_mps", "False.", lambda self: False)
_fact(
    "is_nested",
    "Whether it holds tensors of several shapes.",
    lambda self: _C.operator("prim::is_nested", -1, False)(self),
)
_fact("is_sparse", "Whether its layout is sparse_coo.", lambda self: self.layout == _C.sparse_coo)
_fact("is_sparse_csr", "Whether its layout is sparse_csr.", lambda self: self.layout == _C.sparse_csr)
_fact(
    "is_quantized",
    "Whether its elements are quantized.",
    lambda self: self.dtype in (_C.qint8, _C.quint8, _C.qint32),
)
_fact("is_leaf", "True: no gradients are recorded.", lambda self: True)
_fact("grad_fn", "None: no gradients are recorded.", lambda self: None)


@method
def is_contiguous(self, memory_format=_C.contiguous_format):
    """Whether the elements lie in order of the dimensions, or in that of `memory_format`."""
    return _C.operator("aten::is_contiguous", -1, False)(self, memory_format=memory_format)


@method
def element_size(self):
    """Bytes of an element."""
    return self.dtype.itemsize


@method
def nelement(self):
    """How many elements."""
    return self.numel()


@method
def ndimension(self):
    """How many dimensions."""
    return self.ndim


@method
def storage_offset(self):
    """Elements before the first one in its storage."""
    return _C.operator("aten::storage_offset", -1, False)(self)


@method
def is_floating_point(self):
    """Whether the dtype is a floating one."""
    return self.dtype.is_floating_point


@method
def is_complex(self):
    """Whether the dtype is complex."""
    return self.dtype.is_complex


# ---- what takes more than an operator ----


@method
def new_tensor(self, data, dtype=None, device=None, requires_grad=False):
    """linkboy.tensor of this tensor's dtype."""
    from linkboy import tensor

    return tensor(data, dtype=dtype or self.dtype, requires_grad=requires_grad)


@method
def new(self, *sizes):
    """A tensor of this dtype, from data or of sizes."""
    from linkboy.creation import make_tensor

    return make_tensor(*sizes, dtype=self.dtype)


@method
def split(self, split_size, dim=0):
    """Parts of `split_size` along a dimension, or of the sizes in a list (torch.Tensor.split)."""
    name = "aten::split_with_sizes" if isinstance(split_size, (list, tuple)) else "aten::split.Tensor"
    return tuple(_C.operator(name, -1, False)(self, split_size, dim))


@method
def unflatten(self, dim, sizes):
    """One dimension made several (torch.Tensor.unflatten)."""
    return _C.operator("aten::unflatten.int", -1, False)(self, dim, list(sizes))


@method
def norm(self, p="fro", dim=None, keepdim=False, dtype=None):
    """linkboy.norm"""
    from linkboy import functional

    return functional.norm(self, p, dim, keepdim, dtype=dtype)


@method
def unique(self, sorted=True, return_inverse=False, return_counts=False, dim=None):  # noqa: A002
    """linkboy.unique"""
    from linkboy import functional

    return functional.unique(self, sorted, return_inverse, return_counts, dim)


def _from_functional(name):
    def call(self, *args, **kwargs):
        from linkboy import functional

        return getattr(functional, name)(self, *args, **kwargs)

    call.__name__, call.__doc__ = name, f"linkboy.{name}"
    OWN[name] = call


for _name in ("stft", "istft", "lu", "unique_consecutive"):
    _from_functional(_name)


@method
def nonzero(self, *, as_tuple=False):
    """linkboy.nonzero"""
    from linkboy import functional

    return functional.nonzero(self, as_tuple=as_tuple)


@method
def backward(self, *args, **kwargs):
    """Gradients are not recorded: always a RuntimeError."""
    raise RuntimeError(
        "element 0 of tensors does not require grad and does not have a grad_fn: linkboy records no gradients"
    )


@method
def as_subclass(self, cls):
    """The same memory as an object of a subclass of Tensor."""
    return cls._make_subclass(cls, self)


@method
def apply_(self, function):
    """Replaces each element by what the function returns for it."""
    from linkboy import tensor

    values = [function(x) for x in self.reshape(-1).tolist()]
    return self.copy_(tensor(values, dtype=self.dtype).view(self.shape))


@method
def share_memory_(self):
    """The tensor itself."""
    return self


@method
def reshape_as(self, other):
    """As the shape of another."""
    return self.reshape(other.shape)


@method
def view_as(self, other):
    """A view of the shape of another."""
    return self.view(other.shape)


def install() -> None:
    """Puts operators and the methods above on Tensor; operators come first, so that these win."""
    for name, operator in operators.methods():
        if name in ("real", "imag"):
            name = "_" + name
        if not hasattr(Tensor, name):
            setattr(Tensor, name, operator)
    for name, own in OWN.items():
        setattr(Tensor, name, own)
    Tensor.grad = None
    Tensor.__array_priority__ = 1000
