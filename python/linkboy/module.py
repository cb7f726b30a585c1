"""Modules of TorchScript programs as Python objects: what torch.jit.ScriptModule offers, over the C extension.

Calling, attributes and methods are in C (python/extension/script_module.c); here is what walks the tree of modules.
"""
from __future__ import annotations

from linkboy import _C

TEXT_CODE, TEXT_GRAPH, TEXT_INLINED = 0, 1, 3


class ScriptModule(_C.Module):
    """A module of a TorchScript program (torch.jit.ScriptModule). Made by `linkboy.load`; called like a function."""

    @property
    def code(self) -> str:
        """The code of `forward`."""
        return self._text(TEXT_CODE, "forward")

    @property
    def graph(self) -> str:
        """The graph of `forward`, as text."""
        return self._text(TEXT_GRAPH, "forward")

    @property
    def inlined_graph(self) -> str:
        """The same with all calls put in place."""
        return self._text(TEXT_INLINED, "forward")


class ScriptObject(_C.Module):
    """An object of a script class, as a program gives it (torch.ScriptObject)."""
