"""What libraries of models write and torch.jit.script takes: the same code here. The texts are PyTorch's."""

import enum
import re
from typing import Any, List, Optional

import pytest

torch = pytest.importorskip("torch")
import linkboy  # noqa: E402
from torch import Tensor, nn  # noqa: E402


@torch.jit.unused
def never_called(x: Tensor, factor: float = 2.0) -> int:
    return id(x) + id(factor)


def test_a_function_that_is_never_called_raises():
    assert (
        linkboy.script(never_called).code
        == """def never_called(x: Any,
    factor: Any=2.) -> int:
  _0 = uninitialized(int)
  ops.prim.RaiseException("Cannot call @unused methods", "builtins.RuntimeError")
  return _0
"""
    )


class Holder:
    def __init__(self, n: int):
        self.n = n

    @torch.jit.unused
    def address(self, other) -> int:
        return id(other)


def holds(n: int) -> int:
    return Holder(n).n


def test_methods_of_classes_that_are_never_called():
    assert linkboy.script(holds)(3) == 3


def pooled(x: Tensor) -> Tensor:
    return nn.functional.max_pool2d(x, 1, 2, 0)


def test_a_number_by_default_is_repeated_at_the_call():
    graph = linkboy.script(pooled)._text(2)
    assert (
        graph
        == """graph(%x.1 : Tensor):
  %1 : Function = prim::Constant[name="_max_pool2d"]()
  %2 : bool = prim::Constant[value=0]()
  %3 : int = prim::Constant[value=1]()
  %4 : int = prim::Constant[value=2]()
  %5 : int = prim::Constant[value=0]()
  %6 : int[] = prim::ListConstruct(%3, %3)
  %7 : int[] = prim::ListConstruct(%4, %4)
  %8 : int[] = prim::ListConstruct(%5, %5)
  %9 : int[] = prim::ListConstruct(%3, %3)
  %10 : Tensor = prim::CallFunction(%1, %x.1, %6, %7, %8, %9, %2, %2)
  return (%10)
"""
    )


def largest(dtype: torch.dtype) -> int:
    if dtype == torch.uint16:
        return 65535
    return 255 if dtype == torch.uint8 else 127


def test_dtypes_that_no_tensor_has_are_numbers():
    made = linkboy.script(largest)
    assert [made(d) for d in (torch.uint16, torch.uint8, torch.int8)] == [65535, 255, 127]
    assert "torch.eq(dtype, 27)" in made.code
    with pytest.raises(TypeError, match="dtype"):
        linkboy.tensor([1], dtype=torch.uint16)


class Mode(enum.Enum):
    NEAREST = "nearest"
    LINEAR = "linear"


class Resize(nn.Module):
    def __init__(self):
        super().__init__()
        self.mode = Mode.LINEAR

    def forward(self, x: Tensor) -> Tensor:
        return x if self.mode == Mode.NEAREST else x * 2


def test_an_enum_is_an_attribute():
    assert (
        linkboy.script(Resize()).code
        == """def forward(self,
    x: Tensor) -> Tensor:
  mode = self.mode
  _0 = torch.eq(mode, __torch__.test_libraries.Mode.NEAREST)
  if _0:
    _1 = x
  else:
    _1 = torch.mul(x, 2)
  return _1
"""
    )


class Old(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x + 1


class New(nn.Module):
    def forward(self, *inputs):
        return inputs

    def __prepare_scriptable__(self):
        return Old()


def test_a_module_may_have_another_compiled_in_its_place():
    assert linkboy.script(New())(linkboy.ones(1)).item() == 2
    assert linkboy.script(nn.Sequential(New(), New()))(linkboy.ones(1)).item() == 3


class Never(nn.Module):
    def __prepare_scriptable__(self):
        raise RuntimeError("Never is no program")


def test_a_module_may_say_that_it_is_never_compiled():
    with pytest.raises(RuntimeError, match=r"Never is no program\nerror\[LB\d+\]"):
        linkboy.script(Never())


class Hook:
    def __call__(self, module, inputs):
        return inputs


def test_a_hook_that_is_no_function_is_refused():
    module = Old()
    module.register_forward_pre_hook(Hook())
    with pytest.raises(RuntimeError, match=r"object of class 'Hook'.*\nerror\[LB\d+\]"):
        linkboy.script(module)


def noise(x: Tensor, generator: Optional[torch.Generator] = None) -> Tensor:
    return x.uniform_(0.0, 1.0, generator=generator)


def test_a_generator_is_a_type():
    assert (
        linkboy.script(noise).code
        == """def noise(x: Tensor,
    generator: Optional[Generator]=None) -> Tensor:
  _0 = torch.uniform_(x, 0., 1., generator=generator)
  return _0
"""
    )


def counted(xs: List[int]) -> bool:
    return any(x > 1 for x in xs)


def test_a_generator_expression_begins_at_its_parenthesis():
    line = counted.__code__.co_firstlineno + 1
    place = rf"aten::append\(%\d+, %\d+\) # .*test_libraries.py:{line}:14"
    assert re.search(place, linkboy.script(counted)._text(1))


class Packed(nn.Module):
    def __init__(self):
        super().__init__()
        weight = torch.quantize_per_tensor(torch.ones(2, 3), 0.5, 0, torch.qint8)
        self.packed = torch.ops.quantized.linear_prepack(weight, None)
        self.size = (2, 3)

    def forward(self, x: Tensor) -> Tensor:
        return torch.ops.quantized.linear_dynamic(x, self.packed)

    @torch.jit.export
    def __getstate__(self):
        return self.size, self.training

    @torch.jit.export
    def __setstate__(self, state):
        self.size = state[0]
        self.training = state[1]


@pytest.mark.filterwarnings("ignore")
def test_objects_of_classes_of_pytorch_are_attributes():
    made = linkboy.script(Packed())
    assert made(linkboy.ones(1, 3)).tolist() == [pytest.approx([3.0, 3.0])]
    assert made._text(4, "__setstate__").strip().endswith("((int, int), bool) state) -> NoneType")


def wants_tensor(x: Tensor, size: int) -> Tensor:
    if x.dim() != size:
        raise TypeError(f"got {type(x)} of {type(size)}")
    return x


def test_a_class_in_a_text():
    with pytest.raises(linkboy.jit.Error, match="got <class 'torch.Tensor'> of <class 'int'>"):
        linkboy.script(wants_tensor)(linkboy.ones(1), 2)


class Doubled(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        ctx.save_for_backward(x)
        return x * 2


def doubled(x: Tensor) -> Tensor:
    return Doubled.apply(x)


def test_the_context_of_a_function_may_be_annotated():
    assert linkboy.script(doubled)(linkboy.ones(1)).item() == 2


def shifted(x: Tensor, by: Tensor = None, times: int = None) -> Tensor:
    if by is None:
        return x
    return x + by * (1 if times is None else times)


def shifts(x: Tensor) -> Tensor:
    return shifted(shifted(x), x)


def test_what_is_none_by_default_may_be_none():
    made, one = linkboy.script(shifted), linkboy.ones(1)
    given = ((one,), (one, one), (one, one, 3))
    assert [made(*args).item() for args in given] == [shifted(*args).item() for args in given]
    assert linkboy.script(shifts)(one).item() == 2


@torch.jit._overload
def inner(x: Tensor, n: int) -> Tensor: ...
@torch.jit._overload
def inner(x: Tensor, n: Optional[float]) -> Tensor: ...
def inner(x, n):
    return x


@torch.jit._overload
def outer(x: Tensor, n: int) -> Tensor: ...
@torch.jit._overload
def outer(x: Tensor, n: float) -> Tensor: ...
@torch.jit._overload
def outer(x: Tensor, n: str) -> Tensor: ...
def outer(x, n):
    return x if isinstance(n, str) else inner(x, n)


def overloaded(x: Tensor):
    return outer(x, 1.5), outer(x, 2), outer(x, "a"), inner(x, None)


def test_overloads_have_their_names_in_the_order_in_which_pytorch_compiles_them():
    code = linkboy.script(overloaded).code
    calls = re.findall(r"__torch__\.test_libraries\.(?:___torch_mangle_(\d+)\.)?(outer|inner)\b", code)
    first = min(int(number) for number, _ in calls if number)
    found = [(int(number) - first if number else None, name) for number, name in calls]
    assert found == [(1, "outer"), (2, "outer"), (0, "inner"), (None, "outer")]


# ---- refusals: each has a code and a place ----


def by_class(x: Tensor, kind=Holder) -> Tensor:
    return x


def asks_system(x: Tensor) -> Tensor:
    import platform

    return x if torch._C._get_deterministic_algorithms() else x * 2


@pytest.mark.parametrize("refused", [by_class, asks_system], ids=lambda f: f.__name__)
def test_what_is_refused_says_where(refused):
    with pytest.raises(RuntimeError, match=r"error\[LB\d+\]: .*test_libraries.py:\d+") as caught:
        linkboy.script(refused)
    assert caught.value.code == "compile"
