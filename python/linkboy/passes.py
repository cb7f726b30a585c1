"""Passes by the names that PyTorch's users know (torch._C._jit_pass_NAME): `linkboy.passes.inline(graph)`.

A pass on a Graph edits it in place and gives it back. On a ScriptModule it gives a new module, whose methods
(and those of all modules below it) have gone through the pass; the old one stays as it is. `contracts()` says
what holds after each.

    @linkboy.passes.register
    def relu_to_gelu(graph):
        for node in graph.findAllNodes("aten::relu"): ...

    linkboy.passes.apply(model, "inline", relu_to_gelu, "dce")  # the model runs the edited graphs from now on
"""

from __future__ import annotations

from typing import Any, Callable, Dict, Iterable, List, Optional, Sequence, Tuple, Union

from linkboy import _C
from linkboy.graphs import TEXT_PLAIN, Graph
from linkboy.module import ScriptModule

Pass = Callable[[Graph], Optional[Graph]]

_ON_GRAPHS: Dict[str, str] = dict(_C.graph_passes())
_ON_MODULES: Dict[str, str] = dict(_C.module_passes())
_registered: Dict[str, Pass] = {}


def contracts() -> Dict[str, str]:
    """What holds after each pass of the library, by its name."""
    return {**_ON_GRAPHS, **_ON_MODULES}


def _library_pass(name: str, contract: str):
    def run(target: Union[Graph, ScriptModule]):
        if isinstance(target, Graph):
            target._run(name)
            return target
        return _C.run_module_pass(target, name)

    run.__name__ = run.__qualname__ = name
    run.__doc__ = f"Afterwards: {contract}. On a Graph, in place; on a ScriptModule, to a new one."
    return run


def _module_pass(name: str, contract: str):
    def run(module: ScriptModule) -> ScriptModule:
        return _C.run_module_pass(module, name)

    run.__name__ = run.__qualname__ = name
    run.__doc__ = f"A new module. Afterwards: {contract}."
    return run


globals().update({name: _library_pass(name, contract) for name, contract in _ON_GRAPHS.items()})
globals().update({name: _module_pass(name, contract) for name, contract in _ON_MODULES.items()})
fold_conv_bn = globals()["fold_convbn"]


def canonicalize(graph: Graph, keep_unique_names: bool = True) -> Graph:
    """A new graph whose values are numbered in order, so that equal programs have equal texts."""
    return graph._canonical(keep_unique_names)


def lower_graph(graph: Graph, module: ScriptModule) -> Tuple[Graph, List[Any]]:
    """A method's graph, inlined, without its first input, the module: what it reads of that are further
    inputs. The graph, and what these stand for."""
    return graph._lower(module)


def custom_pattern_based_rewrite_graph(pattern: str, fused_node_name: str, graph: Graph) -> Graph:
    """Replaces what looks like the first text (a graph) by the second, which has the same inputs and
    outputs."""
    graph._rewrite(pattern, fused_node_name)
    return graph


def rewrite(graph: Graph, pattern: str, replacement: str) -> Graph:
    """Replaces what looks like `pattern` by `replacement`: texts of graphs with the same inputs and outputs.
    Inputs of the pattern stand for any value; matches do not overlap."""
    graph._rewrite(pattern, replacement)
    return graph


def freeze(
    mod: ScriptModule, preserved_attrs: Optional[Sequence[str]] = None, optimize_numerics: bool = True
) -> ScriptModule:
    """A module in eval mode whose attributes are constants of its graphs (torch.jit.freeze).

    `preserved_attrs` are dotted names of attributes and methods that stay. With `optimize_numerics`, batch
    norms and arithmetic behind convolutions and linear layers go into their weights. The module itself stays
    as it is.

    RuntimeError: it is in training mode, has no such name, or cannot be frozen.
    """
    if not isinstance(mod, ScriptModule):
        raise RuntimeError(
            "Freezing expects a ScriptModule as input. Please use linkboy.jit.script or linkboy.jit.trace to "
            "script your 'nn.Module'."
        )
    return _C.freeze(mod, tuple(preserved_attrs or ()), optimize_numerics)


def optimize_for_inference(mod: ScriptModule, other_methods: Optional[Sequence[str]] = None) -> ScriptModule:
    """freeze(mod.eval()), with `other_methods` kept (torch.jit.optimize_for_inference).

    Whatever else makes a program fast (chains of operators in one step, packed weights) is done when it first
    runs.
    """
    if not isinstance(mod, ScriptModule):
        raise RuntimeError(
            "optimize_for_inference expects a ScriptModule as input. Please use linkboy.jit.script or "
            "linkboy.jit.trace to script your 'nn.Module'."
        )
    return freeze(mod.eval(), list(other_methods or ())) if hasattr(mod, "training") else mod


# ---- passes written in Python ----


def register(function: Optional[Pass] = None, *, name: Optional[str] = None):
    """Makes a function of a Graph a pass: `linkboy.passes.NAME`, and known to `apply` by its name. A
    decorator.

    The function edits the graph it is given, or gives back another.
    """
    if function is None:
        return lambda given: register(given, name=name)
    name = name or function.__name__
    if name in _ON_GRAPHS or name in _ON_MODULES or name in _OWN_NAMES:
        raise ValueError(f"there is a pass '{name}' already")
    _registered[name] = function
    return function


def registered() -> Dict[str, Pass]:
    """The passes that were made known, by their names."""
    return dict(_registered)


def find(name: str) -> Pass:
    """The pass on graphs of this name. KeyError."""
    if name in _ON_GRAPHS:
        return globals()[name]
    return _registered[name]


def _run(graph: Graph, passes: Iterable[Pass]) -> Graph:
    for function in passes:
        graph = function(graph) or graph
    return graph


def apply(
    target: Union[Graph, ScriptModule], *passes: Union[str, Pass], methods: Optional[Sequence[str]] = None
):
    """Runs passes, by name or as functions of a Graph, one after the other; gives the target back.

    A Graph is edited. A ScriptModule runs the edited graphs from now on, in all its methods and those of the
    modules below it, or in `methods` of its own alone. Modules of one class have their methods in common, so
    that all of them are changed. Each graph is verified first: RuntimeError says what is wrong, and the
    method stays as it was.
    """
    chain = [find(p) if isinstance(p, str) else p for p in passes]
    if isinstance(target, Graph):
        return _run(target, chain)
    modules = [target] if methods is not None else target.modules()
    seen = set()
    for module in modules:
        if module._qualified_name() in seen:
            continue
        seen.add(module._qualified_name())
        for method in module._method_names() if methods is None else methods:
            graph = _C.method_graph(module, method, False)
            before = graph._text(TEXT_PLAIN)
            graph = _run(graph, chain)
            if graph._text(TEXT_PLAIN) != before:
                _C.set_method_graph(module, method, graph)
    return target


_OWN_NAMES = set(globals())


def __getattr__(name: str):
    if name in _registered:
        return _registered[name]
    raise AttributeError(f"module 'linkboy.passes' has no attribute '{name}'")


def __dir__():
    return sorted({*globals(), *_registered})
