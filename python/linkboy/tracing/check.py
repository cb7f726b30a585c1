"""check_trace: a trace is made again and its graph compared, and what it gives is compared with what Python
gives (torch.jit._trace._check_trace, whose words these are)."""

from __future__ import annotations

import dataclasses
import difflib
import re
import warnings
from typing import Any, Callable, Optional

from linkboy import _C, passes
from linkboy.graphs import Graph
from linkboy.tracing import values
from linkboy.tracing.warning import TracerWarning


@dataclasses.dataclass
class Options:
    """What trace() was told."""

    check: bool
    inputs: Optional[list]
    tolerance: float
    strict: bool
    guards: bool
    store_inputs: bool
    outplace: bool = False


class TracingCheckError(Exception):
    """A trace that another trace differs from, or that cannot be run (torch.jit.TracingCheckError)."""

    def __init__(
        self,
        graph_diff_error: Optional[str],
        tensor_compare_error: Optional[str],
        extra_msg: Optional[str] = None,
    ) -> None:
        self.message = "Tracing failed sanity checks!\n"
        if extra_msg is not None:
            self.message += extra_msg + "\n"
        if graph_diff_error is not None:
            self.message += "ERROR: Graphs differed across invocations!\n" + indent(graph_diff_error) + "\n"
        if tensor_compare_error is not None:
            self.message += (
                "ERROR: Tensor-valued Constant nodes differed in value across invocations. This often"
                " indicates that the tracer has encountered untraceable code.\n"
                + indent(tensor_compare_error)
                + "\n"
            )
        super().__init__(self.message)


def indent(text: str) -> str:
    return "\n".join("\t" + line for line in text.splitlines())


cloned = values.cloned


def run_method(
    options: Options, module: Any, traced: Any, name: str, inputs: dict, by_name: bool, record: Callable
) -> None:
    """Checks one method of a traced module."""
    unchecked = dataclasses.replace(options, check=False, store_inputs=False)
    called = module if name == "forward" else getattr(module, name)

    def again(given: dict) -> Any:
        copies = {method: values.cloned(data) for method, data in given.items()}
        return record(module, copies, unchecked, by_name)

    for given in options.inputs if options.inputs is not None else [inputs]:
        other = again(given)
        data = given[name]
        one = values.is_tensor(data) or (isinstance(data, dict) and not by_name)
        Comparison(
            options, called, _Method(traced, name), _Method(other, name), (data,) if one else data, by_name
        ).run()


def run(options: Options, func: Callable, traced: Any, all_inputs: list, again: Callable) -> None:
    """Checks a traced function."""
    for inputs in all_inputs:
        inputs = (inputs,) if values.is_tensor(inputs) else inputs
        Comparison(options, func, traced, again(inputs), inputs, isinstance(inputs, dict)).run()


class _Method:
    """A method as a function with a graph."""

    def __init__(self, module: Any, name: str) -> None:
        self.module, self.name = module, name

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return getattr(self.module, self.name)(*args, **kwargs)

    @property
    def graph(self) -> Graph:
        return _C.method_graph(self.module, self.name, False)


def _plain(traced: Any) -> Graph:
    """The graph with all calls put in place and without shapes."""
    graph = passes.canonicalize(traced.graph)
    return passes.erase_shape_information(passes.inline(graph))


def _text(part: Any) -> str:
    return re.sub(r"___torch_mangle_[0-9]+\.", "", str(part))


def _diff(ours: Any, theirs: Any) -> str:
    return indent("".join(difflib.ndiff(_text(ours).splitlines(True), _text(theirs).splitlines(True)))) + "\n"


def _stack(title: str, node: Any) -> str:
    found = node.sourceRange()
    return f"{title} location:\n{indent(found)}\n" if found else ""


def graph_difference(ours: Graph, theirs: Graph) -> Optional[str]:
    """Where two graphs differ; None."""
    if _text(ours) == _text(theirs):
        return None
    message = "Graph diff:\n" + _diff(ours, theirs)
    for mine, other in zip(ours.nodes(), theirs.nodes()):
        if str(mine) != str(other):
            message += "First diverging operator:\nNode diff:\n" + _diff(mine, other)
            return message + _stack("Trace source", mine) + _stack("Check source", other)
    return message


def constant_difference(ours: Graph, theirs: Graph) -> Optional[str]:
    """The first constant tensor that another trace has with other values; None."""
    for mine, other in zip(ours.nodes(), theirs.nodes()):
        if mine.kind() != other.kind():
            return None
        pair = [node["value"] if node.hasAttribute("value") else None for node in (mine, other)]
        if mine.kind() != "prim::Constant" or not all(map(values.is_tensor, pair)):
            continue
        found = values.difference(*pair)
        if found is not None:
            place = _stack("Source", mine).replace("Source location", "Source Location")
            return f"Node:\n{indent(str(mine))}\n{place}Comparison exception: {indent(found)}"
    return None


class Comparison:
    """A trace, another one of the same inputs, and the Python function."""

    def __init__(
        self, options: Options, func: Callable, traced: Any, other: Any, inputs: Any, by_name: bool
    ) -> None:
        self.options, self.func, self.traced, self.other = options, func, traced, other
        self.inputs, self.by_name = inputs, by_name
        self.warned = False

    def run(self) -> None:
        of_trace = self._outputs(self.traced, "trace")
        of_python = self._outputs(self.func, "Python function")
        if self._compare(of_trace, of_python, "Python function"):
            self._compare(of_trace, self._outputs(self.other, "repeated trace"), "repeated trace")
        found = self._differences()
        if any(item is not None for item in found):
            raise TracingCheckError(*found)

    def _differences(self) -> tuple[Optional[str], Optional[str]]:
        graphs = _plain(self.traced), _plain(self.other)
        return graph_difference(*graphs), constant_difference(*graphs)

    # ---- results ----

    def _outputs(self, func: Callable, what: str) -> list:
        try:
            given = func(**self.inputs) if self.by_name else func(*values.cloned(self.inputs))
        except Exception as error:
            message = (
                f"encountered an exception while running the {what} with test"
                f" inputs.\nException:\n{indent(str(error))}"
            )
            raise TracingCheckError(*self._differences(), extra_msg=message) from error
        return [item for item in (given if isinstance(given, tuple) else (given,)) if values.is_tensor(item)]

    def _compare(self, ours: list, theirs: list, what: str) -> bool:
        good = True
        for index, (mine, other) in enumerate(zip(ours, theirs)):
            difference = values.difference(mine, other, self.options.tolerance)
            if difference is not None:
                self._warn_random()
                warnings.warn(
                    f"Output nr {index + 1}. of the traced function does not match the corresponding output"
                    f" of the {what}. Detailed error:\n{difference}",
                    category=TracerWarning,
                    stacklevel=6,
                )
                good = False
        return good

    def _warn_random(self) -> None:
        if self.warned:
            return
        self.warned = True
        nodes = [node for node in self.traced.graph.nodes() if node.isNondeterministic()]
        if nodes:
            warnings.warn(
                "Trace had nondeterministic nodes. Did you forget call .eval() on your model? Nodes:\n"
                + "\n".join(indent(str(node)) for node in nodes[:20])
                + "\nThis may cause errors in trace checking. To disable trace checking, pass"
                " check_trace=False to torch.jit.trace()",
                category=TracerWarning,
                stacklevel=7,
            )
