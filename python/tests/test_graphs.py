"""Graphs in Python: given back to modules, made into functions, passes in Python, freezing, pictures. What
walking and editing answers is in transcripts/graphs.txt."""

import shutil
import warnings

import pytest

import linkboy
import recorded
from linkboy import passes
from test_calls import same, untold


@pytest.fixture
def net():
    return linkboy.load(recorded.case("networks_residual")).eval()


@pytest.fixture
def x():
    return linkboy.load(recorded.case("networks_residual", ".io"))["calls"][0]["args"][0]


# ---- the graph of a module ----


def test_texts_are_pytorchs(net, torch):
    theirs = torch.jit.load(recorded.case("networks_residual"))
    assert str(net.graph) == str(theirs.graph) and net.graph.str(False) == theirs.graph.str(False)
    assert str(net.inlined_graph) == str(theirs.inlined_graph)
    assert str(net.forward.graph) == str(theirs.forward.graph)


def test_a_graph_is_a_copy(net, x):
    before, text = net(x), str(net.graph)
    graph = net.graph
    passes.inline(graph)
    assert str(net.graph) == text != str(graph)
    net.graph = graph
    assert str(net.graph) == str(graph) and linkboy.allclose(net(x), before)


def test_edits_are_run():
    @linkboy.jit.script
    def f(x):
        return linkboy.relu(x) + 1

    x = linkboy.tensor([-1.0, 2.0])
    graph = f.graph
    node = graph.findNode("aten::relu")
    with graph.insert_point_guard(node):
        node.output().replaceAllUsesWith(graph.insert("aten::neg", [node.inputsAt(0)]))
    node.destroy()
    graph.lint()
    assert graph.function("g")(x).tolist() == [2.0, -1.0] and f(x).tolist() == [1.0, 3.0]


def test_what_does_not_fit_is_refused(net, x):
    before = net(x)
    graph = net.graph
    graph.addInput()
    with pytest.raises(RuntimeError, match="takes 2 arguments, the graph has 3 inputs"):
        net.graph = graph
    with pytest.raises(RuntimeError, match="another unit"):
        net.graph = linkboy.Graph() if hasattr(linkboy, "Graph") else linkboy._C.Graph()
    with pytest.raises(TypeError):
        net.graph = "graph()"
    assert linkboy.equal(net(x), before)


def test_a_broken_graph_is_found():
    graph = linkboy.parse_ir(
        "graph(%x : Tensor):\n  %1 : Tensor = aten::relu(%x)\n  %2 : Tensor = aten::neg(%1)\n  return (%2)"
    )
    neg, relu = graph.findNode("aten::neg"), graph.findNode("aten::relu")
    neg.moveBefore(relu)
    with pytest.raises(RuntimeError):
        graph.lint()
    with pytest.raises(RuntimeError, match="still used"):
        relu.destroy()
    with pytest.raises(RuntimeError, match="aten::neg"):
        graph.copy()
    relu.moveBefore(neg)
    with pytest.raises(RuntimeError, match="another graph"):
        neg.addInput(next(graph.copy().inputs()))
    with pytest.raises(RuntimeError, match="line 2"):
        linkboy.parse_ir("graph(%x : Tensor):\n  %1 : Tensor = aten::relu(%y)\n  return (%1)")


def test_parts_outlive_their_names(net):
    values = [v for n in net.graph.nodes() for v in n.outputs()]
    assert all(v.node().output().debugName() == v.debugName() for v in values if v.node().outputsSize() == 1)
    node = next(net.graph.nodes())
    assert node.owningGraph().param_node().kind() == "prim::Param"
    assert len({n for n in node.owningGraph().nodes()} | {n for n in node.owningGraph().nodes()}) == len(
        list(node.owningGraph().nodes())
    )


def test_nodes_may_go_while_they_are_walked():
    graph = linkboy.parse_ir(
        "graph(%x : Tensor):\n  %1 : Tensor = aten::relu(%x)\n  %2 : Tensor = aten::relu(%1)\n  return (%2)"
    )
    for node in graph.nodes():
        node.output().replaceAllUsesWith(node.input())
        node.destroy()
    assert graph.str(False) == "graph(%x : Tensor):\n  return (%x)\n"


# ---- a traced graph by hand: what torch.jit.trace gave for
#
#     def f(x, w1, b1, w2, b2):
#         h = torch.nn.functional.linear(x, w1, b1)
#         h = torch.relu(h)
#         return torch.nn.functional.linear(h, w2, b2)
#
# and the same as a module's method would have it, with a scope.

TRACED = """graph(%x : Float(2, 3, strides=[3, 1], requires_grad=0, device=cpu),
      %w1 : Float(4, 3, strides=[3, 1], requires_grad=0, device=cpu),
      %b1 : Float(4, strides=[1], requires_grad=0, device=cpu),
      %w2 : Float(2, 4, strides=[4, 1], requires_grad=0, device=cpu),
      %b2 : Float(2, strides=[1], requires_grad=0, device=cpu)):
  %h.1 : Float(2, 4, strides=[4, 1], requires_grad=0, device=cpu) = aten::linear(%x, %w1, %b1) # net.py:13:0
  %h : Float(2, 4, strides=[4, 1], requires_grad=0, device=cpu) = aten::relu(%h.1), scope: __module.act # net.py:14:0
  %7 : Float(2, 2, strides=[2, 1], requires_grad=0, device=cpu) = aten::linear(%h, %w2, %b2) # net.py:15:0
  return (%7)
"""


def traced_by_hand():
    given = {
        name: linkboy.ones(*size)
        for name, size in zip(("x", "w1", "b1", "w2", "b2"), ((2, 3), (4, 3), (4,), (2, 4), (2,)))
    }
    graph = linkboy._C.Graph()
    values = {name: graph.addInput(name).inferTypeFrom(tensor) for name, tensor in given.items()}

    def record(kind, inputs, result, line, name=""):
        node = graph.appendNode(graph.create(kind, inputs))
        node.setSourceRange(f"net.py({line}): f\n", "net.py", line)
        return node.output().inferTypeFrom(result).setDebugName(name)

    h = record("aten::linear", [values["x"], values["w1"], values["b1"]], linkboy.ones(2, 4), 13, "h")
    h = record("aten::relu", [h], linkboy.ones(2, 4), 14, "h")
    h.node().setScopeName("__module.act")
    graph.registerOutput(record("aten::linear", [h, values["w2"], values["b2"]], linkboy.ones(2, 2), 15))
    return graph, given


def test_a_traced_graph_can_be_built():
    graph, given = traced_by_hand()
    graph.lint()
    assert str(graph) == TRACED
    result = graph.function("traced")(*given.values())
    assert result.tolist() == [[17.0, 17.0], [17.0, 17.0]]
    node = graph.findNode("aten::relu")
    assert node.scopeName() == "__module.act" and "net.py(14): f" in node.sourceRange()
    assert node.output().isCompleteTensor() and node.output().type().sizes() == [2, 4]


# ---- passes ----


def test_every_pass_runs(net, x):
    before = net(x)
    for name in passes.contracts():
        function = getattr(passes, name)
        assert function.__doc__
        if name in ("erase_number_types", "lower_all_tuples"):
            continue  # what they leave is for exporting
        assert linkboy.allclose(function(net)(x), before, atol=1e-5), name
    assert linkboy.equal(net(x), before)


def test_a_pass_in_python(net, x):
    @passes.register
    def relu_to_gelu(graph):
        for node in graph.findAllNodes("aten::relu") + graph.findAllNodes("aten::relu_"):
            with graph.insert_point_guard(node):
                node.output().replaceAllUsesWith(graph.insert("aten::gelu", [node.inputsAt(0)]))
            node.destroy()

    assert "relu_to_gelu" in passes.registered() and passes.relu_to_gelu is relu_to_gelu
    with pytest.raises(ValueError, match="there is a pass 'dce' already"):
        passes.register(lambda graph: None, name="dce")
    before = net(x)
    frozen = linkboy.freeze(net)
    count = len(frozen.graph.findAllNodes("aten::relu")) + len(frozen.graph.findAllNodes("aten::relu_"))
    assert count and passes.apply(frozen, "relu_to_gelu", passes.dce) is frozen
    assert len(frozen.graph.findAllNodes("aten::gelu")) == count and not frozen.graph.findAllNodes(
        "aten::relu"
    )
    assert not linkboy.allclose(frozen(x), before) and linkboy.equal(net(x), before)
    with pytest.raises(KeyError):
        passes.apply(net, "no_such_pass")


def test_a_pass_that_breaks_a_graph_changes_nothing(net, x):
    before, text = net(x), str(net.graph)

    def break_it(graph):
        graph.return_node().owningBlock()._erase_output(0)

    with pytest.raises(RuntimeError):
        passes.apply(net, break_it, methods=["forward"])
    assert str(net.graph) == text and linkboy.equal(net(x), before)


def test_rewrite_by_pattern():
    @linkboy.jit.script
    def f(x, w, b):
        return linkboy.relu(linkboy.addmm(b, x, w)) + linkboy.relu(x).sum()

    graph = passes.rewrite(
        f.graph,
        "graph(%x, %w, %b, %beta, %alpha):\n  %m = aten::addmm(%b, %x, %w, %beta, %alpha)\n"
        "  %r = aten::relu(%m)\n  return (%r)",
        "graph(%x, %w, %b, %beta, %alpha):\n  %m = aten::mm(%x, %w)\n  %r = aten::relu(%m)\n  return (%r)",
    )
    assert not graph.findAllNodes("aten::addmm") and len(graph.findAllNodes("aten::relu")) == 2
    x, w, b = linkboy.eye(2), linkboy.ones(2, 2), linkboy.ones(2)
    assert graph.function("g")(x, w, b).tolist() == [[3.0, 3.0], [3.0, 3.0]] and f(x, w, b).tolist() == [
        [4.0, 4.0],
        [4.0, 4.0],
    ]


def test_lower_graph(net, x):
    graph, values = passes.lower_graph(net.graph, net)
    assert len(list(graph.inputs())) == 1 + len(values) and not graph.findAllNodes("prim::GetAttr")
    assert linkboy.allclose(graph.function("lowered")(x, *values), net(x))


# ---- freezing ----


def outcome(model, call):
    """What a call gives, or the kind of exception that it raises."""
    linkboy.manual_seed(call["seed"])
    try:
        return getattr(model, call["method"])(*call["args"], **call["kwargs"])
    except Exception as error:
        return type(error).__name__


@pytest.mark.parametrize("name", recorded.names())
def test_frozen_programs_answer_alike(name):
    """A program in eval mode, and what freezing makes of it."""
    calls, again = (
        linkboy.load(recorded.case(name, ".io"))["calls"] for _ in range(2)
    )  # arguments may be written to
    model, other = (linkboy.load(recorded.case(name)) for _ in range(2))
    if not isinstance(model, linkboy.ScriptModule):
        pytest.skip("no module")
    if hasattr(model, "training"):
        model.eval(), other.eval()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        frozen = linkboy.freeze(other, [call["method"] for call in calls if call["method"] != "forward"])
        for call, same_call in zip(calls, again):
            wanted = outcome(model, call)
            assert untold(call.get("output")) or same(outcome(frozen, same_call), wanted), call


def test_freezing(net, x, tmp_path, torch):
    frozen = linkboy.jit.freeze(net)
    assert linkboy.allclose(frozen(x), net(x), atol=1e-5) and not list(frozen.parameters())
    theirs = torch.jit.freeze(torch.jit.load(recorded.case("networks_residual")).eval())
    assert str(frozen.graph) == str(theirs.graph) and frozen.code == theirs.code
    frozen.save(tmp_path / "frozen.pt")
    again = torch.jit.load(tmp_path / "frozen.pt")
    assert torch.allclose(again(torch.from_dlpack(x)), torch.from_dlpack(frozen(x)), atol=1e-5)


def test_freezing_refuses(net):
    with pytest.raises(RuntimeError, match="only implemented for modules in eval mode"):
        linkboy.freeze(net.train())
    with pytest.raises(RuntimeError, match="Unknown name: nothing"):
        linkboy.freeze(net.eval(), ["nothing"])
    with pytest.raises(RuntimeError, match="expects a ScriptModule"):
        linkboy.freeze(len)


def test_preserved_attributes(net):
    kept = linkboy.freeze(net, ["training"])
    assert kept.training is False and not hasattr(linkboy.freeze(net), "training")


def test_optimize_for_inference(net, x):
    before = net(x)
    ready = linkboy.optimize_for_inference(net.train())
    assert linkboy.allclose(ready(x), before, atol=1e-5) and not net.training


# ---- types, pictures ----


def test_types_of_units_compare(net):
    own = next(net.graph.outputs()).type()
    assert own == linkboy.TensorType.get() and hash(own) == hash(linkboy.TensorType.get())
    self_type = next(net.graph.inputs()).type()
    assert isinstance(self_type, linkboy.ClassType) and self_type != own
    assert self_type.name() == self_type.qualified_name.split(".")[-1]
    value = linkboy._C.Graph().addInput()
    with pytest.raises(RuntimeError):
        value.setType(self_type)  # a class of another program


def test_pictures(net, monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    assert net.graph._repr_svg_() is None and net.graph._repr_html_().startswith("<pre>graph(")
    assert net.graph.dot().startswith("digraph")


@pytest.mark.skipif(shutil.which("dot") is None, reason="needs Graphviz")
def test_drawn_pictures(net):
    assert net.graph._repr_svg_().startswith("<svg") and net.graph._repr_html_().startswith("<svg")
