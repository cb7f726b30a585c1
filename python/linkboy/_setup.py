"""Tells the C extension of the classes and functions that are written in Python; imported once, before
anything is made."""

import re
import types
import warnings

from linkboy import _C, arrays, classes, creation, tensor_methods, torch_tensors
from linkboy.jit.function import ScriptFunction
from linkboy.module import ScriptModule, ScriptObject
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
)
tensor_methods.install()
