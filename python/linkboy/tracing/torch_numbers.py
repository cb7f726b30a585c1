"""Numbers that stand for torch's 0-dim tensors, where torch's argument parser reads one as a number (see
torch_host.py).
"""

from __future__ import annotations

from typing import Any, Optional


class Stand:
    """Numbers that stand for 0-dim tensors: an int or a float that no program uses, one for each reading."""

    INT, FLOAT = 0x4C42_7261_6365_0000, 1.2345e300

    def __init__(self) -> None:
        self.tensors: list[tuple[Any, Any]] = []  # tensor, its true value

    def put(self, tensor: Any, value: Any) -> Any:
        self.tensors.append((tensor, value))
        index = len(self.tensors) - 1
        return self.INT + index if isinstance(value, int) else self.FLOAT * (1 + index * 2.0**-40)

    def find(self, number: Any) -> Optional[tuple[Any, Any]]:
        if not self.tensors or isinstance(number, bool):
            return None
        if isinstance(number, int):
            index = number - self.INT
        elif isinstance(number, float) and number >= self.FLOAT and number != float("inf"):
            index = round((number / self.FLOAT - 1) * 2.0**40)
        else:
            return None
        return self.tensors[index] if 0 <= index < len(self.tensors) else None

    def mark(self, value: Any) -> Any:
        """An argument of an operator with Reads for numbers that stand for tensors."""
        if isinstance(value, (list, tuple)):
            return [self.mark(item) for item in value]
        found = self.find(value)
        return Read(*found) if found else value


class Read:
    """A number in an argument that is a tensor in the trace."""

    def __init__(self, tensor: Any, value: Any) -> None:
        self.tensor, self.value = tensor, value


def unmark(value: Any) -> Any:
    """The argument with true numbers."""
    if isinstance(value, list):
        return [unmark(item) for item in value]
    return value.value if isinstance(value, Read) else value
