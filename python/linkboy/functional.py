"""Functions that PyTorch writes in Python over its operators (torch/functional.py), and small questions."""

from __future__ import annotations

from linkboy import _C
from linkboy._C import Tensor


def _op(name: str):
    return _C.operator(f"aten::{name}", -1, False)


def is_tensor(obj) -> bool:
    """Whether this is a linkboy.Tensor."""
    return isinstance(obj, Tensor)


def numel(input) -> int:
    """How many elements."""
    return input.numel()


def is_floating_point(input) -> bool:
    """Whether the dtype is a floating one."""
    return input.dtype.is_floating_point


def is_complex(input) -> bool:
    """Whether the dtype is complex."""
    return input.dtype.is_complex


def nonzero(input, *, out=None, as_tuple=False):
    """Where elements are not zero: rows of indices, or a tuple of a tensor for each dimension
    (torch.nonzero)."""
    return _op("nonzero_numpy")(input) if as_tuple else _op("nonzero")(input)


def split(tensor, split_size_or_sections, dim=0):
    """Parts of one size, or of the sizes in a list, along a dimension: a tuple of views (torch.split)."""
    return tensor.split(split_size_or_sections, dim)


def norm(input, p="fro", dim=None, keepdim=False, out=None, dtype=None):
    """The norm of order `p`, a number, "fro" or "nuc" (torch.norm)."""
    if p == "nuc":
        return _op("nuclear_norm")(input, dim if dim is not None else [0, 1], keepdim)
    order = 2 if p in (None, "fro") else p
    dims = dim if dim is None else [dim] if isinstance(dim, int) else list(dim)
    if dtype is not None:
        return _op("linalg_vector_norm")(input, order, dims, keepdim, dtype=dtype)
    return _op("linalg_vector_norm")(input, order, dims, keepdim)


def unique(input, sorted=True, return_inverse=False, return_counts=False, dim=None):  # noqa: A002
    """The different elements, or slices along a dimension; with where each came from and how often
    (torch.unique)."""
    if dim is None:
        parts = _op("_unique2")(input, sorted, return_inverse, return_counts)
    else:
        parts = _op("unique_dim")(input, dim, sorted, return_inverse, return_counts)
    return _wanted(parts, return_inverse, return_counts)


def unique_consecutive(input, return_inverse=False, return_counts=False, dim=None):
    """The same for runs of equal neighbours (torch.unique_consecutive)."""
    return _wanted(
        _op("unique_consecutive")(input, return_inverse, return_counts, dim), return_inverse, return_counts
    )


def _wanted(parts, inverse, counts):
    kept = [part for part, wanted in zip(parts, (True, inverse, counts)) if wanted]
    return kept[0] if len(kept) == 1 else tuple(kept)


def _spread(tensors):
    return list(tensors[0]) if len(tensors) == 1 and isinstance(tensors[0], (list, tuple)) else list(tensors)


def broadcast_tensors(*tensors):
    """All tensors in their common shape (torch.broadcast_tensors)."""
    return tuple(_op("broadcast_tensors")(_spread(tensors)))


def broadcast_shapes(*shapes):
    """The shape that tensors of these shapes are broadcast to (torch.broadcast_shapes). RuntimeError where
    there is none."""
    alike = [_op("empty")(()).expand([shape] if isinstance(shape, int) else list(shape)) for shape in shapes]
    return broadcast_tensors(*alike)[0].shape


def meshgrid(*tensors, indexing="ij"):
    """Coordinates of a grid, a tensor for each axis (torch.meshgrid)."""
    return tuple(_op("meshgrid")(_spread(tensors), indexing=indexing))


def einsum(equation, *operands):
    """A sum of products by Einstein's notation (torch.einsum)."""
    return _op("einsum")(equation, _spread(operands))


def block_diag(*tensors):
    """A matrix with these along its diagonal (torch.block_diag)."""
    return _op("block_diag")(list(tensors))


def cartesian_prod(*tensors):
    """All combinations of elements (torch.cartesian_prod)."""
    return _op("cartesian_prod")(list(tensors))


def tensordot(a, b, dims=2, out=None):
    """A product that sums over `dims` last dimensions of a and first of b, or over two lists of them
    (torch.tensordot)."""
    if isinstance(dims, (tuple, list)):
        first, second = dims
    else:
        count = int(dims)
        first, second = list(range(-count, 0)), list(range(count))
    return _op("tensordot")(a, b, list(first), list(second))


def cdist(x1, x2, p=2.0, compute_mode="use_mm_for_euclid_dist_if_necessary"):
    """Distances between rows (torch.cdist)."""
    modes = {
        "use_mm_for_euclid_dist_if_necessary": None,
        "use_mm_for_euclid_dist": 1,
        "donot_use_mm_for_euclid_dist": 2,
    }
    return _op("cdist")(x1, x2, p, modes[compute_mode])


def stft(
    input,
    n_fft,
    hop_length=None,
    win_length=None,
    window=None,
    center=True,
    pad_mode="reflect",
    normalized=False,
    onesided=None,
    return_complex=None,
    align_to_window=None,
):
    """The short-time Fourier transform (torch.stft)."""
    if center:
        extra = max(3 - input.ndim, 0)
        padded = _op("pad")(input.view([1] * extra + list(input.shape)), [n_fft // 2, n_fft // 2], pad_mode)
        input = padded.view(padded.shape[extra:])
    return _op("stft")(input, n_fft, hop_length, win_length, window, normalized, onesided, return_complex)


def istft(
    input,
    n_fft,
    hop_length=None,
    win_length=None,
    window=None,
    center=True,
    normalized=False,
    onesided=None,
    length=None,
    return_complex=False,
):
    """The way back (torch.istft)."""
    return _op("istft")(
        input, n_fft, hop_length, win_length, window, center, normalized, onesided, length, return_complex
    )


def lu(A, pivot=True, get_infos=False, out=None):
    """The LU factors in one matrix, the pivots, and how it went if asked for (torch.lu)."""
    factors, pivots, infos = _op("linalg_lu_factor_ex")(A, pivot=pivot)
    return (factors, pivots, infos) if get_infos else (factors, pivots)


def set_printoptions(
    precision=None, threshold=None, edgeitems=None, linewidth=None, profile=None, sci_mode=None
) -> None:
    """How tensors are shown (torch.set_printoptions); what is not given stays, `sci_mode` apart."""
    profiles = {"default": (4, 1000, 3, 80), "short": (2, 1000, 2, 80), "full": (4, 2**31 - 1, 3, 80)}
    base = profiles[profile] if profile else _printed[:4]
    chosen = [
        old if new is None else int(min(new, 2**31 - 1))
        for new, old in zip((precision, threshold, edgeitems, linewidth), base)
    ]
    _printed[:] = [*chosen, -1 if sci_mode is None else int(sci_mode)]
    _C.set_print(*_printed)


_printed = [4, 1000, 3, 80, -1]


def is_autocast_enabled(device_type=None) -> bool:
    """False: dtypes are what the program says."""
    return False


def _assert(condition, message) -> None:
    """AssertionError with the message where the condition does not hold (torch._assert)."""
    assert condition, message


def get_default_dtype():
    """float32, always."""
    return _C.float32


PUBLIC = [
    nonzero,
    is_tensor,
    numel,
    is_floating_point,
    is_complex,
    split,
    norm,
    unique,
    unique_consecutive,
    broadcast_tensors,
    broadcast_shapes,
    meshgrid,
    einsum,
    block_diag,
    cartesian_prod,
    tensordot,
    cdist,
    stft,
    istft,
    lu,
    set_printoptions,
    is_autocast_enabled,
    _assert,
    get_default_dtype,
]
