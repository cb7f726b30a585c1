"""A trace while it is made: what the hosts (torch_host.py, eager_host.py) tell the recorder in C.

Values go to C as trees of tuples that begin with one of the numbers below; tensors are told by `id`, and are
kept alive until the trace ends, so that no two ever share one. Which frame of the traced program is running
is known to the host, which says so before it records; from it come the names of values (the local variable
that holds a tensor) and the places in the source.
"""

from __future__ import annotations

import os
import threading
import types
import warnings
from typing import Any, Callable, Optional

from linkboy import _C
from linkboy.operators import schema_of, split_arguments
from linkboy.tracing.warning import TracerWarning

TEXT_SCHEMA = 4

DEFAULT, TENSOR, NUMBER, CONSTANT, LIST, TUPLE, DICT = range(7)

DATAFLOW = (
    " might cause the trace to be incorrect. We can't record the data flow of Python values, so this value"
    " will be treated as a constant in the future. This means that the trace might not generalize to other"
    " inputs!"
)
CONSTRUCTOR = (
    " results are registered as constants in the trace. You can safely ignore this warning if you use this"
    " function to create tensors out of constant variables that would be the same every time you call this"
    " function. In any other case, this might cause the trace to be incorrect."
)
RESIZE = (
    " can't be represented in the JIT at the moment, so we won't connect any uses of this value with its"
    " current trace. If you happen to use it again, it will show up as a constant in the graph."
)

_HERE = os.path.dirname(os.path.abspath(__file__)) + os.sep


class Recorder:
    """One trace. A host has what is different between kinds of tensors: `describe(tensor)` (the tuple of a
    TENSOR but for its first two items), `is_tensor(object)` and `to_value(tensor)` (something that can be a
    constant)."""

    def __init__(
        self, unit: Any, module: Any, host: Any, strict: bool, guards: bool, outplace: bool = False
    ) -> None:
        self.host = host
        self.module = module
        self.guards = guards
        self.outplace = outplace  # operators in place are recorded as those that give a new tensor
        self.frame: Optional[types.FrameType] = None
        self.naming = True  # whether the running frame's variables give names
        self.kept: dict[int, Any] = {}
        self.thread = threading.get_ident()
        self.trace = _C.Trace(
            unit,
            module,
            name=self._variable,
            tensor=self._constant,
            warn=self._warn_output,
            lenient=not strict,
        )

    # ---- what C asks ----

    def _variable(self, key: int) -> str:
        """The local variable of the running frame that holds the tensor; "" if none does, or `self`."""
        for name, value in self.frame.f_locals.items() if self.frame and self.naming else ():
            if id(value) == key and self.host.is_tensor(value):
                return "" if name == "self" else name
        return ""

    def _constant(self, key: int) -> Any:
        return self.host.to_value(self.kept[key])

    def _warn_output(self, text: str) -> None:
        warnings.warn(text, TracerWarning, stacklevel=2)

    # ---- trees ----

    def tensor(self, tensor: Any) -> tuple:
        key = id(tensor)
        self.kept[key] = tensor
        return (TENSOR, key, *self.host.describe(tensor))

    def tree(self, value: Any) -> tuple:
        """Tensors, lists, tuples and dicts of them as they are; anything else is a constant."""
        if self.host.is_tensor(value):
            return self.tensor(value)
        if isinstance(value, tuple):
            return (TUPLE, [self.tree(item) for item in value])
        if isinstance(value, list):
            return (LIST, [self.tree(item) for item in value])
        if isinstance(value, dict):
            return (DICT, [self.tree(part) for entry in value.items() for part in entry])
        return (CONSTANT, value)

    # ---- what happens ----

    def at(self, frame: Optional[types.FrameType]) -> None:
        """`frame` of the traced program is running."""
        self.frame = frame
        lines = []
        while frame is not None:
            lines.append(f"{frame.f_code.co_filename}({frame.f_lineno}): {frame.f_code.co_name}\n")
            frame = frame.f_back
        if self.frame is not None:
            self.trace.at("".join(lines), self.frame.f_code.co_filename, self.frame.f_lineno)

    def knows(self, tensor: Any) -> bool:
        return self.trace.knows(id(tensor))

    def same(self, tensor: Any, known: Any) -> None:
        """The tensor is the one that the trace knows as `known`."""
        self.kept[id(tensor)] = tensor
        self.trace.same(id(tensor), id(known))

    def attribute(self, path: str, tensor: Any) -> None:
        self.trace.attribute(path, self.tensor(tensor))

    def op(self, name: str, args: list[tuple], results: list[tuple]) -> None:
        self.trace.op(_out_of_place(name) if self.outplace else name, args, results)

    def call(self, callee: Any, method: str, args: tuple, kwargs: dict, result: Any) -> None:
        """A compiled function was called, or a method of a ScriptModule."""
        schema = callee._text(TEXT_SCHEMA, method) if method else callee.schema
        names = [text.partition("=")[0].rpartition(" ")[2] for text in split_arguments(schema) if text != "*"]
        if method:
            names = names[1:]
        given = dict(zip(names, args))
        given.update(kwargs)
        trees = [self.argument(given[name]) if name in given else (DEFAULT,) for name in names]
        self.trace.call(callee, method or None, trees, self.tree(result))

    def argument(self, value: Any) -> tuple:
        """A compiled function's argument: what holds no tensors is a constant as a whole."""
        if isinstance(value, (list, tuple, dict)) and not self._holds_tensor(value):
            return (CONSTANT, value)
        if isinstance(value, (list, tuple)):
            kind = TUPLE if isinstance(value, tuple) else LIST
            return (kind, [self.argument(item) for item in value])
        return self.tree(value)

    def _holds_tensor(self, value: Any) -> bool:
        if isinstance(value, dict):
            return any(map(self._holds_tensor, value.values()))
        if isinstance(value, (list, tuple)):
            return any(map(self._holds_tensor, value))
        return self.host.is_tensor(value)

    def size(self, tensor: Any, dim: int, number: Any) -> None:
        """`number`, a 0-dim tensor, is the tensor's size in a dimension."""
        self.kept[id(number)] = number
        self.trace.size(self.tensor(tensor), dim, id(number))

    def numel(self, tensor: Any, number: Any) -> None:
        """`number`, a 0-dim tensor, is the tensor's number of elements."""
        self.kept[id(number)] = number
        self.trace.numel(self.tensor(tensor), id(number))

    def leaves(self, what: str) -> None:
        """A tensor becomes a Python value: a warning at the line where it does."""
        self.warn(f"Converting a tensor to {what}", DATAFLOW)

    def guard(self, tensor: Any, value: Any, what: str) -> None:
        """The program checks that the tensor is this bool, int or float; `what` says how that came to
        matter."""
        code, line = self.frame.f_code, self.frame.f_lineno
        self.trace.guard(
            id(tensor),
            value,
            f"{code.co_filename}:{line}: this program was traced with a tensor {what} here, and took its"
            " way by that; for this input it is another",
        )

    def warn(self, what: str, why: str) -> None:
        """A TracerWarning at the line of the traced program."""
        frame = self.frame
        if frame is None:
            warnings.warn(what + why, TracerWarning, stacklevel=2)
            return
        module = frame.f_globals.get("__name__", "<unknown>")
        registry = frame.f_globals.setdefault("__warningregistry__", {})
        warnings.warn_explicit(
            what + why, TracerWarning, frame.f_code.co_filename, frame.f_lineno, module, registry
        )


def _out_of_place(name: str) -> str:
    """The operator that gives a new tensor for one that writes into its first argument."""
    operator, dot, overload = name.partition(".")
    other = operator[:-1] + dot + overload
    return other if operator.endswith("_") and schema_of(other) else name


def outer_frame(
    frame: Optional[types.FrameType], skipped: Callable[[types.CodeType], bool]
) -> Optional[types.FrameType]:
    """The innermost frame from `frame` outwards that is neither of these files nor skipped."""
    while frame is not None:
        if not frame.f_code.co_filename.startswith(_HERE) and not skipped(frame.f_code):
            return frame
        frame = frame.f_back
    return None


_current = threading.local()


def current() -> Optional[Recorder]:
    """The trace that this thread is making, or None."""
    return getattr(_current, "recorder", None)


class recording:
    """`with recording(recorder):` makes it the thread's trace."""

    def __init__(self, recorder: Recorder) -> None:
        if current() is not None:
            raise RuntimeError("Tracing can't be nested")
        self.recorder = recorder

    def __enter__(self) -> Recorder:
        _current.recorder = self.recorder
        return self.recorder

    def __exit__(self, *exception: Any) -> None:
        _current.recorder = None


def is_tracing() -> bool:
    """Whether a trace is being made (torch.jit.is_tracing)."""
    return current() is not None
