"""What the hosts of traces have in common. A host lets a program run and tells the recorder what it does;
which kind of tensors it does that with is said by torch_host.py and eager_host.py. Here is what a trace
makes of the calls of modules, of sizes, of tensors that become Python values and of tensors made of
Python values.
"""

from __future__ import annotations

import contextlib
from typing import Any, Callable, Iterable, Iterator

from linkboy.tracing import guards, recorder
from linkboy.tracing.recorder import CONSTRUCTOR, Recorder
from linkboy.tracing.sizes import TracedSize
from linkboy.tracing.values import mapped

# What a method makes of a tensor.
LEAVING = {
    "item": "a Python number",
    "__bool__": "a Python boolean",
    "__int__": "a Python integer",
    "__index__": "a Python index",
    "__float__": "a Python float",
    "__complex__": "a Python complex",
    "is_nonzero": "a Python boolean",
    "tolist": "a Python list",
    "numpy": "a NumPy array",
}
# Operators that give a Python bool of two tensors, with their further arguments.
COMPARISONS = {"aten::equal": {}, "aten::allclose": {"rtol": 1e-5, "atol": 1e-8, "equal_nan": False}}
LENGTH = (
    "Using len to get tensor shape might cause the trace to be incorrect. Recommended usage would be"
    " tensor.shape[0]. Passing a tensor of different shape might lead to errors or silently give incorrect"
    " results."
)
ITERATION = (
    "Iterating over a tensor might cause the trace to be incorrect. Passing a tensor of different shape won't"
    " change the number of iterations executed (and might lead to errors or silently give incorrect results)."
)


class Host:
    """Watches one trace. A host of one kind of tensors has beside these, and what the recorder asks:

    at()                tells the recorder which frame of the traced program is running
    unwatched()         context: nothing goes into the trace
    tell(name, args, result)   an operator ("aten::to.device") has run
    operator(name)      an operator as a function that is told
    requires_grad(x), plain_sizes(x), dims(x), number(n): a new 0-dim tensor
    """

    recorder: Recorder
    size_class = TracedSize

    def __init__(self) -> None:
        self.paths: dict[Any, str] = {}  # submodule -> its path; empty: a function is traced
        self.given: dict[int, Any] = {}

    def begin(self, traced_by: Recorder, func: Any, paths: dict) -> None:
        """`func` is traced; `paths`: its submodules, of which each call is a method of its own."""
        self.recorder, self.paths = traced_by, paths

    def here(self) -> bool:
        """Whether the running thread is the one that makes this trace."""
        return recorder.current() is self.recorder

    def fresh(self, value: Any) -> Any:
        """The inputs as the program sees them: a tensor that comes twice is another one the second time."""

        def other(tensor: Any) -> Any:
            if self.recorder.knows(tensor) or id(tensor) in self.given:
                tensor = tensor.view(tensor.shape)
            self.given[id(tensor)] = tensor
            return tensor

        return mapped(other, value)

    def to_value(self, tensor: Any) -> Any:
        """The tensor as a constant of the program."""
        if self.requires_grad(tensor):
            with self.unwatched():
                shown = str(tensor.detach())
            raise RuntimeError(
                "Cannot insert a Tensor that requires grad as a constant. Consider making it a parameter or"
                f" input, or detaching the gradient\nTensor:\n{shown}"
            )
        return tensor

    def run(self, name: str, *args: Any) -> Any:
        """What an operator gives, which the trace has whatever the host would make of the call."""
        with self.unwatched():
            result = self.operator(name)(*args)
        self.tell(name, args, result)
        return result

    # ---- modules ----

    def forward(self, module: Any, args: tuple, kwargs: dict) -> Any:
        """Calls a module's forward, as a method of its own where it is a submodule of what is traced."""
        path = self.paths.get(module) if self.here() else None
        if path is None:
            return module.forward(*args, **kwargs)
        self.recorder.trace.enter(path)
        try:
            return module.forward(*args, **kwargs)
        finally:
            self.recorder.trace.leave()

    # ---- sizes ----

    def size(self, x: Any, dim: int) -> Any:
        """x.size(dim): a 0-dim tensor."""
        sizes = self.plain_sizes(x)
        limit = max(len(sizes), 1)
        if not -len(sizes) <= dim < limit:
            raise IndexError(
                f"Dimension out of range (expected to be in range of [{-limit}, {limit - 1}], but got {dim})"
            )
        number = self.number(int(sizes[dim]))
        self.recorder.size(x, dim, number)
        return number

    def shape(self, x: Any) -> Any:
        return self.size_class(self.size(x, dim) for dim in range(len(self.plain_sizes(x))))

    def numel(self, x: Any, count: int) -> Any:
        number = self.number(count)
        self.recorder.numel(x, number)
        return number

    # ---- tensors that become Python values ----

    def leaves(self, x: Any, value: Any, what: str) -> None:
        """x became `value`, which is `what`."""
        self.recorder.leaves(what)
        if self.recorder.guards and self.recorder.knows(x):
            guards.value(self, x, value)

    def counted(self, x: Any, warning: str) -> None:
        """The first size of x was taken for granted."""
        self.recorder.warn(warning, "")
        if self.recorder.guards and self.recorder.knows(x):
            guards.sizes(self, x, 1)

    def compared(self, name: str, given: dict, found: bool) -> None:
        """A comparison by that name of COMPARISONS gave `found`; PyTorch says nothing of it."""
        pair = given["self"], given["other"]
        if not any(map(self.recorder.knows, pair)):
            return
        self.at()
        self.recorder.leaves("a Python boolean")
        if self.recorder.guards:
            settings = [given.get(key, value) for key, value in COMPARISONS[name].items()]
            guards.comparison(self, pair, settings, found)

    # ---- tensors of Python values ----

    def numbers_in(self, data: Any) -> Any:
        """Nested lists whose 0-dim tensors are read as Python numbers."""
        if self.is_tensor(data):
            if self.plain_sizes(data):
                return data
            with self.unwatched():
                value = data.item()
            self.leaves(data, value, "a Python number")
            return value
        return type(data)(map(self.numbers_in, data)) if type(data) in (list, tuple) else data

    def constructed(self, original: Callable, name: str, data: Any, args: tuple, kwargs: dict) -> Any:
        """`torch.tensor(data)` and its like, as `original(data, ...)` makes them."""
        detached = name == "torch.tensor"
        if self.is_tensor(data) and not detached:
            return original(data, *args, **kwargs)
        self.recorder.warn(name, CONSTRUCTOR)
        if self.is_tensor(data):
            return self._copied(data, original, args, kwargs)
        data = self.numbers_in(data)
        with self.unwatched():
            made = original(data, *args, **kwargs)
        return self.moved(made, detached)

    def moved(self, made: Any, detached: bool) -> Any:
        """A tensor of Python values is a constant that is moved to its device and dtype."""
        with self.unwatched():
            moved = made.detach()
            result = moved.detach() if detached else moved
        self.tell("aten::to.device", (made, made.device, made.dtype, False, False, None), moved)
        if not detached:
            return moved
        self.tell("aten::detach", (moved,), result)
        return result.requires_grad_() if made.requires_grad else result

    def _copied(self, data: Any, original: Callable, args: tuple, kwargs: dict) -> Any:
        """torch.tensor(t): t detached, moved (with a copy), detached."""
        with self.unwatched():
            made = original(data, *args, **kwargs)
            plain, moved, result = data.detach(), made.detach(), made.detach()
        self.tell("aten::detach", (data,), plain)
        self.tell("aten::to.device", (plain, moved.device, moved.dtype, False, True, None), moved)
        self.tell("aten::detach", (moved,), result)
        return result.requires_grad_() if made.requires_grad else result


@contextlib.contextmanager
def replaced(replacements: Iterable[tuple[Any, str, Any]]) -> Iterator[None]:
    """Attributes (owner, name, value) as they are in this context."""
    done: list[tuple[Any, str, Any]] = []
    try:
        for owner, name, value in replacements:
            done.append((owner, name, vars(owner)[name]))
            setattr(owner, name, value)
        yield
    finally:
        for owner, name, value in reversed(done):
            setattr(owner, name, value)
