"""guards=True: what a trace takes for granted of its input stays in the program as a check, which raises
with the line of the source where another input breaks it.
"""

from __future__ import annotations

from typing import Any


def value(host: Any, x: Any, found: Any) -> None:
    """The tensor became this Python value."""
    what = f"that was {found!r} as a Python {type(found).__name__}"
    if not isinstance(found, (bool, int, float)):
        contents(host, x)
    elif found != found:
        host.recorder.guard(host.run("aten::isnan", x), True, what)
    else:
        host.recorder.guard(x, found, what)


def sizes(host: Any, x: Any, dims: int) -> None:
    """The first sizes of the tensor became Python ints."""
    for dim, size in enumerate(host.plain_sizes(x)[:dims]):
        host.recorder.guard(host.size(x, dim), int(size), f"whose size was {size} in dimension {dim}")


def contents(host: Any, x: Any) -> None:
    """All that is in the tensor became Python values."""
    sizes(host, x, len(host.plain_sizes(x)))
    with host.unwatched():
        known = x.detach().clone()
    same = host.run("aten::isclose", x, known, 0.0, 0.0, True)
    host.recorder.guard(host.run("aten::all", same), True, "whose values all became Python's")


def comparison(host: Any, pair: tuple, settings: list, found: bool) -> None:
    """Two tensors are equal, or close by these settings, or not."""
    for x in filter(host.recorder.knows, pair):
        sizes(host, x, len(host.plain_sizes(x)))
    if tuple(host.plain_sizes(pair[0])) != tuple(host.plain_sizes(pair[1])):
        return
    same = host.run("aten::isclose", *pair, *settings) if settings else host.run("aten::eq.Tensor", *pair)
    what = "whose comparison with another gave a Python bool"
    host.recorder.guard(host.run("aten::all", same), found, what)
