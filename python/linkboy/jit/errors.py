"""Compile errors that the host finds, in the library's form: what PyTorch says, then lines of our own with a stable
code, the place, what is wrong and how it is mended (docs/ERRORS.md; src/lang/error_codes.c has the table)."""

from __future__ import annotations

import contextlib

FOLLOW_UP = "did not compile before"  # what is said of that which has been refused already

MODULES, INTERFACE, NOT_INITIALIZED = 1600, 1602, 1603
CLASS_BODY, UNKNOWN_TYPE, CONSTANT = 1003, 1103, 1505
UNSUPPORTED, DEFAULT_VALUE, NO_SOURCE = 1800, 1806, 1807

_MARK, _COUNT, _MOST = "\nerror[LB", "\nerrors: ", 20


def failure(kind, code: int, message: str, help: str, what: str = "", place=None) -> Exception:
    """An exception of class `kind` with PyTorch's message and our lines; `place` is (file, line, its text)."""
    where = f"{place[0]}:{place[1]}: `{place[2]}`: " if place else ""
    error = kind(f"{message}{_MARK}{code}]: {where}{what or message.strip()}\nhelp: {help}\n")
    error.code = "compile"
    return error


def follow_up(name: str) -> Exception:
    """Of what has been refused already: told where nothing else is."""
    error = RuntimeError(f"'{name}' {FOLLOW_UP}")
    error.code = "compile"
    return error


def without_own_lines(message: str) -> str:
    return message.split(_MARK, 1)[0]


def _blocks(message: str) -> list:
    """Our lines, error by error."""
    parts = message.rsplit(_COUNT, 1)[0].split(_MARK)[1:]
    return [_MARK[1:] + part.rstrip("\n") + "\n" for part in parts]


def _change(error: Exception, blocks: list) -> None:
    shown = "".join(blocks[:_MOST])
    count = f"{_COUNT[1:]}{len(blocks)}" if len(blocks) > 1 else ""
    more = f", not shown: {len(blocks) - _MOST}" if len(blocks) > _MOST else ""
    end = f"{count}{more}\n" if count else ""
    error.args = (f"{without_own_lines(str(error))}\n{shown}{end}",)


def is_compile_error(error: BaseException) -> bool:
    return getattr(error, "code", None) == "compile"


def place(error: Exception, where) -> None:
    """Says of an error without one where it is; `where` is (file, line, its text) or None."""
    blocks = _blocks(str(error))
    if where and len(blocks) == 1:
        head, rest = blocks[0].split("]: ", 1)
        _change(error, [f"{head}]: {where[0]}:{where[1]}: `{where[2]}`: {rest}"])


class Collected:
    """The errors of a module and those below it, or of a class. The first is raised in the end, with our lines of all."""

    path: list = []  # names of the submodules on the way to the one that is compiled

    def __init__(self, of_module=True):
        self.of_module = of_module
        self.first = None
        self.blocks = []

    @contextlib.contextmanager
    def part(self, module=None, name=None):
        """Goes on after errors of what is compiled in it: something of the module itself, or its submodule `name`."""
        if name is not None:
            self.path.append((type(module).__name__, name))
        try:
            yield
        except Exception as error:
            if not is_compile_error(error):
                raise
            self._add(error)
        finally:
            if name is not None:
                self.path.pop()

    def _add(self, error) -> None:
        blocks = _blocks(str(error))
        if self.of_module and self.path and not getattr(error, "noted", False):
            way = ".".join(name for _, name in self.path)
            blocks = [f"{b}note: this is compiled for the submodule `{way}` of `{self.path[0][0]}`\n" for b in blocks]
            _change(error, blocks)
            error.noted = True
        if self.first is None or (blocks and FOLLOW_UP in without_own_lines(str(self.first))):
            self.first = error
        known = {block.split("\n", 1)[0] for block in self.blocks}
        self.blocks += [b for b in blocks if b.split("\n", 1)[0] not in known]

    def end(self) -> None:
        if self.first is None:
            return
        if len(self.blocks) > len(_blocks(str(self.first))):
            _change(self.first, self.blocks)
        raise self.first
