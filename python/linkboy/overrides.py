"""`__torch_function__`: a class that is no tensor may say itself what functions of tensors do with its objects.

Stands for `torch.overrides`. In compiled code nobody overrides anything: each question below is answered with False
while compiling.
"""

import sys
from collections.abc import Callable, Iterable
from typing import Any

from linkboy import Tensor


def has_torch_function_unary(argument: Any) -> bool:
    """Whether the class of one argument overrides functions. PyTorch's own tensors do not: they are tensors here."""
    kind = type(argument)
    if kind is Tensor or not hasattr(kind, "__torch_function__"):
        return False
    torch = sys.modules.get("torch")
    return torch is None or not isinstance(argument, torch.Tensor)


def has_torch_function_variadic(*arguments: Any) -> bool:
    """Whether the class of any argument overrides functions."""
    return any(map(has_torch_function_unary, arguments))


def has_torch_function(arguments: Iterable[Any]) -> bool:
    """Whether the class of any of `arguments` overrides functions."""
    return any(map(has_torch_function_unary, arguments))


def _overriding(arguments: Iterable[Any]) -> list[Any]:
    """The first argument of each overriding class; of subclasses before their bases, else from left to right."""
    found: list[Any] = []
    for argument in filter(has_torch_function_unary, arguments):
        kind = type(argument)
        if any(type(other) is kind for other in found):
            continue
        at = next((i for i, other in enumerate(found) if issubclass(kind, type(other))), len(found))
        found.insert(at, argument)
    return found


def handle_torch_function(public: Callable, relevant: Iterable[Any], *args: Any, **kwargs: Any) -> Any:
    """Asks the overriding classes of `relevant` in order what `public(*args, **kwargs)` is; TypeError where none knows."""
    overriding = _overriding(relevant)
    types = tuple(type(argument) for argument in overriding)
    for argument in overriding:
        result = type(argument).__torch_function__(public, types, args, kwargs)
        if result is not NotImplemented:
            return result
    raise TypeError(
        f"no implementation found for '{public.__module__}.{public.__name__}' on types that implement "
        f"__torch_function__: {list(types)}"
    )
