"""What a Python object means to a program that names it (toSugaredValue in
torch/csrc/jit/python/python_sugared_value.cpp). Known by identity first (operators, special forms), then by
type.
"""

from __future__ import annotations

import cmath
import collections
import enum
import inspect
import math
import sys
import types
import typing
import warnings

from linkboy import _C, _jit_internal, grad
from linkboy.jit import annotations, answers, classes, foreign, functions, modifiers, scopes, whole
from linkboy.jit.function import ScriptFunction

_CONSTANTS = (bool, int, float, complex, str, type(None), _C.dtype, _C.device, _C.layout, _C.memory_format)

_MATH = {  # functions whose operators have other names
    "pow": "pow",
    "fabs": "fabs",
    "remainder": "mathremainder",
}
_MATH_SAME = (
    "ceil copysign erf erfc exp expm1 floor gamma lgamma log log10 log1p sqrt isnan asinh atanh cosh sinh tanh acos asin "
    "atan atan2 cos sin tan acosh fmod modf factorial frexp isinf degrees radians ldexp gcd isfinite"
).split()
_CMATH = {"isnan": "isnan", "isfinite": "isfinite", "isinf": "isinf", "phase": "angle", "rect": "polar"}
_CMATH_SAME = "log log10 sqrt exp sin tan cos asin acos atan sinh cosh tanh asinh acosh atanh".split()

_NO_GRAD = ("_no_grad_uniform_", "_no_grad_normal_", "_no_grad_fill_", "_no_grad_zero_")
_TUPLES = ("_single", "_pair", "_triple", "_quadruple")
_OVERRIDES = ("has_torch_function", "has_torch_function_unary", "has_torch_function_variadic")

_FORMS = {  # linkboy's own
    _jit_internal.annotate: "torch.jit.annotate",
    _jit_internal.is_scripting: "aten::is_scripting",
    modifiers.fork: "torch.jit.fork",
    modifiers.wait: "aten::wait",
    modifiers.script_isinstance: "torch.jit.isinstance",
}


_LIBRARY = {  # functions of the package -> the operators that programs call instead
    "linkboy.functional._assert": "aten::_assert",
    "linkboy.nn.functional._no_grad_embedding_renorm_": "aten::_no_grad_embedding_renorm_",
    "linkboy.nn.modules.utils._list_with_default": "aten::list_with_default",
    **{f"linkboy.nn.init.{name}": f"aten::{name}" for name in _NO_GRAD},
    **{f"linkboy.nn.modules.utils.{name}": f"aten::{name}" for name in _TUPLES},
    **{f"linkboy.overrides.{name}": "aten::has_torch_function" for name in _OVERRIDES},
}


def _linkboy_table() -> dict:
    """Functions of the package that stand for operators of their names."""
    return {
        id(found): f"aten::{name}"
        for name, found in vars(sys.modules["linkboy"]).items()
        if callable(found) and _C.overloads(f"aten::{name}")
    }


def _own_table() -> dict:
    table = {id(getattr(math, name)): f"aten::{name}" for name in _MATH_SAME}
    table.update({id(getattr(math, name)): f"aten::{op}" for name, op in _MATH.items()})
    table.update({id(getattr(cmath, name)): f"aten::{name}" for name in _CMATH_SAME})
    table.update({id(getattr(cmath, name)): f"aten::{op}" for name, op in _CMATH.items()})
    table.update({id(fn): name for fn, name in _FORMS.items()})
    table[id(collections.OrderedDict)] = "aten::dict"
    table[id(warnings.warn)] = "aten::warn"
    table[id(slice)] = "slice"
    table.update(_linkboy_table())
    return table


def _torch_namespaces(torch) -> list:
    inner = torch._C
    return [
        torch,
        *(
            getattr(inner, n)
            for n in ("_nn", "_fft", "_linalg", "_nested", "_sparse", "_special")
            if hasattr(inner, n)
        ),
    ]


def _torch_specials(torch) -> dict:
    """Functions that stand for an operator without being one of its namespaces."""
    functional, init, jit = torch.nn.functional, torch.nn.init, torch.jit
    utils = torch.nn.modules.utils
    awaits = sys.modules.get("torch.jit._await")
    pairs = [
        (awaits, "_awaitable_wait", "prim::awaitable_wait"),
        (awaits, "_awaitable_nowait", "prim::awaitable_nowait"),
        (awaits, "_awaitable", "torch.jit._awaitable"),
        (utils, "_pair", "aten::_pair"),
        (utils, "_quadruple", "aten::_quadruple"),
        (utils, "_single", "aten::_single"),
        (utils, "_triple", "aten::_triple"),
        (utils, "_list_with_default", "aten::list_with_default"),
        (torch.backends.cudnn, "is_acceptable", "aten::cudnn_is_acceptable"),
        (torch, "_assert", "aten::_assert"),
        (torch.autograd, "grad", "aten::grad"),
        (torch.autograd, "backward", "aten::backward"),
        (torch._C, "_infer_size", "aten::_infer_size"),
        (torch, "broadcast_shapes", "aten::broadcast_shapes"),
        (functional, "_no_grad_embedding_renorm_", "aten::_no_grad_embedding_renorm_"),
        (functional, "assert_int_or_pair", "aten::_assert_int_or_pair"),
        (init, "_no_grad_fill_", "aten::_no_grad_fill_"),
        (init, "_no_grad_normal_", "aten::_no_grad_normal_"),
        (init, "_no_grad_uniform_", "aten::_no_grad_uniform_"),
        (init, "_no_grad_zero_", "aten::_no_grad_zero_"),
        (torch._C, "_get_tracing_state", "aten::_get_tracing_state"),
        (torch._C, "_get_cpu_capability", "aten::_get_cpu_capability"),
        (jit, "annotate", "torch.jit.annotate"),
        (jit, "fork", "torch.jit.fork"),
        (jit, "_fork", "torch.jit.fork"),
        (jit, "wait", "aten::wait"),
        (jit, "_wait", "aten::wait"),
        (jit, "isinstance", "torch.jit.isinstance"),
        (jit, "is_scripting", "aten::is_scripting"),
        (jit, "_unwrap_optional", "aten::_unwrap_optional"),
        (torch, "is_grad_enabled", "aten::is_grad_enabled"),
        (torch, "manual_seed", "aten::manual_seed"),
        *(
            (torch.overrides, f"has_torch_function{n}", "aten::has_torch_function")
            for n in ("", "_unary", "_variadic")
        ),
    ]
    for (
        name
    ) in "stft istft cdist norm unique_dim unique_consecutive nuclear_norm frobenius_norm tensordot".split():
        pairs.append((torch._VF, name, f"aten::{name}"))
    for (
        name
    ) in "BoolTensor LongTensor ByteTensor CharTensor DoubleTensor FloatTensor IntTensor ShortTensor HalfTensor".split():
        pairs.append((torch, name, f"torch.{name}"))
    return {id(getattr(m, name)): op for m, name, op in pairs if hasattr(m, name)}


def _is_compiled_from_python(torch) -> set:
    """Functions of torch.functional that are also in torch, but whose Python is the program."""
    names = ("stft", "istft", "lu", "cdist", "norm", "unique", "unique_consecutive", "tensordot")
    return {id(getattr(torch.functional, name)) for name in names if hasattr(torch.functional, name)}


def _torch_table(torch) -> dict:
    python, table = _is_compiled_from_python(torch), {}
    skipped = {id(torch.no_grad), id(torch.autocast)}
    for namespace in _torch_namespaces(torch):
        for name in dir(namespace):
            found = getattr(namespace, name)
            if (
                callable(found)
                and id(found) not in python
                and id(found) not in skipped
                and _C.overloads(f"aten::{name}")
            ):
                table[id(found)] = f"aten::{name}"
    table.update(_torch_specials(torch))
    return table


_tables: dict = {}


def operator_of(obj):
    """The operator or special form that a Python object stands for by its identity; None."""
    own = _tables.get("own")
    if own is None:
        own = _tables["own"] = _own_table()
    found = own.get(id(obj))
    if found is None and type(obj) is types.FunctionType:
        found = _LIBRARY.get(f"{obj.__module__}.{obj.__name__}")
    if found is None and "torch" in sys.modules and hasattr(sys.modules["torch"], "jit"):
        table = _tables.get("torch")
        if table is None:
            table = _tables["torch"] = _torch_table(sys.modules["torch"])
        found = table.get(id(obj))
    return found


# ---- kinds of objects ----


def _answer_value(obj):
    return answers.value(obj)


def _answer_tuple(obj):
    if hasattr(obj, "_fields"):
        return answers.value(obj, classes.class_type(type(obj)))
    if all(isinstance(item, _CONSTANTS) for item in obj):
        return answers.value(obj)
    return answers.items([answer(item) for item in obj])


def _answer_module(obj):
    return answers.scope(scopes.module_scope(obj), f"module '{obj.__name__}'")


def _dispatched(fn):
    """boolean_dispatch of linkboy._jit_internal or torch's."""
    theirs = sys.modules.get("torch._jit_internal")
    choice = _jit_internal.boolean_dispatched.get(fn)
    if choice is None and theirs is not None:
        choice = theirs.boolean_dispatched.get(fn)
    if choice is None:
        return None
    return answers.choice(
        choice["arg_name"],
        choice["index"],
        choice["default"],
        answer(choice["if_true"]),
        answer(choice["if_false"]),
    )


def _answer_function(obj):
    known = operator_of(obj)
    if known is not None:
        return answers.name(known)
    obj = modifiers.original(obj)
    choice = _dispatched(obj)
    if choice is not None:
        return choice
    if modifiers.is_ignored(obj):
        return answers.outside(functions.declare_outside(obj), modifiers.is_never_called(obj))
    if obj.__name__ == "<lambda>":
        return answers.either(_LAMBDA, whole.member(obj))
    path = whole.library_path(obj)
    if path is not None and not path.startswith("torch"):
        return answers.either(_python_function(obj), answers.name(path))
    return answers.functions(*functions.declare(obj))


_LAMBDA = answers.refusal("write it as a function with a name: lambdas are not compiled")


def _python_function(obj):
    """One of Python's libraries, as PyTorch takes it."""
    try:
        return answers.functions(*functions.declare(obj))
    except (OSError, RuntimeError) as error:
        return answers.refusal(str(error))


def _as_compiled(cls):
    """Python enters linkboy's no_grad, programs the class that PyTorch compiles."""
    if cls is not grad.no_grad:
        return cls
    from linkboy.autograd import grad_mode

    return grad_mode.no_grad


def _answer_class(obj):
    obj = _as_compiled(obj)
    known = operator_of(obj)
    if known is not None:
        return answers.name(known, annotations.plain_type(obj))
    if issubclass(obj, BaseException):
        return answers.exception(obj)
    if _is_autograd(obj):
        return answers.either(_nothing(obj), answers.scope(scopes.AutogradScope(obj), "autograd function"))
    found = annotations.annotation_type(obj) or classes.module_types.get(obj)
    if found is None:
        return _nothing(obj)
    strict, more = answers.of_type(found), whole.class_answer(obj)
    return strict if more is None else answers.either(strict, more)


def _nothing(obj):
    return answers.unusable(f"python value of type '{type(obj).__name__}'")


def _is_autograd(cls) -> bool:
    packages = (sys.modules.get("torch.autograd"), sys.modules.get("linkboy.autograd"))
    return any(issubclass(cls, p.Function) for p in packages if hasattr(p, "Function"))


def _answer_typing(obj):
    """typing.List, Optional[int], aliases of types."""
    found = annotations.annotation_type(obj)
    if found is not None:
        return answers.of_type(found)
    name = getattr(obj, "_name", None) or getattr(obj, "__name__", None)
    return answers.name(f"typing.{name}") if name else None


def _answer_builtin(obj):
    known = operator_of(obj)
    if known is not None:
        return answers.name(known)
    return answers.refusal(f"Python builtin {obj} is currently not supported in Torchscript")


def _answer_script_function(obj):
    return answers.functions(obj)


def _answer_script_module(obj):
    return answers.refusal("Cannot call a ScriptModule that is not a submodule of the caller")


def _answer_enum(obj):
    return answers.value(obj, classes.class_type(type(obj)))


_BY_TYPE = {
    tuple: _answer_tuple,
    types.ModuleType: _answer_module,
    types.FunctionType: _answer_function,
    type: _answer_class,
    types.BuiltinFunctionType: _answer_builtin,
    ScriptFunction: _answer_script_function,
    types.GenericAlias: _answer_typing,
}
_BY_TYPE.update(dict.fromkeys(_CONSTANTS, _answer_value))
if hasattr(types, "UnionType"):
    _BY_TYPE[types.UnionType] = _answer_typing


def answer(obj):
    """The answer to what `obj` means (linkboy/jit/answers.py)."""
    make = _BY_TYPE.get(type(obj))
    found = make(obj) if make is not None else _answer_other(obj)
    other = whole.thing(obj) if answers.is_nothing(found) else None
    return found if other is None else answers.either(found, other)


def _answer_other(obj):
    if inspect.isclass(obj):
        return _answer_class(obj)
    known = operator_of(obj)
    if known is not None:
        return answers.name(known)
    packet = packet_of(obj)
    if packet is not None:
        return answers.name(packet)
    if isinstance(obj, enum.Enum):
        return _answer_enum(obj)
    if isinstance(obj, tuple):
        return _answer_tuple(obj)
    if isinstance(obj, (int, float, str)) or _is_torch_constant(obj):
        return answers.value(obj)
    if isinstance(obj, types.ModuleType):
        return _answer_module(obj)
    if isinstance(obj, _C.Module):
        return _answer_script_module(obj)
    if inspect.ismethod(obj):
        return (
            _answer_function(obj.__func__)
            if not obj.__self__
            else answers.unusable("python value of type 'method'")
        )
    if typing.get_origin(obj) is not None or type(obj).__module__ == "typing":
        return _answer_typing(obj)
    return _answer_torch(obj)


def packet_of(obj):
    """The name of the operator that an object of torch.ops, linkboy.ops or linkboy itself is; None."""
    found = getattr(obj, "_qualified_op_name", None)
    if found is None and type(obj).__name__ == "Operator":
        found = getattr(obj, "qualified_name", None)
    return found if isinstance(found, str) else None


def is_constant(obj) -> bool:
    """Whether a module may have it as a constant."""
    return isinstance(obj, _CONSTANTS) or _is_torch_constant(obj)


def _is_torch_constant(obj) -> bool:
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(
        obj, (torch.dtype, torch.device, torch.layout, torch.memory_format, torch.qscheme)
    )


def _answer_torch(obj):
    """torch's own script functions, and namespaces that are no modules (torch.ops)."""
    traced = foreign.traced_function(obj)
    if traced is not None:
        return answers.functions(traced)
    inner = getattr(obj, "_torchdynamo_inline", None)
    if inspect.isfunction(inner):
        return _answer_function(inner)
    kind = type(obj)
    if kind.__module__ in ("torch._ops", "torch._classes", "linkboy.operators"):
        return answers.scope(scopes.module_scope(obj), f"'{getattr(obj, '__name__', kind.__name__)}'")
    if callable(obj) and kind.__name__ in ("builtin_function_or_method", "method_descriptor"):
        return _answer_builtin(obj)
    return answers.unusable(f"python value of type '{kind.__name__}'")
