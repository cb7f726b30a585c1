"""Where the source of a function is: the file's text and the line on which the definition begins.

The library cuts the definition out of the file itself. A function that was typed in or made by exec() is
found where
Python keeps it (linecache, which notebooks and doctest fill); otherwise the error says what to do.
"""

from __future__ import annotations

import ast
import functools
import inspect
import linecache
import re
import textwrap
from typing import NamedTuple, Optional

from linkboy.jit import errors

_BEGINNING = re.compile(
    r"^(\s*def\s)|(\s*async\s+def\s)|(.*(?<!\w)lambda(:|\s))|^(\s*@)"
)  # as inspect.findsource()
_texts: dict = {}  # file -> (list of lines of linecache, text)


class Source(NamedTuple):
    """A file's text (UTF-8), its name, the line (from 1) on which a definition begins."""

    text: bytes
    file: Optional[str]
    line: int


def unwrapped(fn):
    """The function itself, behind methods and decorators that say what they wrap."""
    return inspect.unwrap(getattr(fn, "__func__", fn))


def _lines(file: str, module_globals) -> list:
    lines = linecache.getlines(file, module_globals)
    known = _texts.get(file)
    if known is None or known[0] is not lines:
        _texts[file] = known = (lines, "".join(lines).encode("utf-8", "surrogatepass"))
    return known


def refresh() -> None:
    """Looks for files that have changed since they were read; once before each compilation."""
    linecache.checkcache()


def _missing(fn, file: str) -> OSError:
    where = f"it was compiled from {file}" if file else "it has no file"
    return errors.failure(
        OSError,
        errors.NO_SOURCE,
        f"the source of '{fn.__qualname__}' cannot be had: {where}, which is no file that can be read. Text that is run by "
        "exec() is found when it is put into linecache.cache under the name that compile() was given",
        "Define the function in a file or a notebook's cell, or do without it in the program.",
    )


def source_of(fn) -> Source:
    """The source of a Python function. OSError when there is none."""
    fn = unwrapped(fn)
    code = getattr(fn, "__code__", None)
    if code is None:
        raise errors.failure(
            OSError,
            errors.NO_SOURCE,
            f"{fn!r} is no Python function: it has no source",
            "Programs have functions that are written in Python; do the rest outside of the program.",
        )
    file = code.co_filename
    lines, text = _lines(file, fn.__globals__)
    if not lines or code.co_firstlineno > len(lines):
        raise _missing(fn, file)
    line = code.co_firstlineno
    if code.co_name == "<lambda>":
        return _lambda_source(fn, code, text)
    while line > 1 and not _BEGINNING.match(lines[line - 1]):
        line -= 1
    return Source(text, file, line)


# ---- lambdas: as a definition that returns what they give ----


def _spans(code) -> list:
    """Where the instructions stand: (line, column, last line, last column)."""
    return [(a, c, b, d) for a, b, c, d in code.co_positions() if a is not None and d]


def _holds(body, span) -> bool:
    line, column, last, end = span
    begins = (body.lineno, body.col_offset) <= (line, column)
    return begins and (last, end) <= (body.end_lineno, body.end_col_offset)


_tree = functools.lru_cache(maxsize=8)(ast.parse)


def _find_lambda(code, text: bytes):
    """The smallest lambda on the code's line in which its instructions stand; None."""
    spans = _spans(code)
    found = [
        node
        for node in ast.walk(_tree(text))
        if isinstance(node, ast.Lambda)
        and node.lineno == code.co_firstlineno
        and all(_holds(node.body, span) for span in spans)
    ]
    return min(found, key=lambda node: node.end_col_offset - node.col_offset, default=None)


def _lambda_source(fn, code, text: bytes) -> Source:
    try:
        node = _find_lambda(code, text)
    except SyntaxError:
        node = None
    if node is None:
        raise _missing(fn, code.co_filename)
    definition = f"def lambda_({ast.unparse(node.args)}): return ({ast.unparse(node.body)})\n"
    return Source(b"\n" * (node.lineno - 1) + definition.encode(), code.co_filename, node.lineno)


def annotations_in_init(cls: type) -> dict:
    """The texts of the annotations with which the __init__ of a class and its bases set attributes."""
    found: dict = {}
    for base in reversed(cls.__mro__):
        try:
            text = inspect.getsource(vars(base)["__init__"])
        except (KeyError, OSError, TypeError):
            continue
        found.update(
            (node.target.attr, ast.unparse(node.annotation))
            for node in ast.walk(ast.parse(textwrap.dedent(text)))
            if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Attribute)
        )
    return found


def text_source(text: str, name: Optional[str] = None) -> Source:
    """The source of a definition that is written here."""
    return Source(text.encode(), name, 1)


def definition_of(fn):
    """The tree of a function's definition."""
    return ast.parse(textwrap.dedent(inspect.getsource(unwrapped(fn)))).body[0]


def place_of(fn) -> str:
    """'FILE, line N', for messages."""
    code = unwrapped(fn).__code__
    return f"{code.co_filename}, line {code.co_firstlineno}"


def _is_under(node, decorators, names: dict) -> bool:
    """Whether one of these decorators stands over a definition."""
    for expression in node.decorator_list:
        try:
            found = eval(ast.unparse(expression), names)
        except Exception:  # a name that is gone
            continue
        if any(found is decorator for decorator in decorators):
            return True
    return False


def definitions_under(fn, *decorators) -> list:
    """The functions of `fn`'s file that have its name and stand under one of these decorators, without it."""
    file, text = inspect.getsourcefile(fn), _lines(inspect.getsourcefile(fn), fn.__globals__)[1]
    found = []
    for node in ast.walk(_tree(text)):
        named = isinstance(node, ast.FunctionDef) and node.name == fn.__name__
        if named and node.decorator_list and _is_under(node, decorators, fn.__globals__):
            names, bare = dict(fn.__globals__), ast.FunctionDef(**{**vars(node), "decorator_list": []})
            exec(compile(ast.Module([bare], []), file, "exec", dont_inherit=True), names)
            found.append(names[fn.__name__])
    return found
