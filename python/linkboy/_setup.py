"""Tells the C extension of the classes that are written in Python; imported once, before anything is made."""
import warnings

from linkboy import _C
from linkboy.module import ScriptModule, ScriptObject
from linkboy.size import Size


def warn(message: str) -> None:
    """A program's warning, at the line of Python that called the program."""
    warnings.warn(message, UserWarning, stacklevel=2)


_C.set_up(module=ScriptModule, object=ScriptObject, size=Size, warn=warn)
