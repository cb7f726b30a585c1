"""Computing a part again instead of keeping its values for gradients: `torch.utils.checkpoint`.

There are no gradients here, so parts are computed once.
"""

from collections.abc import Callable, Iterable
from typing import Any


def checkpoint(function: Callable, *args: Any, use_reentrant: Any = None, **kwargs: Any) -> Any:
    """function(*args, **kwargs); the options that torch.utils.checkpoint.checkpoint takes besides are left out."""
    for option in ("context_fn", "determinism_check", "debug", "early_stop", "preserve_rng_state"):
        kwargs.pop(option, None)
    return function(*args, **kwargs)


def checkpoint_sequential(functions: Iterable[Callable], segments: int, input: Any, **options: Any) -> Any:
    """The input through all functions, one after the other."""
    for function in functions:
        input = function(input)
    return input
