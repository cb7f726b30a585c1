"""Linear algebra: factorisations, solvers, eigenvectors with their signs, norms, functions of matrices, and what is refused."""
from typing import List, Optional, Tuple

import torch
from torch import Tensor

from . import call, calls

torch.manual_seed(11)
WIDE = dict(tolerance=(1e-5, 1e-6))


def square(n, dtype=torch.float64, batch=()):
    return torch.randn(*batch, n, n, dtype=dtype)


def definite(n, dtype=torch.float64, batch=()):
    a = square(n, dtype, batch)
    return a @ a.mH + torch.eye(n, dtype=dtype)


KINDS = [torch.float64, torch.complex128]


@calls(*[call(definite(n, d, b), **WIDE) for d in KINDS for n, b in ((4, ()), (3, (2,)), (0, ()))],
       call(torch.zeros(3, 3)), call(torch.zeros(2, 3)), call(torch.zeros(3)), call(torch.zeros(3, 3, dtype=torch.int64)),
       call(torch.stack([torch.eye(2), -torch.eye(2)])), may_raise=True)
def factors(a: Tensor) -> Tuple[Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor]:
    low = torch.linalg.cholesky(a)
    lu, pivots = torch.linalg.lu_factor(a)
    p, l, u = torch.lu_unpack(lu, pivots)
    q, r = torch.linalg.qr(a)
    return low, torch.cholesky_inverse(low), p, l, u, q, r


@calls(*[call(square(n, d, b), square(n, d, b)[..., :2], **WIDE) for d in KINDS for n, b in ((4, ()), (3, (2,)))],
       call(torch.randn(2, 3, 3), torch.randn(4, 1, 3, 2), tolerance=(1e-3, 1e-4)), call(torch.zeros(3, 3), torch.ones(3, 1)),
       call(torch.ones(3, 3), torch.ones(2, 1)), call(torch.eye(3).expand(2, 3, 3), torch.ones(3, 1)), may_raise=True)
def solutions(a: Tensor, b: Tensor) -> Tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
    x = torch.linalg.solve(a, b)
    t = torch.linalg.solve_triangular(a, b, upper=True)
    sign, log = torch.linalg.slogdet(a)
    return x, t, torch.linalg.inv(a), torch.linalg.det(a), sign * log


@calls(*[call(definite(n, d, b), **WIDE) for d in KINDS for n, b in ((2, ()), (5, ()), (3, (2,)), (25, ()), (26, ()), (1, ()))],
       call(torch.tensor([[1.0, float("nan")], [0.0, 1.0]])), call(torch.ones(2, 3)), may_raise=True)
def symmetric(a: Tensor) -> Tuple[Tensor, Tensor, Tensor]:
    values, vectors = torch.linalg.eigh(a)
    return values, vectors, torch.linalg.eigvalsh(a, "U")


@calls(*[call(torch.randn(*s, dtype=d), **WIDE) for d in KINDS for s in ((2, 3), (3, 5), (5, 3), (4, 3), (2, 6, 4), (3, 20), (2, 50), (4, 4), (0, 3))],
       call(torch.full((2, 2), float("nan"))), call(torch.ones(3)), may_raise=True)
def singular(a: Tensor) -> Tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
    u, s, vh = torch.linalg.svd(a)
    x, y, z = torch.linalg.svd(a, full_matrices=False)
    return u, s, vh, x, z


@calls(*[call(square(n, d), **WIDE) for d in KINDS for n in (1, 3, 4)], call(torch.full((2, 2), float("inf"))), may_raise=True)
def general(a: Tensor) -> Tuple[Tensor, Tensor, Tensor]:
    values, vectors = torch.linalg.eig(a)
    return values, vectors, torch.linalg.eigvals(a)


@calls(*[call(torch.randn(*s, dtype=torch.float64), torch.randn(*s[:-1], 2, dtype=torch.float64), driver, **WIDE)
         for s in ((5, 3), (3, 5), (2, 4, 3)) for driver in (None, "gels", "gelsd", "gelss")],
       call(torch.ones(3, 2), torch.ones(3, 1), "gelsx"), call(torch.ones(3, 2), torch.ones(2, 1), None), may_raise=True)
def squares(a: Tensor, b: Tensor, driver: Optional[str]) -> Tuple[Tensor, Tensor, Tensor, Tensor]:
    x, residuals, rank, values = torch.linalg.lstsq(a, b, driver=driver)
    return x, residuals, rank, values


@calls(*[call(square(3, d, b), **WIDE) for d in KINDS for b in ((), (2,))], call(torch.zeros(2, 2)), call(torch.ones(2, 3)), may_raise=True)
def functions(a: Tensor) -> Tuple[Tensor, Tensor, Tensor, Tensor, Tensor, Tensor]:
    return (torch.linalg.matrix_exp(a), torch.linalg.matrix_power(a, 5), torch.linalg.matrix_power(a, -2), torch.linalg.pinv(a),
            torch.linalg.matrix_rank(a), torch.linalg.cond(a, "fro"))


@calls(*[call(torch.randn(*s, dtype=torch.float64), o, **WIDE) for s in ((3, 4), (2, 3, 3)) for o in (1.0, -1.0, 2.0, -2.0, float("inf"), -float("inf"))],
       call(torch.ones(2, 2), 3.0), call(torch.ones(2), 2.0), call(torch.zeros(0, 2), float("inf")), may_raise=True)
def norms(a: Tensor, order: float) -> Tuple[Tensor, Tensor, Tensor]:
    return torch.linalg.matrix_norm(a, order), torch.linalg.matrix_norm(a, "nuc"), torch.linalg.matrix_norm(a, order, [0, 1], True)


@calls(call([torch.randn(2, 3), torch.randn(3, 4), torch.randn(4, 1), torch.randn(1, 5)]), call([torch.randn(3), torch.randn(3, 2), torch.randn(2)]),
       call([torch.randn(2, 3), torch.randn(2, 3)]), call([torch.randn(2, 3)]), may_raise=True)
def chains(tensors: List[Tensor]) -> Tensor:
    return torch.linalg.multi_dot(tensors)


@calls(call(torch.randn(4, 3), torch.randn(5, 3), 2.0), call(torch.randn(30, 3), torch.randn(2, 3), 2.0, tolerance=(1e-4, 1e-4)),
       call(torch.randn(2, 4, 3), torch.randn(5, 3), 1.0), call(torch.randn(4, 3), torch.randn(5, 3), float("inf")),
       call(torch.randn(4, 3), torch.randn(5, 3), 0.0), call(torch.randn(4, 3), torch.randn(5, 2), 2.0), call(torch.randn(4, 3), torch.randn(5, 3), -1.0),
       may_raise=True)
def distances(a: Tensor, b: Tensor, p: float) -> Tensor:
    return torch.cdist(a, b, p)
