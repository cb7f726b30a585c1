"""Gradient modes as programs have them, `torch.autograd.grad_mode`: what `with torch.no_grad():` is compiled
to. Python itself enters those of linkboy.grad."""

from typing import Any

import linkboy as torch


class no_grad:
    """Records no gradients inside; afterwards it is as before."""

    def __init__(self) -> None:
        self.prev = False

    def __enter__(self) -> None:
        self.prev = torch.is_grad_enabled()
        torch.set_grad_enabled(False)

    def __exit__(self, exc_type: Any, exc_value: Any, traceback: Any) -> None:
        torch.set_grad_enabled(self.prev)
