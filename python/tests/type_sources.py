"""Programs that tell values apart by their types, and what stands for values of other types; see whole_sources.py."""

import collections
from typing import Dict, List, Set, Tuple, Union

import torch
from torch import Tensor, nn


def size(x: Union[Tensor, List[Tensor], List[List[Tensor]]]) -> int:
    if isinstance(x, list):
        return sum(size(item) for item in x)
    return x.numel()


def total(x):
    if isinstance(x, dict):
        return sum(total(v) for v in x.values())
    if isinstance(x, (list, tuple)):
        found = 0.0
        for item in x:
            found += total(item)
        return found
    return float(x.sum())


def outer(x: Union[int, List[int]], by: int = 3) -> int:
    return between(x[0], by) + between(x[1]) if isinstance(x, list) else x * by


def between(x: Union[int, List[int]], by: int = 5) -> int:
    return outer(x[0], by) if isinstance(x, list) else outer(x + 1)


def by_types(xs: Dict[str, List[Tensor]], x: Tensor) -> Tuple[int, int, float, int]:
    return size([xs["a"], [x]]), size(xs["a"]), total(xs) + total((x, [x, x])), outer([1, 2])


def shown(x):
    return str(x)


def shown_set(x: Set[int]) -> str:
    return str(x)


def made_set(x: int):
    return {1, x}


def sets_passed_on(n: int) -> Tuple[str, str, str]:
    return shown({1, n}), shown_set({1, n}), str(made_set(n))


def containers(xs: List[int]) -> Tuple[bool, bool, bool, bool, bool]:
    queue, unique = collections.deque(xs), set(xs)
    counts = collections.Counter(xs)
    found = isinstance(queue, list), isinstance(unique, dict), isinstance(counts, dict)
    return found + (isinstance(xs, (dict, list)), isinstance({"a": 1}, dict))


class Flat(nn.Module):
    def flat(self, x: Union[int, List[int], List[List[int]]]) -> List[int]:
        if isinstance(x, int):
            return [x]
        out: List[int] = []
        for item in x:
            out += self.flat(item)
        return out

    def forward(self, x: List[List[int]]) -> List[int]:
        return self.flat(x)


FUNCTIONS = [
    (by_types, ({"a": [torch.ones(2), torch.ones(3)]}, torch.ones(4))),
    (containers, ([1, 1, 2],)),
    (sets_passed_on, (2,)),
]
MODULES = [
    (Flat, ([[1, 2], [3]],)),
]
