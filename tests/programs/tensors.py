"""Tensors: making, viewing, indexing, promoting, reducing, changing in place."""
from typing import List, Optional, Tuple

import torch
from torch import Tensor

from programs import calls

A = torch.arange(24.0).reshape(2, 3, 4)
M = torch.tensor([[4.0, -2.0, 1.0], [0.5, 3.0, -7.0]])


@calls((3,), (0,))
def makers(n: int) -> List[Tensor]:
    return [torch.zeros(n, 2), torch.ones([n]), torch.arange(n), torch.full([2, n], 1.5), torch.eye(n), torch.empty([n]).fill_(3.0),
            torch.linspace(0.0, 1.0, 5), torch.tensor([1, n]), torch.tensor([[0.5, float(n)]])]


@calls((A,))
def views(x: Tensor) -> List[Tensor]:
    return [x.view(6, 4), x.reshape(-1), x.transpose(0, 2), x.permute(2, 0, 1), x.unsqueeze(1), x[:1].squeeze(0), x.flatten(1),
            x.expand(2, 2, 3, 4), x.narrow(2, 1, 2), x.select(1, 2), x.unfold(2, 2, 1), x.t() if x.dim() == 2 else x.movedim(0, 1)]


@calls((A, 1))
def indexing(x: Tensor, i: int) -> List[Tensor]:
    return [x[0], x[-1, i], x[:, 1:3], x[..., 0], x[:, None, i], x[1, ..., ::2], x[:, i, 1:-1], x[0, 1, 2]]


@calls((A, torch.tensor([1, 0, 1])))
def fancy_indexing(x: Tensor, index: Tensor) -> List[Tensor]:
    return [x[index], x[:, index], x[:, :, index[:2]], x[x > 20], x[index, index], x[index, 1], x[:, index[:, None], index]]


@calls((A,))
def index_assignment(x: Tensor) -> Tensor:
    y = x.clone()
    y[0] = 0.0
    y[1, 2] = torch.arange(4.0)
    y[:, :, 3] += 100
    y[y == 13] = -1.0
    y[1, torch.tensor([0, 1]), 0] = torch.tensor([7.0, 8.0])
    return y


@calls((torch.tensor([1, 2]), torch.tensor([0.5, 1.5]), 2), (torch.tensor([True, False]), torch.tensor([1, 2]), 3))
def promotion(a: Tensor, b: Tensor, n: int) -> List[Tensor]:
    return [a + b, a * n, a + 1.5, b / n, a / 2, torch.add(a, b, alpha=2), a.to(torch.float64) + b, n - b]


@calls((M, torch.tensor([1.0, 2.0, 3.0])))
def broadcasting(x: Tensor, v: Tensor) -> List[Tensor]:
    return [x + v, x * v[:, None].t(), v[:, None] - v, torch.maximum(x, v), torch.where(x > 0, x, v)]


@calls((M,), (torch.tensor([[1.0, float("nan")], [float("inf"), 0.0]]),))
def reductions(x: Tensor) -> List[Tensor]:
    return [x.sum(), x.sum(0), x.mean(1, keepdim=True), x.max(), x.min(dim=1)[0], x.argmax(), x.argmin(1), x.prod(), x.std(), x.var(0, unbiased=False),
            x.norm(), x.any(), x.all(), x.cumsum(1), x.amax(1), x.logsumexp(1), x.count_nonzero()]


@calls((M,))
def sorting(x: Tensor) -> Tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
    values, order = x.sort(dim=1, descending=True)
    top, where = x.flatten().topk(3)
    return values, order, top, where, x.argsort(0)


@calls((M, M.t()), (M, torch.ones(3)))
def products(a: Tensor, b: Tensor) -> Tensor:
    return a @ b


@calls((torch.arange(12.0).reshape(2, 2, 3), torch.arange(12.0).reshape(2, 3, 2)))
def batched(a: Tensor, b: Tensor) -> List[Tensor]:
    return [torch.bmm(a, b), torch.matmul(a, b[0]), torch.einsum("bij,bjk->bik", a, b), torch.baddbmm(torch.ones(2, 2), a, b)]


@calls((torch.linspace(-3, 3, 7),))
def pointwise(x: Tensor) -> List[Tensor]:
    return [x.abs(), x.neg(), x.exp(), x.sigmoid(), x.tanh(), x.relu(), x.sin(), x.cos(), x.square(), x.abs().sqrt(), x.abs().log1p(), x.sign(),
            x.floor(), x.round(), x.clamp(-1, 2), x.pow(3), torch.rsqrt(x.abs() + 1), x.erf(), x.reciprocal()]


@calls((torch.tensor([5, -3, 8]), torch.tensor([2, 2, 3])))
def integers(a: Tensor, b: Tensor) -> List[Tensor]:
    return [a // b, a % b, a & b, a | b, a ^ b, ~a, a << b, a >> 1, torch.div(a, b, rounding_mode="trunc"), a != 0, a.float() / b]


@calls((M,))
def in_place(x: Tensor) -> Tuple[Tensor, Tensor]:
    y = x.clone()
    z = y.view(-1)
    y.add_(1).mul_(2)
    z[0] = 50.0
    y.relu_()
    y[1].zero_()
    return y, z


@calls((M.clone(),))
def changes_argument(x: Tensor) -> Tensor:
    x += 1
    x[0, 0] = -9.0
    return x * 2


@calls((M, M + 1))
def joins(a: Tensor, b: Tensor) -> List[Tensor]:
    return [torch.cat([a, b]), torch.cat((a, b), dim=1), torch.stack([a, b], 2), torch.vstack([a, b]), torch.hstack([a, b]), a.repeat(2, 1),
            torch.tile(a, (1, 2)), a.roll(1, 1), a.flip(0)]


@calls((torch.arange(10),))
def splits(x: Tensor) -> List[Tensor]:
    a, b = x.chunk(2)
    parts = x.split(4)
    named = torch.split(x, [3, 7])
    return [a, b, parts[2], named[0], torch.unbind(x.view(2, 5))[1], torch.tensor_split(x, 3)[0]]


@calls((torch.tensor([[0.0, 1.0], [2.0, 3.0]]), torch.tensor([[0, 0], [1, 0]])))
def gathers(x: Tensor, i: Tensor) -> List[Tensor]:
    return [x.gather(1, i), x.index_select(0, i[:, 0]), torch.zeros(2, 2).scatter_(1, i, x), torch.zeros(2, 2).scatter_add_(0, i, x),
            x.masked_select(x > 1), x.masked_fill(x > 1, -1.0), torch.take(x, i), torch.nonzero(x)]


@calls((A,))
def questions(x: Tensor) -> Tuple[int, List[int], int, int, bool, bool, int, List[int]]:
    return x.dim(), x.size(), x.size(-1), x.numel(), x.is_contiguous(), x.is_floating_point(), x.element_size(), x.stride()


@calls((torch.tensor(3.75),), (torch.tensor([2]),))
def items(x: Tensor) -> Tuple[int, float, bool]:
    return int(x), float(x) * 2, bool(x)


@calls((M,), (torch.tensor([3, 1]),))
def dtypes(x: Tensor) -> List[Tensor]:
    return [x.to(torch.int32), x.double(), x.half(), x.to(torch.bfloat16), x.long(), x.to(torch.bool), x.to(dtype=torch.uint8).int(), x.type_as(torch.ones(1))]


@calls((torch.ones(2, 3), torch.ones(4)), may_raise=True)
def bad_shapes(a: Tensor, b: Tensor) -> Tensor:
    return a + b


@calls((torch.tensor([3.0, 1.0, 3.0, 2.0]),))
def uniques(x: Tensor) -> Tuple[Tensor, Tensor, Tensor]:
    values, inverse = torch.unique(x, sorted=True, return_inverse=True)
    return values, inverse, torch.bincount(x.long())


@calls((torch.arange(9.0).reshape(3, 3),))
def triangles(x: Tensor) -> List[Tensor]:
    return [x.tril(), x.triu(1), x.diag(), torch.diagonal(x, 1), torch.outer(x[0], x[1]), x.trace()]


@calls((4,), (9,))
def seeded(n: int) -> List[Tensor]:
    torch.manual_seed(n)
    return [torch.rand(3), torch.randn(n), torch.randint(0, 10, [4]), torch.randperm(n), torch.rand(2).bernoulli_(0.5)]


@calls((torch.ones(2),))
def dropped(x: Tensor) -> Tensor:
    return torch.dropout(x.expand(40, 2), 0.3, True)


@calls((torch.tensor([1 + 2j, -1j]),))
def complex_tensor(z: Tensor) -> List[Tensor]:
    return [z * z, z.abs(), z.conj(), z.real, z.imag, torch.view_as_real(z), z.angle()]
