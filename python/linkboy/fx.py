"""What model source asks of PyTorch's other tracer, `torch.fx`. It is not there: there is nothing to be told."""

from typing import Any


def wrap(fn_or_name: Any) -> Any:
    """The function, or its name, as it is."""
    return fn_or_name
