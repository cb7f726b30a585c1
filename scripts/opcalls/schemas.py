"""An operator's schema, and the TorchScript function that calls it with all its arguments by position.

Not among the function's arguments: layout, pin_memory, generator, and devices that may be left out. A ScalarType, Layout or MemoryFormat is
an int in TorchScript; a Scalar is `number`. Schemas over a free type t become a function with a type put in its place.
"""
import keyword
import re
from dataclasses import dataclass, field

import torch

NAMESPACES = ("aten", "prim", "quantized", "_quantized", "torchvision")
PACKED = "__torch__.torch.classes."
LEFT_OUT_TYPES = ("Optional[Generator]", "Generator", "Optional[Device]", "Stream", "Optional[Stream]")
NO_VALUES = ("RRef", "Await", "Future", "Storage", "AnyEnumType", "AnyClassType", "Stream", "CellParamsBase", "tVal", "List[Any]")
NOT_OPERATORS = ("prim::PythonOp", "aten::_print", "prim::unchecked_cast")  # no call in source means these; the first kills the process
ELEMENTS = {"Dict[": "Tensor", "": "float"}  # what a free type becomes: one will do, the code does not look into it


@dataclass
class Argument:
    name: str          # in the schema
    type: str          # TorchScript source
    has_default: bool
    default: object
    kwarg_only: bool
    written: bool      # the operator writes to it
    is_out: bool
    count: int = 0     # of a list whose length the schema gives
    local: str = ""    # as the function's parameter
    made: str = ""     # where the value is made inside the function: the expression
    inner: bool = False  # used only in such an expression


@dataclass
class Operator:
    name: str          # aten::add.Tensor, with __int behind it where int stands for t
    schema: object
    args: list
    left_out: list
    text: str = field(default="", repr=False)

    @property
    def stem(self):
        return self.name.replace("::", "__", 1).replace("/", "_")

    @property
    def overload(self):
        return self.schema.name + ("." + self.schema.overload_name if self.schema.overload_name else "")

    @property
    def function(self):
        return re.sub(r"\W", "_", self.name.split("::")[1])


def default_of(argument):
    return argument.default_value if argument.has_default_value() else None


def left_out(argument):
    kind = str(argument.type)
    return kind in LEFT_OUT_TYPES or argument.name in ("layout", "pin_memory") and kind in ("Optional[int]", "Optional[bool]")


def argument_of(found):
    local = found.name + ("_" if found.name == "self" or keyword.iskeyword(found.name) else "")
    alias = found.alias_info
    return Argument(found.name, str(found.type), found.has_default_value(), default_of(found), found.kwarg_only,
                    bool(alias and alias.is_write), found.is_out, found.N or 0, local)


def operators_of(schema):
    """The operators that a schema gives: none where its values cannot be passed, several where a type is free."""
    args = [argument_of(a) for a in schema.arguments if not left_out(a)]
    out = [a for a in schema.arguments if left_out(a)]
    texts = " ".join(a.type for a in args)
    if any(word in texts for word in NO_VALUES) or "Dict[Tensor" in texts:
        return []
    if PACKED in texts + " ".join(str(r.type) for r in schema.returns):
        return packed_operators(schema, args, out)
    name = schema.name + ("." + schema.overload_name if schema.overload_name else "")
    if not re.search(r"\bt[12]?\b", texts):
        return [Operator(name, schema, args, out)]
    element = next(e for word, e in ELEMENTS.items() if word in texts)
    return [Operator(f"{name}__{element}", schema, [substituted(a, element) for a in args], out)]


PACK_TENSORS = [("W", "Tensor"), ("B", "Optional[Tensor]")]
PACK_CONV = PACK_TENSORS + [(n, "List[int]") for n in ("pack_stride", "pack_padding", "pack_dilation")] + [("pack_groups", "int")]
PACK_TRANSPOSED = PACK_CONV[:4] + [("pack_output_padding", "List[int]")] + PACK_CONV[4:]


def pack_of(kind, name):
    """The operator that makes an argument of this packed kind for the operator of this name, with its parameters."""
    namespace, short = name.split("::")
    ndim = next((d for d in ("1d", "2d", "3d") if d in short), "3d" if "Conv3d" in kind else "2d")
    if "Conv" in kind:
        transposed = "transpose" in short
        return f"torch.ops.quantized.conv{'_transpose' * transposed}{ndim}_prepack", PACK_TRANSPOSED if transposed else PACK_CONV
    if "Linear" in kind:
        return f"torch.ops.quantized.linear_prepack{'_fp16' * ('fp16' in short)}", PACK_TENSORS
    return "torch.ops.quantized.embedding_bag_prepack", PACK_TENSORS[:1]


def packed_operators(schema, args, out):
    """Packed weights are no values of a recorded call: they are made inside the function, and unpacked where they are the answer."""
    args = list(args)
    for at, a in reversed(list(enumerate(args))):
        if not a.type.startswith(PACKED):
            continue
        pack, parameters = pack_of(a.type, schema.name)
        packed = [Argument(n, k, False, None, False, False, False, 0, n) for n, k in parameters]
        packed[0].made = f"{pack}({', '.join(n for n, _ in parameters)})"
        packed[0].name = a.name
        for other in packed[1:]:
            other.inner = True
        args[at:at + 1] = packed
    name = schema.name + ("." + schema.overload_name if schema.overload_name else "")
    return [] if any(PACKED in a.type for a in args) else [Operator(name, schema, args, out)]


def unpacked(operator, call):
    """The call, with what unpacks its answer around it."""
    answers = [str(r.type) for r in operator.schema.returns]
    if len(answers) != 1 or not answers[0].startswith(PACKED):
        return call
    kind, short = answers[0], operator.schema.name.split("::")[1]
    if "Conv" in kind:
        ndim = next((d for d in ("1d", "2d", "3d") if d in short), "2d")
        return f"torch.ops.quantized.conv{'_transpose' * ('transpose' in short)}{ndim}_unpack({call})"
    if "Linear" in kind:
        return f"torch.ops.quantized.linear_unpack{'_fp16' * ('fp16' in short)}({call})"
    return f"torch.ops.quantized.embedding_bag_unpack({call})"


def substituted(argument, element):
    copy = Argument(**argument.__dict__)
    copy.type = re.sub(r"\bt[12]?\b", element, argument.type)
    return copy


def calls_of(operator):
    """Sources of the call, the plainest first: what overload they mean is PyTorch's choice, so there is more than one try."""
    given = [a for a in operator.args if not a.inner]
    fill = [f"{a.name}=None" for a in operator.left_out if not a.has_default_value()]
    for positional in (None, 1, 0):
        words = []
        for at, a in enumerate(given):
            by_name = a.kwarg_only or (positional is not None and at >= positional)
            value = a.made or a.local
            words.append(f"{a.name}={value}" if by_name and not keyword.iskeyword(a.name) else value)
        namespace, name = operator.schema.name.split("::")
        yield f"torch.ops.{namespace}.{name}({', '.join(words + fill)})"


def uninitialised(operator):
    return re.match(r"aten::(new_)?empty(_|$)", operator.schema.name) and len(operator.schema.returns) == 1 and not any(
        a.written for a in operator.args)


def scripted(operator):
    """The function, compiled, and its source; None where TorchScript's source cannot say this overload."""
    params = ", ".join(f"{a.local}: {a.type}" for a in operator.args)
    for call in calls_of(operator):
        call = f"torch.zeros_like({call})" if uninitialised(operator) else unpacked(operator, call)
        text = f"def {operator.function}({params}):\n    return {call}\n"
        try:
            function = getattr(torch.jit.CompilationUnit(text), operator.function)
        except Exception:  # not callable in this spelling
            continue
        if calls_schema(function.graph, operator.schema):
            operator.text = text
            return function
    return None


def calls_schema(graph, schema):
    return any(node.kind() == schema.name and node.schema() == str(schema) for node in graph.nodes() if has_schema(node))


def has_schema(node):
    return node.schema() != "(no schema)"


def all_operators():
    seen = {}
    for schema in torch._C._jit_get_all_schemas():
        if schema.name.split("::")[0] in NAMESPACES and schema.name not in NOT_OPERATORS:
            for operator in operators_of(schema):
                seen.setdefault(operator.name, operator)
    return [seen[name] for name in sorted(seen)]
