"""Gradient modes. linkboy records no gradients, so these contexts and decorators change nothing; they are
there so that ordinary model source runs."""

from __future__ import annotations

import contextlib


class _Mode(contextlib.ContextDecorator):
    def __init__(self, mode=True):
        self.mode = mode

    def __call__(self, function):
        return super().__call__(function)

    def __enter__(self):
        return None

    def __exit__(self, *exception):
        return False


def _mode(name: str):
    class Mode(_Mode):
        def __new__(cls, mode=True):
            made = super().__new__(cls)
            if callable(mode):  # @no_grad without parentheses
                _Mode.__init__(made)
                return made(mode)
            return made

    Mode.__name__ = Mode.__qualname__ = name
    Mode.__doc__ = f"Changes nothing: no gradients are recorded (torch.{name})."
    return Mode


no_grad, enable_grad, inference_mode = _mode("no_grad"), _mode("enable_grad"), _mode("inference_mode")
set_grad_enabled = _mode("set_grad_enabled")


def is_grad_enabled() -> bool:
    """False: no gradients are recorded."""
    return False
