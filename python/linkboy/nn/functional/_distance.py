"""Distances and similarities between vectors, and vectors scaled to norm 1."""

__name__ = "linkboy.nn.functional"

from typing import Optional

import linkboy
from linkboy import Tensor
from linkboy.overrides import handle_torch_function, has_torch_function_variadic

pairwise_distance = linkboy.pairwise_distance
pdist = linkboy.pdist
cosine_similarity = linkboy.cosine_similarity


def normalize(
    input: Tensor, p: float = 2.0, dim: int = 1, eps: float = 1e-12, out: Optional[Tensor] = None
) -> Tensor:
    """x / max(its p-norm along `dim`, eps)."""
    if has_torch_function_variadic(input, out):
        return handle_torch_function(normalize, (input, out), input, p=p, dim=dim, eps=eps, out=out)
    if out is None:
        denom = input.norm(p, dim, keepdim=True).clamp_min(eps).expand_as(input)
        return input / denom
    else:
        denom = input.norm(p, dim, keepdim=True).clamp_min_(eps).expand_as(input)
        return linkboy.div(input, denom, out=out)
