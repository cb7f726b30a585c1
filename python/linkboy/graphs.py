"""Graphs that can be walked, built and edited: torch._C.Graph, Node, Value and Block, by PyTorch's names.

A Graph is a copy of its own: what `module.graph` gives is edited without disturbing the module, and goes back
with `module.graph = graph` (or `linkboy.passes.apply`). Nodes, blocks and values belong to their graph and
compare by what they stand for. An edit that would break the graph at once raises a RuntimeError; `lint` finds
the rest.
"""

from __future__ import annotations

import contextlib
import re
from typing import Any, Callable, Iterable, Iterator, List, NamedTuple, Optional, Sequence

from linkboy import _C

TEXT_GRAPH, TEXT_CANONICAL, TEXT_DOT, TEXT_PLAIN = 1, 2, 5, 8

_KINDS = (
    None,
    "i",
    "f",
    "c",
    "s",
    "t",
    "ty",
    "is",
    "fs",
    "ss",
    "ts",
    "tys",
    "g",
    "gs",
    "ival",
)  # of lb_attribute_kind
_show_ranges = True


class Use(NamedTuple):
    """A use of a value: by which node, as which of its inputs (torch._C.Use)."""

    user: "Node"
    offset: int

    def isAfter(self, other: "Use") -> bool:
        """Whether it comes later."""
        if self.user == other.user:
            return self.offset > other.offset
        return self.user.isAfter(other.user)


def _find_all(block: "Block", kind: str, recurse: bool) -> Iterator["Node"]:
    for node in block.nodes():
        if node.kind() == kind:
            yield node
        if recurse:
            for inner in node.blocks():
                yield from _find_all(inner, kind, recurse)


class _Walkable:
    """What graphs, blocks and nodes have in common: nodes inside by kind."""

    __slots__ = ()

    def _inner_blocks(self) -> Iterable["Block"]:
        raise NotImplementedError

    def findAllNodes(self, kind: str, recurse: bool = True) -> List["Node"]:
        """All nodes of a kind, in blocks within as well when `recurse`."""
        return [node for block in self._inner_blocks() for node in _find_all(block, kind, recurse)]

    def findNode(self, kind: str, recurse: bool = True) -> Optional["Node"]:
        """The first node of a kind; None."""
        return next(
            (node for block in self._inner_blocks() for node in _find_all(block, kind, recurse)), None
        )


class Value(_C.GraphValue):
    """A value of a graph: what a node makes, or an input of a block (torch._C.Value)."""

    __slots__ = ()

    def uses(self) -> List[Use]:
        """Who uses it, in the order in which the uses were made."""
        return [Use(node, offset) for node, offset in self._uses()]

    def toIValue(self) -> Any:
        """The value of a constant; None for what is no constant."""
        return self.node()._constant()

    def setTypeAs(self, other: "Value") -> "Value":
        """Takes another value's type."""
        return self.setType(other.type())

    def inferTypeFrom(self, value: Any) -> "Value":
        """The complete type of a tensor (or of another value) becomes its type."""
        return self.setType(self.owningGraph()._type_of(value))

    def copyMetadata(self, other: "Value") -> "Value":
        """Takes another value's type and name."""
        self.setType(other.type())
        return self.setDebugName(other.debugName()) if other._has_name() else self

    def _has_name(self) -> bool:
        return not self.debugName().isdigit()

    def isCompleteTensor(self) -> bool:
        """Whether dtype, device, sizes and strides are known."""
        facts = self.type()._facts()
        return (
            facts is not None
            and facts[0] is not None
            and facts[5] is not None
            and self.type().strides() is not None
        )

    def requires_grad(self) -> bool:
        """Whether its type says so."""
        return self.type().requires_grad()

    requiresGrad = requires_grad

    def __repr__(self) -> str:
        return f"{self.debugName()} defined in ({self.node()})"


class Block(_Walkable, _C.Block):
    """A block: inputs, nodes, outputs (torch._C.Block)."""

    __slots__ = ()

    def _inner_blocks(self) -> Iterable["Block"]:
        return (self,)

    def nodes(self) -> Iterator["Node"]:
        """The nodes in order. The one that was given last may be destroyed or moved meanwhile."""
        node = self._first()
        while node is not None:
            following = node._next()
            yield node
            moved = node._destroyed() or node.owningBlock() != self
            node = following if moved else node._next()
            if node is not None and node._destroyed():
                return

    def inputs(self) -> Iterator[Value]:
        """The block's inputs."""
        return self.paramNode().outputs()

    def outputs(self) -> Iterator[Value]:
        """The block's outputs."""
        return self.returnNode().inputs()

    def addInputToBlock(self) -> Value:
        """A new input, the last."""
        return self._add_input()

    def addNode(self, kind: str, inputs: Sequence[Value] = ()) -> "Node":
        """A new node at the end of the block."""
        node = self.owningGraph().create(kind, list(inputs))
        return node.insertBefore(self.returnNode())


def _accessor(letter: str, kind: str, doc: str):
    number = _KINDS.index(letter)

    def get(self, name: str):
        found = self.kindOf(name)
        if found != letter:
            raise RuntimeError(f"attribute '{name}' of {self.kind()} is {kind}? it is {found}")
        value = self._attribute(name)
        return value[0] if letter in ("ty", "g") else value

    def put(self, name: str, value):
        if letter == "g":
            self._set_graph(name, value)
        elif letter in ("ty", "tys"):
            self._set_types(name, number, tuple(value) if letter == "tys" else (value,))
        else:
            self._set_attribute(name, number, value)
        return self

    get.__name__, get.__doc__ = letter, f"The attribute `name`, {doc}."
    put.__name__, put.__doc__ = f"{letter}_", f"Sets the attribute `name`, {doc}; gives the node."
    return get, put


class Node(_Walkable, _C.Node):
    """A node: an operator or a form of the language, with inputs, outputs, attributes and blocks
    (torch._C.Node).

    Attributes are read with a method named after their kind and set with the same name and an underscore: `i`
    int, `f` float, `s` str, `t` Tensor, `c` complex, `ty` Type, `g` Graph, `ival` anything; `is`
    (getattr(node, "is")), `fs`, `ss`, `ts`, `tys` lists of these.
    """

    __slots__ = ()

    def _inner_blocks(self) -> Iterable[Block]:
        return self._blocks()

    # ---- inputs, outputs, blocks ----

    def inputs(self) -> Iterator[Value]:
        """What it takes."""
        return iter(self._inputs())

    def outputs(self) -> Iterator[Value]:
        """What it makes."""
        return iter(self._outputs())

    def blocks(self) -> Iterator[Block]:
        """Its blocks: two of an If, one of a Loop."""
        return iter(self._blocks())

    def inputsAt(self, index: int) -> Value:
        """One of the inputs. IndexError."""
        return self._inputs()[index]

    def outputsAt(self, index: int) -> Value:
        """One of the outputs. IndexError."""
        return self._outputs()[index]

    def inputsSize(self) -> int:
        """How many inputs there are."""
        return len(self._inputs())

    def outputsSize(self) -> int:
        """How many outputs there are."""
        return len(self._outputs())

    def _only(self, values: List[Value], what: str) -> Value:
        if len(values) != 1:
            raise RuntimeError(f"{self.kind()} has {len(values)} {what}, not one")
        return values[0]

    def input(self) -> Value:
        """The only input."""
        return self._only(self._inputs(), "inputs")

    def output(self) -> Value:
        """The only output."""
        return self._only(self._outputs(), "outputs")

    def namedInput(self, name: str) -> Value:
        """The input that is the operator's argument of this name."""
        names = _argument_names(self._schema() or "")
        if name not in names:
            raise RuntimeError(f"{self.kind()} has no argument '{name}'")
        return self._inputs()[names.index(name)]

    def hasMultipleOutputs(self) -> bool:
        """Whether there is more than one output."""
        return self.outputsSize() > 1

    def hasUses(self) -> bool:
        """Whether any output is used."""
        return any(output._uses() for output in self._outputs())

    def isAfter(self, other: "Node") -> bool:
        """Whether it stands behind the other, also across nested blocks."""
        return self != other and not self.isBefore(other)

    def prev(self) -> "Node":
        """The node before; the block's return node before the first."""
        before = self._previous()
        return self.owningBlock().returnNode() if before is None else before

    def next(self) -> "Node":
        """The node behind; the block's return node behind the last."""
        behind = self._next()
        return self.owningBlock().returnNode() if behind is None else behind

    def schema(self) -> str:
        """The schema of its operator as text, or "(no schema)"."""
        return self._schema() or "(no schema)"

    def matches(self, schema: str) -> bool:
        """Whether its operator is the one with this schema."""
        return self._schema() == schema

    def mustBeNone(self) -> bool:
        """Whether it gives None and nothing else."""
        if self.outputsSize() != 1:
            return False
        kind = self.output().type().kind()
        empty = self.kind() == "prim::Constant" and not self.attributeNames() and kind == "OptionalType"
        return kind == "NoneType" or empty or self.kind() == "prim::AutogradAllNonZero"

    # ---- attributes ----

    def kindOf(self, name: str) -> str:
        """The kind of an attribute: "i", "f", "s", "t", "is", "ival", ... RuntimeError where there is
        none."""
        letter = _KINDS[self._attribute_kind(name)]
        if letter is None:
            raise RuntimeError(f"required keyword attribute '{name}' is undefined")
        return letter

    def hasAttribute(self, name: str) -> bool:
        """Whether there is an attribute of this name."""
        return self._attribute_kind(name) != 0

    def hasAttributes(self) -> bool:
        """Whether there are any attributes."""
        return bool(self.attributeNames())

    def __getitem__(self, name: str):
        """An attribute of whatever kind."""
        letter = self.kindOf(name)
        value = self._attribute(name)
        return value[0] if letter in ("ty", "g") else value

    # ---- editing ----

    def insertBefore(self, place: "Node") -> "Node":
        """Puts a node that stands nowhere yet before another."""
        return self.moveBefore(place)

    def insertAfter(self, place: "Node") -> "Node":
        """Puts a node that stands nowhere yet behind another."""
        return self.moveAfter(place)

    def removeAllInputs(self) -> None:
        """Takes all inputs away."""
        for index in reversed(range(self.inputsSize())):
            self.removeInput(index)

    def replaceInput(self, index: int, value: Value) -> Value:
        """Another input in the place of one; the old one. IndexError."""
        old = self._inputs()[index]
        self._replace_input(index, value)
        return old

    def replaceInputWith(self, old: Value, new: Value) -> None:
        """Every input that is `old` becomes `new`."""
        for index, value in enumerate(self._inputs()):
            if value == old:
                self.replaceInput(index, new)

    def replaceAllUsesWith(self, other: "Node") -> None:
        """Uses of the outputs become uses of the other node's outputs, one for one."""
        theirs = other._outputs()
        if len(theirs) != self.outputsSize():
            raise RuntimeError(f"{self.kind()} and {other.kind()} have different numbers of outputs")
        for mine, new in zip(self._outputs(), theirs):
            mine.replaceAllUsesWith(new)

    def copyMetadata(self, other: "Node") -> "Node":
        """Takes another node's source range and scope."""
        self._copy_source(other)
        self._set_scope(other.scopeName())
        return self

    def setScopeName(self, name: str) -> "Node":
        """The scope that graphs show: "__module.conv"."""
        self._set_scope(name)
        return self

    def setSourceRange(self, text: str, file: Optional[str] = None, line: int = 1) -> "Node":
        """The source is this text, from `line` of `file` on: graphs show FILE:LINE:0."""
        self._set_source(text, file, line)
        return self


for _letter, _kind, _doc in (
    ("i", "an int", "an int"),
    ("f", "a float", "a float"),
    ("c", "a complex", "a complex number"),
    ("s", "a str", "a str"),
    ("t", "a Tensor", "a Tensor"),
    ("ty", "a Type", "a Type"),
    ("g", "a Graph", "the graph itself: edits are seen by the node"),
    ("gs", "a list of graphs", "a list of graphs"),
    ("ival", "a value", "any other value"),
    ("is", "a list of ints", "a list of ints"),
    ("fs", "a list of floats", "a list of floats"),
    ("ss", "a list of strs", "a list of strs"),
    ("ts", "a list of Tensors", "a list of Tensors"),
    ("tys", "a list of Types", "a list of Types"),
):
    _get, _put = _accessor(_letter, _kind, _doc)
    setattr(Node, _letter, _get)
    if _letter != "gs":
        setattr(Node, f"{_letter}_", _put)


def _argument_names(schema: str) -> List[str]:
    depth, start, words = 0, schema.find("(") + 1, []
    for at in range(start, len(schema)):
        depth += {"(": 1, "[": 1, ")": -1, "]": -1}.get(schema[at], 0)
        if depth < 0 or (depth == 0 and schema[at] == ","):
            words.append(schema[start:at].strip())
            start = at + 1
        if depth < 0:
            break
    return [re.sub(r"=.*", "", word).split(" ")[-1] for word in words if word not in ("", "*", "...")]


class Graph(_Walkable, _C.Graph):
    """A graph (torch._C.Graph): inputs, nodes, outputs. `Graph()` is an empty one. `str(graph)` reads as
    PyTorch prints it."""

    __slots__ = ()

    def __new__(cls):
        from linkboy.jit.unit import unit

        return _C.new_graph(unit, None)

    def _inner_blocks(self) -> Iterable[Block]:
        return (self.block(),)

    # ---- text ----

    def str(self, print_source_ranges: bool = True) -> str:
        """The text, with or without comments that name places in the source."""
        return self._text(TEXT_GRAPH if print_source_ranges else TEXT_PLAIN)

    def __str__(self) -> str:
        return self.str(_show_ranges)

    __repr__ = __str__

    @staticmethod
    def set_global_print_source_ranges(enabled: bool = True) -> None:
        """Whether `str(graph)` shows places in the source."""
        global _show_ranges
        _show_ranges = enabled

    def dot(self) -> str:
        """A picture of the graph in Graphviz's language."""
        return self._text(TEXT_DOT)

    def _repr_svg_(self) -> Optional[str]:
        from linkboy.pictures import svg

        return svg(self.dot())

    def _repr_html_(self) -> str:
        from linkboy.pictures import html

        return html(self.dot(), str(self))

    # ---- walking ----

    def inputs(self) -> Iterator[Value]:
        """The graph's inputs."""
        return self.block().inputs()

    def outputs(self) -> Iterator[Value]:
        """The graph's outputs."""
        return self.block().outputs()

    def nodes(self) -> Iterator[Node]:
        """The nodes of the top block in order. The one that was given last may be destroyed or moved
        meanwhile."""
        return self.block().nodes()

    def param_node(self) -> Node:
        """The node whose outputs are the inputs."""
        return self.block().paramNode()

    def return_node(self) -> Node:
        """The node whose inputs are the outputs."""
        return self.block().returnNode()

    # ---- inputs and outputs ----

    def addInput(self, name: str = "") -> Value:
        """A new input, the last."""
        value = self.block()._add_input()
        return value.setDebugName(name) if name else value

    def eraseInput(self, index: int) -> None:
        """Takes an input away; it must have no uses."""
        self.block()._erase_input(index)

    def registerOutput(self, value: Value) -> int:
        """A new output, the last; its index."""
        return self.block().registerOutput(value)

    def eraseOutput(self, index: int) -> None:
        """Takes an output away."""
        self.block()._erase_output(index)

    def makeMultiOutputIntoTuple(self) -> None:
        """Several outputs become one, a tuple of them."""
        values = list(self.outputs())
        if len(values) == 1:
            return
        node = self.create("prim::TupleConstruct", values).insertBefore(self.return_node())
        node.output().setType(self._type(f"({', '.join(v.type()._graph_str() for v in values)})"))
        for index in reversed(range(len(values))):
            self.eraseOutput(index)
        self.registerOutput(node.output())

    # ---- building ----

    def create(self, kind: str, *args) -> Node:
        """A node that stands nowhere yet: create(kind), create(kind, outputs), create(kind, inputs,
        outputs=1)."""
        inputs = list(args[0]) if args and not isinstance(args[0], int) else []
        counts = [a for a in args if isinstance(a, int)]
        node = self._create(kind, counts[0] if counts else 1)
        for value in inputs:
            node.addInput(value)
        return node

    def appendNode(self, node: Node) -> Node:
        """Puts a node at the end of the top block."""
        return node.insertBefore(self.return_node())

    def prependNode(self, node: Node) -> Node:
        """Puts a node at the beginning of the top block."""
        return node.insertAfter(self.param_node())

    def insert(self, kind: str, args: Sequence[Any], kwargs: Optional[dict] = None) -> Value:
        """A call of an operator at the insertion point; what is no Value becomes a constant. The overload is
        chosen by the inputs' types, arguments that are left out take their defaults.

        RuntimeError where no overload takes these inputs.
        """
        if kwargs:
            raise RuntimeError("named arguments cannot be given; write them in their order")
        values = [a if isinstance(a, Value) else self.insertConstant(a) for a in args]
        return self._insert_call(kind, tuple(values))

    def insertGraph(self, callee: "Graph", inputs: Sequence[Value]) -> List[Value]:
        """A copy of another graph's nodes at the insertion point; what stands for its outputs."""
        return self._insert_graph(callee, tuple(inputs))

    def setInsertPoint(self, place) -> None:
        """Nodes are inserted before this node, or at the end of this block."""
        self._set_insertion_point(place.returnNode() if isinstance(place, Block) else place)

    @contextlib.contextmanager
    def insert_point_guard(self, place) -> Iterator[None]:
        """setInsertPoint(place) inside of a with statement."""
        before = self.insertPoint()
        self.setInsertPoint(place)
        try:
            yield
        finally:
            self.setInsertPoint(before)

    def permuteInputs(self, order: Sequence[int]) -> None:
        """Input i becomes what input order[i] was."""
        old = list(self.inputs())
        if sorted(order) != list(range(len(old))):
            raise RuntimeError("the order must name every input once")
        names = [value.debugName() if value._has_name() else "" for value in old]
        new = [self.addInput().setType(old[index].type()) for index in order]
        for value, index in zip(new, order):
            old[index].replaceAllUsesWith(value)
        for index in reversed(range(len(old))):
            self.eraseInput(index)
        for value, index in zip(new, order):
            value.setDebugName(names[index])

    # ---- functions ----

    def function(self, name: str = "forward"):
        """A ScriptFunction that runs a copy of this graph; its schema comes from inputs and outputs."""
        return self._function(name)


def parse_ir(text: str, parse_tensor_constants: bool = True) -> Graph:
    """A graph from its text (torch._C.parse_ir), names of values included. Tensor constants that do not show
    their elements get zeros.

    RuntimeError that names line and column, or what is wrong with the graph.
    """
    from linkboy.jit.unit import unit

    return _C.new_graph(unit, text)
