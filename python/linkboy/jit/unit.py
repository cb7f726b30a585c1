"""The process's one compilation unit, and the lock that whoever compiles holds.

All that is scripted shares types and the counter of names (`___torch_mangle_7`), as in PyTorch.
"""

from __future__ import annotations

import threading

from linkboy import _C
from linkboy.jit import answers, errors

class_scopes: dict = {}  # qualified name -> what a class has besides its members


def _find_class(name: str):
    scope = class_scopes.get(name)
    return None if scope is None else answers.scope(scope, name)


def _default_refused(error, source):
    lines = source[0].decode("utf-8", "replace").splitlines()
    return errors.failure(
        RuntimeError,
        errors.DEFAULT_VALUE,
        f"the default value of a parameter cannot be one of a program: {error}",
        "Make the default None, and put something else in its place in the function.",
        place=(source[1], source[2], lines[source[2] - 1].strip()) if source[2] <= len(lines) else None,
    )


def declare(qualified, cls, source):
    """A function, or a method of a class, that is compiled when a program needs it."""
    try:
        return unit.declare(qualified, cls, source)
    except Exception as error:  # the methods of a default may raise anything
        if hasattr(error, "code"):
            raise
        raise _default_refused(error, source) from None


unit = _C.Unit(_find_class)
lock = threading.RLock()

PARAMETER, BUFFER = 1, 2  # flags of attributes
CLASS, MODULE, MODULE_LIST, MODULE_DICT, PARAMETER_LIST, PARAMETER_DICT, INTERFACE, MODULE_INTERFACE = range(
    8
)

_types: dict = {}


def type_of_text(text: str):
    """The type that an annotation's text names; classes by their qualified names."""
    found = _types.get(text)
    if found is None:
        found = _types[text] = unit.type(text)
    return found


def qualified_name(obj) -> str:
    """ "__torch__.module.name" of a function or class (torch._jit_internal._qualified_name).

    What is of this package is named as its counterpart in PyTorch: programs are the same with both.
    """
    name = obj.__name__
    if name == "<lambda>":
        name = "_lambda"
    module = obj.__module__
    if module is None:
        raise errors.failure(
            RuntimeError,
            errors.UNSUPPORTED,
            f"'{name}' has no module: its __module__ is None",
            "Set `__module__` to the name of a module.",
        )
    if "." in name:
        raise errors.failure(
            RuntimeError,
            errors.UNSUPPORTED,
            f"'{name}' cannot be compiled under this name: it is no identifier",
            "Set `__name__` to an identifier.",
        )
    package, dot, rest = module.partition(".")
    if package == "linkboy":
        module = f"torch{dot}{rest}"
    return f"__torch__.{name}" if module == "__main__" else f"__torch__.{module}.{name}"


def source_tuple(source, scope, name=None, defaults=None, declaration=None) -> tuple:
    """A source as the extension takes it; `declaration` is another such tuple."""
    return (source.text, source.file, source.line, scope, name, defaults, declaration)
