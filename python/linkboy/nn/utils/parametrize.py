"""Tensors of a module that are computed from others: `torch.nn.utils.parametrize`.

A parametrized module is of a class of its own, in which the tensor is a property: reading it runs the modules in
`module.parametrizations[name]` over `original` (or original0, original1, ...), assigning to it runs their
`right_inverse` backwards. Such modules run and can be traced; they are not compiled.
"""

import copy
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Optional

import linkboy
from linkboy import Tensor
from linkboy.nn.modules.container import ModuleDict, ModuleList
from linkboy.nn.modules.module import Module
from linkboy.nn.parameter import Parameter

_cache_depth = 0
_cache: dict[tuple[int, str], Tensor] = {}

_NO_SCRIPT = "Parametrization is not working with scripting."


@contextmanager
def cached() -> Iterator[None]:
    """Within it each parametrized tensor is computed once."""
    global _cache_depth
    _cache_depth += 1
    try:
        yield
    finally:
        _cache_depth -= 1
        if not _cache_depth:
            _cache.clear()


def _register(module: Module, name: str, tensor: Tensor) -> None:
    """Adds a tensor as what it is: a parameter or a buffer."""
    add = module.register_parameter if isinstance(tensor, Parameter) else module.register_buffer
    add(name, tensor)


def _check_kept(before: Tensor, after: Any, what: str, source: str) -> None:
    """Raises ValueError where a parametrization changes dtype or shape."""
    if not isinstance(after, Tensor):
        raise ValueError(f"A parametrization must return a tensor. Got {type(after).__name__}.")
    for quality in ("dtype", "shape"):
        old, new = getattr(before, quality), getattr(after, quality)
        if old != new:
            raise ValueError(
                f"Registering a parametrization may not change the {quality} of the tensor, unless {what} flag is enabled.\n"
                f"{source} {quality}: {old}\nparametrized {quality}: {new}"
            )


class ParametrizationList(ModuleList):
    """The parametrizations of one tensor, first to last, with the tensor or tensors they start from."""

    original: Tensor
    unsafe: bool

    def __init__(self, modules: Sequence[Module], original: Tensor, unsafe: bool = False) -> None:
        if not modules:
            raise ValueError("ParametrizationList requires one or more modules.")
        super().__init__(modules)
        self.unsafe = unsafe
        start = self._start_of(original)
        if not isinstance(start, (Tensor, Sequence)):
            raise ValueError(
                "'right_inverse' must return a Tensor or a Sequence of tensors (list, tuple...). "
                f"Got {type(start).__name__}"
            )
        before = original.detach().clone()
        self.is_tensor = isinstance(start, Tensor)
        self.ntensors = 1 if self.is_tensor else len(start)
        if self.is_tensor:
            self._add_one(original, start)
        else:
            self._add_several(original, start)
        if not unsafe:
            _check_kept(before, self(), "`unsafe`", "unparametrized")

    def _start_of(self, tensor: Tensor) -> Any:
        """What the parametrizations make `tensor` of, as far as they can tell."""
        start = tensor
        with linkboy.no_grad():
            for module in reversed(self):
                if hasattr(module, "right_inverse"):
                    try:
                        start = module.right_inverse(start)
                    except NotImplementedError:
                        pass
        return start

    def _add_one(self, original: Tensor, start: Tensor) -> None:
        if original.dtype != start.dtype:
            raise ValueError(
                "When `right_inverse` outputs one tensor, it may not change the dtype.\n"
                f"original.dtype: {original.dtype}\nright_inverse(original).dtype: {start.dtype}"
            )
        wanted = original.requires_grad  # a tensor's mark goes with its data here
        original.data = start.detach().requires_grad_(wanted)
        _register(self, "original", original)

    def _add_several(self, original: Tensor, starts: Sequence[Tensor]) -> None:
        for place, start in enumerate(starts):
            if not isinstance(start, Tensor):
                raise ValueError(
                    "'right_inverse' must return a Tensor or a Sequence of tensors (list, tuple...). "
                    f"Got element {place} of the sequence with type {type(start).__name__}."
                )
            if isinstance(original, Parameter):
                start = Parameter(start, original.requires_grad)
            _register(self, f"original{place}", start)

    def right_inverse(self, value: Tensor) -> None:
        """Sets the originals so that the parametrized tensor becomes `value`."""
        with linkboy.no_grad():
            for module in reversed(self):
                if not hasattr(module, "right_inverse"):
                    raise RuntimeError(
                        f"parametrization {type(module).__name__} does not implement right_inverse."
                    )
                value = module.right_inverse(value)
            if self.is_tensor:
                self._set("original", value, "The tensor")
            elif len(value) != self.ntensors:
                raise ValueError(
                    f"'right_inverse' must return a sequence of tensors of length {self.ntensors}. "
                    f"Got a sequence of length {len(value)}."
                )
            else:
                for place, tensor in enumerate(value):
                    self._set(f"original{place}", tensor, f"Tensor {place}")

    def _set(self, name: str, value: Tensor, what: str) -> None:
        original = getattr(self, name)
        if value.dtype != original.dtype:
            raise ValueError(
                f"{what} returned by `right_inverse` has dtype {value.dtype} while `{name}` has dtype {original.dtype}"
            )
        original.data = value.detach()

    def forward(self) -> Tensor:
        if linkboy.jit.is_scripting():
            raise RuntimeError(_NO_SCRIPT)
        if self.is_tensor:
            x = self[0](self.original)
        else:
            x = self[0](*(getattr(self, f"original{place}") for place in range(self.ntensors)))
        for place in range(1, len(self)):
            x = self[place](x)
        return x


def _copy_module(self: Module, memo: dict) -> Module:
    """A deep copy of a parametrized module: its class is no name to be found again."""
    if id(self) not in memo:
        replica = self.__new__(self.__class__)
        memo[id(self)] = replica
        replica.__dict__ = copy.deepcopy(self.__dict__, memo)
    return memo[id(self)]


def _no_state(self: Module) -> Any:
    raise RuntimeError("Serialization of parametrized modules is only supported through state_dict().")


def _give_own_class(module: Module) -> None:
    """Makes the module the only one of its class, so that properties can be put there."""
    cls = type(module)
    members: dict[str, Any] = {"__getstate__": _no_state}
    if not hasattr(cls, "__deepcopy__"):
        members["__deepcopy__"] = _copy_module
    module.__class__ = type(f"Parametrized{cls.__name__}", (cls,), members)


def _add_property(module: Module, name: str) -> None:
    """Makes `name` computed."""

    def get(self: Module) -> Tensor:
        if linkboy.jit.is_scripting():
            raise RuntimeError("Parametrization is not working with scripting.")
        parametrization = self.parametrizations[name]
        if not _cache_depth:
            return parametrization()
        key = (id(self), name)
        if key not in _cache:
            _cache[key] = parametrization()
        return _cache[key]

    def set(self: Module, value: Tensor) -> None:
        self.parametrizations[name].right_inverse(value)

    setattr(type(module), name, property(get, set))


def register_parametrization(
    module: Module, tensor_name: str, parametrization: Module, *, unsafe: bool = False
) -> Module:
    """Makes a parameter or buffer, or one that is computed already, what `parametrization` makes of it.

    Raises ValueError where there is none of that name, and, unless `unsafe`, where dtype or shape would change.
    """
    parametrization.train(module.training)
    if is_parametrized(module, tensor_name):
        if not unsafe:
            now = getattr(module, tensor_name)
            _check_kept(now, parametrization(now), "the `unsafe`", f"module.{tensor_name}")
        module.parametrizations[tensor_name].append(parametrization)
        module.parametrizations[tensor_name].unsafe |= unsafe
    elif tensor_name in module._buffers or tensor_name in module._parameters:
        original = getattr(module, tensor_name)
        parametrizations = ParametrizationList([parametrization], original, unsafe=unsafe)
        delattr(module, tensor_name)
        if not is_parametrized(module):
            _give_own_class(module)
            module.parametrizations = ModuleDict()
        _add_property(module, tensor_name)
        module.parametrizations[tensor_name] = parametrizations
    else:
        raise ValueError(
            f"Module '{module}' does not have a parameter, a buffer, or a parametrized element with name '{tensor_name}'"
        )
    return module


def is_parametrized(module: Module, tensor_name: Optional[str] = None) -> bool:
    """Whether any tensor of a module, or the one of this name, is computed."""
    parametrizations = getattr(module, "parametrizations", None)
    if not isinstance(parametrizations, ModuleDict):
        return False
    return len(parametrizations) > 0 if tensor_name is None else tensor_name in parametrizations


def remove_parametrizations(module: Module, tensor_name: str, leave_parametrized: bool = True) -> Module:
    """Makes a computed tensor an ordinary one again, with the value it has or, if so wanted, that of `original`."""
    if not is_parametrized(module, tensor_name):
        raise ValueError(f"Module {module} does not have a parametrization on {tensor_name}")
    parametrizations = module.parametrizations[tensor_name]
    value = getattr(module, tensor_name)
    if parametrizations.is_tensor:
        tensor = parametrizations.original
        if leave_parametrized:
            tensor.data = value.detach()
    elif leave_parametrized:
        wanted = parametrizations.original0
        tensor = Parameter(value, wanted.requires_grad) if isinstance(wanted, Parameter) else value
    else:
        raise ValueError(
            "Cannot leave unparametrized (`leave_parametrized=False`) a tensor "
            "that is parametrized in terms of a sequence of tensors."
        )
    delattr(type(module), tensor_name)
    del module.parametrizations[tensor_name]
    _register(module, tensor_name, tensor)
    if not is_parametrized(module):
        delattr(module, "parametrizations")
        module.__class__ = type(module).__bases__[0]
    return module


def type_before_parametrizations(module: Module) -> type:
    """The class of a module as it was made."""
    return type(module).__bases__[0] if is_parametrized(module) else type(module)
