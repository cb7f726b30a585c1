"""Tells the C extension of the classes and functions that are written in Python; imported once, before
anything is made."""

import re
import types
import warnings

from linkboy import _C, arrays, classes, creation, graph_types, graphs, tensor_methods, torch_tensors
from linkboy.jit.function import ScriptFunction
from linkboy.module import ScriptModule, ScriptObject
from linkboy import passes  # isort: skip  (it needs the modules)
from linkboy.size import Size

_WARNING = re.compile(r"(?:(.*):(\d+): )?(\w+): (.*)\n", re.DOTALL)
_seen: dict = {}  # warnings that have been shown, as the module of the program's source would keep them


def warn(text: str) -> None:
    """A program's warning, "FILE:LINE: UserWarning: MESSAGE", at the line of its source."""
    file, line, kind, message = _WARNING.fullmatch(text).groups()
    warnings.warn_explicit(
        message, getattr(warnings, kind, UserWarning), file or "<program>", int(line or 1), registry=_seen
    )


_C.set_up(
    module=ScriptModule,
    object=ScriptObject,
    size=Size,
    warn=warn,
    enum=classes.enum_member,
    named_tuple=classes.named_tuple,
    result_tuple=classes.result_tuple,
    method=types.MethodType,
    tensor=creation.make_tensor,
    tensor_from=creation.tensor,
    array_view=arrays.view,
    torch_taken=torch_tensors.taken,
    torch_given=torch_tensors.given,
    function=ScriptFunction,
    graph=graphs.Graph,
    block=graphs.Block,
    node=graphs.Node,
    value=graphs.Value,
    types=graph_types.BY_KIND,
)
tensor_methods.install()

# PyTorch's private names of graphs and passes, which code that edits graphs is written with.
_C.parse_ir, _C.Graph, _C.Block, _C.Node, _C.Value = graphs.parse_ir, graphs.Graph, graphs.Block, graphs.Node, graphs.Value
for _name, _class in graph_types.BY_KIND.items():
    setattr(_C, _name, _class)
for _name in (*passes.contracts(), "canonicalize", "lower_graph", "custom_pattern_based_rewrite_graph"):
    setattr(_C, f"_jit_pass_{_name}", getattr(passes, _name))
