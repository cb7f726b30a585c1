"""Sizes that one int may stand for, and keys of a state dict that carry a prefix too many."""

from collections.abc import Callable, Iterable
from itertools import repeat
from typing import Any, Optional


def _ntuple(n: int, name: str) -> Callable[[Any], tuple]:
    def parse(x: Any) -> tuple:
        return tuple(x) if isinstance(x, Iterable) else tuple(repeat(x, n))

    parse.__name__ = parse.__qualname__ = name
    parse.__doc__ = f"{n} values: those of `x`, or `x` itself {n} times."
    return parse


_single = _ntuple(1, "_single")
_pair = _ntuple(2, "_pair")
_triple = _ntuple(3, "_triple")
_quadruple = _ntuple(4, "_quadruple")


def _reverse_repeat_tuple(t: tuple, n: int) -> tuple:
    """The values of `t` from last to first, each `n` times: what `pad` wants of a padding by dimension."""
    return tuple(x for x in reversed(t) for _ in range(n))


def _list_with_default(out_size: list[Optional[int]], defaults: list[int]) -> list[int]:
    """`out_size` with the last of `defaults` where it has None; an int stays an int."""
    if isinstance(out_size, int):
        return out_size
    if len(defaults) <= len(out_size):
        raise ValueError(f"Input dimension should be at least {len(out_size) + 1}")
    return [d if v is None else v for v, d in zip(out_size, defaults[-len(out_size) :])]


def consume_prefix_in_state_dict_if_present(state_dict: dict[str, Any], prefix: str) -> None:
    """Takes `prefix` away from the keys that begin with it, in place; a "module." of a wrapped model, say."""
    for key in list(state_dict):
        if key.startswith(prefix):
            state_dict[key[len(prefix) :]] = state_dict.pop(key)
    metadata = getattr(state_dict, "_metadata", {})
    for key in list(metadata):
        if key and (key == prefix.replace(".", "") or key.startswith(prefix)):
            metadata[key[len(prefix) :]] = metadata.pop(key)
