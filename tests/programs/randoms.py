"""Random sequences, to the bit: every program seeds, fills tensors of sizes from 1 to 10,000 and gives integers that are made of all their bits."""
from typing import List

import torch
from torch import Tensor

from programs import calls

SIZES = [1, 2, 7, 15, 16, 17, 31, 100, 1000, 10000]


def digest(t: Tensor) -> int:
    if t.is_floating_point():
        mantissa, exponent = torch.frexp(t.double())
        bits = (mantissa * 9007199254740992.0).long() + exponent.long() * 1048583
    else:
        bits = t.long()
    flat = bits.reshape(-1)
    return int((flat * (torch.arange(flat.numel()) * 2654435761 + 97)).sum())


@calls((SIZES, 6), (SIZES, 7), (SIZES, 5), (SIZES, 15))
def reals(sizes: List[int], dtype: int) -> List[int]:
    out: List[int] = []
    for n in sizes:
        torch.manual_seed(n + 3)
        out.append(digest(torch.rand([n], dtype=dtype)))
        out.append(digest(torch.randn([n], dtype=dtype)))
        t = torch.zeros([n], dtype=dtype)
        out.append(digest(t.uniform_(-2.0, 3.0)))
        out.append(digest(t.normal_(0.5, 2.0)))
        out.append(digest(t.exponential_(1.5)))
        out.append(digest(t.geometric_(0.3)))
        out.append(digest(t.bernoulli_(0.4)))
        out.append(digest(t.random_(0, 100)))
        out.append(digest(torch.dropout(torch.ones([n], dtype=dtype), 0.3, True)))
    return out


@calls((SIZES, 6), (SIZES, 7))
def strided(sizes: List[int], dtype: int) -> List[int]:
    out: List[int] = []
    for n in sizes:
        torch.manual_seed(n)
        wide = torch.zeros([n, 4], dtype=dtype)
        out.append(digest(wide[:, 1].uniform_()))
        out.append(digest(wide.t().normal_()))
        out.append(digest(wide[:, ::2].exponential_()))
        out.append(digest(wide.t().bernoulli_(0.5)))
        out.append(digest(wide))
    return out


@calls((SIZES,))
def wholes(sizes: List[int]) -> List[int]:
    out: List[int] = []
    for n in sizes:
        torch.manual_seed(n * 5)
        out.append(digest(torch.randint(0, 1000, [n])))
        out.append(digest(torch.randint(-5, 1 << 40, [n])))
        out.append(digest(torch.randperm(n)))
        t = torch.zeros([n], dtype=torch.int64)
        out.append(digest(t.random_()))
        out.append(digest(t.random_(50)))
        out.append(digest(t.bernoulli_(0.25)))
        out.append(digest(torch.bernoulli(torch.full([n], 0.7)).long()))
        out.append(digest(torch.multinomial(torch.arange(1.0, 21.0), n, True)))
        out.append(digest(torch.multinomial(torch.arange(1.0, n + 1.0), min(n, 50))))
        out.append(digest(torch.poisson(torch.full([n], 3.5))))
    return out
