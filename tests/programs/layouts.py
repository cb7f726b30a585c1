"""Sparse and nested tensors inside a program; strided ones go in and come out."""
from typing import List, Tuple

import torch
from torch import Tensor

from programs import calls

M = torch.tensor([[0.0, 2.0, 0.0], [1.0, 0.0, 3.0], [0.0, 0.0, 0.0], [4.0, 0.0, 5.0]])
I = torch.tensor([[0, 1, 1, 3], [2, 0, 0, 1]])


@calls((I, torch.tensor([1.0, 2.0, 3.0, 4.0])), (I, torch.tensor([1, 2, 3, 4])),
       (I[:, :0], torch.zeros(0, 2)), (I, torch.ones(4, 2, dtype=torch.complex64)))
def coordinates(indices: Tensor, values: Tensor) -> Tuple[Tensor, Tensor, Tensor, bool, int, int]:
    s = torch.sparse_coo_tensor(indices, values, [4, 3] + values.size()[1:])
    c = s.coalesce()
    return c.indices(), c.values(), s.to_dense(), s.is_coalesced(), s._nnz(), s.dense_dim()


@calls((M,), (M.double(),), (M[:0],))
def compressed(m: Tensor) -> List[Tensor]:
    r = m.to_sparse_csr()
    c = m.to_sparse_csc()
    return [r.crow_indices(), r.col_indices(), r.values(), c.ccol_indices(), c.row_indices(), c.values(), r.to_dense(), c.to_dense()]


@calls((M, (2, 1)), (M, (4, 3)), (M, (3, 3)), may_raise=True)
def blocks(m: Tensor, size: Tuple[int, int]) -> List[Tensor]:
    b = m.to_sparse_bsr([size[0], size[1]])
    return [b.crow_indices(), b.col_indices(), b.values(), b.to_dense()]


@calls((M, torch.arange(6.0).reshape(3, 2)), (M, torch.ones(2, 2)), may_raise=True)
def products(m: Tensor, d: Tensor) -> List[Tensor]:
    s = m.to_sparse()
    return [torch.mm(s, d), torch.sparse.mm(s, d), torch.mm(s, s.t()).to_dense(), torch.addmm(torch.ones(4, 2), s, d, beta=2.0, alpha=0.5)]


@calls((M,), (M[1],))
def elementwise(m: Tensor) -> List[Tensor]:
    s = m.to_sparse()
    return [(s + s).to_dense(), (s * m).to_dense(), m + s, torch.sin(s).to_dense(), (s * 3).to_dense(), (s - 2 * s).to_dense(), torch.sum(s)]


@calls((M,))
def refused(m: Tensor) -> Tensor:
    return torch.exp(m.to_sparse())


@calls((M,))
def printed(m: Tensor) -> int:
    s = m.to_sparse()
    print(s)
    return s.sparse_dim()


@calls((torch.arange(30.0).reshape(2, 5, 3), torch.tensor([[True, True, False, False, False], [True, True, True, True, False]])),
       (torch.ones(2, 2, 3), torch.tensor([[True, False], [False, True]])), may_raise=True)
def padding(x: Tensor, mask: Tensor) -> Tuple[Tensor, bool, int]:
    n = torch._nested_tensor_from_mask(x, mask)
    return n.mul(2.0).to_padded_tensor(-1.0), n.is_nested, n.numel()
