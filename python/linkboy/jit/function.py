"""ScriptFunction: a compiled function as a Python object."""

from __future__ import annotations

from linkboy import _C
from linkboy.graphs import Graph

TEXT_CODE, TEXT_GRAPH, TEXT_CANONICAL, TEXT_INLINED, TEXT_SCHEMA = range(5)


class ScriptFunction(_C.Function):
    """A compiled function (torch.jit.ScriptFunction). Called like the Python function that it was made
    from."""

    @property
    def name(self) -> str:
        """The last part of its qualified name."""
        return self.qualified_name.rpartition(".")[2]

    __name__ = name

    @property
    def code(self) -> str:
        """Its code as text."""
        return self._text(TEXT_CODE)

    @property
    def graph(self) -> Graph:
        """A copy of its graph."""
        return _C.function_graph(self)

    @property
    def inlined_graph(self) -> Graph:
        """The same with all calls put in place."""
        graph = self.graph.copy()
        graph._run("inline")
        return graph

    @property
    def schema(self) -> str:
        """What it takes and gives."""
        return self._text(TEXT_SCHEMA)

    def save(self, f, _extra_files=None) -> None:
        """Saves the function to a path or a file that can be written, as a module whose `forward` it is
        (torch.jit.save)."""
        self._module().save(f, _extra_files)

    def save_to_buffer(self, _extra_files=None) -> bytes:
        """The bytes that `save` writes."""
        return self._module().save_to_buffer(_extra_files)

    def __repr__(self) -> str:
        return f"<linkboy.ScriptFunction {self.qualified_name}>"
