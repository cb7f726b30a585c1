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
    local: str = ""    # as the function's parameter


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
                    bool(alias and alias.is_write), found.is_out, local)


def operators_of(schema):
    """The operators that a schema gives: none where its values cannot be passed, several where a type is free."""
    args = [argument_of(a) for a in schema.arguments if not left_out(a)]
    out = [a for a in schema.arguments if left_out(a)]
    texts = " ".join(a.type for a in args)
    answers = " ".join(str(r.type) for r in schema.returns)
    if any(word in texts for word in NO_VALUES) or PACKED in answers or "Dict[Tensor" in texts:
        return []
    name = schema.name + ("." + schema.overload_name if schema.overload_name else "")
    if not re.search(r"\bt[12]?\b", texts):
        return [Operator(name, schema, args, out)]
    element = next(e for word, e in ELEMENTS.items() if word in texts)
    return [Operator(f"{name}__{element}", schema, [substituted(a, element) for a in args], out)]


def substituted(argument, element):
    copy = Argument(**argument.__dict__)
    copy.type = re.sub(r"\bt[12]?\b", element, argument.type)
    return copy


def calls_of(operator):
    """Sources of the call, the plainest first: what overload they mean is PyTorch's choice, so there is more than one try."""
    given = [a for a in operator.args]
    fill = [f"{a.name}=None" for a in operator.left_out if not a.has_default_value()]
    for positional in (None, 1, 0):
        words = []
        for at, a in enumerate(given):
            by_name = a.kwarg_only or (positional is not None and at >= positional)
            words.append(f"{a.name}={a.local}" if by_name and not keyword.iskeyword(a.name) else a.local)
        namespace, name = operator.schema.name.split("::")
        yield f"torch.ops.{namespace}.{name}({', '.join(words + fill)})"


def uninitialised(operator):
    return re.match(r"aten::(new_)?empty(_|$)", operator.schema.name) and len(operator.schema.returns) == 1 and not any(
        a.written for a in operator.args)


def packed_kind(argument):
    return argument.type[len(PACKED):] if argument.type.startswith(PACKED) else None


def scripted(operator):
    """The function, compiled, and its source; None where TorchScript's source cannot say this overload."""
    params = ", ".join(f"{a.local}: {a.type}" for a in operator.args)
    for call in calls_of(operator):
        call = f"torch.zeros_like({call})" if uninitialised(operator) else call
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
