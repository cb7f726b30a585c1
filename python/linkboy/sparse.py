"""Sparse tensors (torch.sparse)."""

from linkboy import _C


def _op(name: str):
    return _C.operator(f"aten::{name}", -1, False)


def mm(mat1, mat2, reduce=None):
    """The product of a sparse and a dense matrix."""
    return _op("_sparse_mm")(mat1, mat2) if reduce is None else _op("_sparse_mm")(mat1, mat2, reduce)


def sum(input, dim=None, dtype=None):  # noqa: A001
    """The sum of the elements, along all or some dimensions."""
    given = [input] if dim is None else [input, dim]
    return _op("_sparse_sum")(*given) if dtype is None else _op("_sparse_sum")(*given, dtype=dtype)


def softmax(input, dim, *, dtype=None):
    """Softmax along a dimension, over the elements that are there."""
    return _op("_sparse_softmax")(input, dim, dtype=dtype)


def log_softmax(input, dim, *, dtype=None):
    """The logarithm of `softmax`."""
    return _op("_sparse_log_softmax")(input, dim, dtype=dtype)


def addmm(mat, mat1, mat2, *, beta=1.0, alpha=1.0):
    """beta * mat + alpha * (mat1 @ mat2) with a sparse mat1."""
    return _op("_sparse_addmm")(mat, mat1, mat2, beta=beta, alpha=alpha)


def sampled_addmm(input, mat1, mat2, *, beta=1.0, alpha=1.0):
    """The product of dense matrices where `input` has elements."""
    return _op("sparse_sampled_addmm")(input, mat1, mat2, beta=beta, alpha=alpha)
