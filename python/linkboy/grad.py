"""Gradient modes. linkboy records no gradients, so these contexts and decorators change no result; they are
there so that ordinary model source runs, and so that a trace marks what requires a gradient in PyTorch."""

from __future__ import annotations

import contextlib
import threading

_modes = threading.local()


def would_record() -> bool:
    """Whether PyTorch would record gradients here."""
    return not getattr(_modes, "stack", None) or _modes.stack[-1]


class _Mode(contextlib.ContextDecorator):
    def __init__(self, mode=True):
        self.mode = mode

    def __call__(self, function):
        return super().__call__(function)

    def __enter__(self):
        if not hasattr(_modes, "stack"):
            _modes.stack = []
        _modes.stack.append(self.records(self.mode))

    def __exit__(self, *exception):
        _modes.stack.pop()
        return False


def _mode(name: str, records):
    """A mode that records gradients, or not, as `records` says of its argument."""

    class Mode(_Mode):
        def __new__(cls, mode=True):
            made = super().__new__(cls)
            if callable(mode):  # @no_grad without parentheses
                _Mode.__init__(made)
                return made(mode)
            return made

    Mode.records = staticmethod(records)
    Mode.__name__ = Mode.__qualname__ = name
    Mode.__doc__ = f"Changes nothing: no gradients are recorded (torch.{name})."
    return Mode


no_grad = _mode("no_grad", lambda mode: False)
enable_grad = _mode("enable_grad", lambda mode: True)
inference_mode = _mode("inference_mode", lambda mode: not mode)
set_grad_enabled = _mode("set_grad_enabled", bool)


def is_grad_enabled() -> bool:
    """False: no gradients are recorded."""
    return False
