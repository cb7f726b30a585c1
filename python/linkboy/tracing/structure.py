"""The ScriptModule that a trace fills with methods: parameters, buffers and submodules of an nn.Module
(PyTorch's or linkboy's) under their names, in classes of their own, and nothing else of it
(torch.jit.TracedModule)."""

from __future__ import annotations

from typing import Any, Iterator

from linkboy import _C
from linkboy.jit import containers, foreign, modifiers, modules
from linkboy.jit import unit as units
from linkboy.jit.unit import qualified_name, type_of_text, unit


class _Scope:
    """A traced class has no other names than its members."""

    def find(self, name: str) -> None:
        return None


def _exports(module: Any) -> bool:
    """Whether methods of it are compiled as well (torch.jit.export)."""
    return any(
        modifiers.modifier(getattr(type(module), name, None)) == modifiers.EXPORT
        for name in dir(type(module))
    )


def scripted_members(module: Any) -> Iterator[tuple[str, Any]]:
    """Submodules that are programs already, kept as plain attributes."""
    for name, value in module.__dict__.items():
        if isinstance(value, _C.Module):
            yield name, foreign.imported(value)


def _tensors(module: Any) -> Iterator[tuple[str, Any, int]]:
    """Name, tensor and flag; a tensor under two names of one module is refused as PyTorch does."""
    seen = set()
    for tensors, flag in ((module._parameters, units.PARAMETER), (module._buffers, units.BUFFER)):
        for name, tensor in tensors.items():
            if tensor is None:
                continue
            if id(tensor) in seen:
                raise ValueError("TracedModules don't support parameter sharing between modules")
            seen.add(id(tensor))
            yield name, tensor, flag


def traced_module(module: Any) -> Any:
    """A ScriptModule of the module's structure, without methods; modules that are programs already are
    themselves."""
    if foreign.is_script_module(module):
        return foreign.imported(module)
    if _exports(module):
        with modules.for_trace():
            return modules.script_module(module)
    if getattr(module, "_backward_hooks", None):
        raise ValueError("Modules that have backward hooks assigned can't be compiled: " + str(module))
    members = list(_tensors(module))
    children = [(name, traced_module(child)) for name, child in module._modules.items() if child is not None]
    children += scripted_members(module)
    made = unit.new_class(qualified_name(type(module)), units.MODULE, _Scope())
    values: dict[str, Any] = {}
    for name, tensor, flag in members:
        unit.attribute(made, name, type_of_text("Tensor"), flag)
        values[name] = modules.shared(tensor)
    for name, text, value in (
        ("training", "bool", module.training),
        ("_is_full_backward_hook", "Optional[bool]", None),
    ):
        unit.attribute(made, name, type_of_text(text), 0)
        values[name] = value
    for name, child in children:
        unit.attribute(made, name, unit.infer(child), 0)
        values[name] = child
    return unit.object(made, values)


def attribute_paths(module: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Dotted paths of parameters and buffers with their tensors, in the order of the class's members."""
    if foreign.is_script_module(module):
        return
    for tensors in (module._parameters, module._buffers):
        for name, tensor in tensors.items():
            if tensor is not None:
                yield prefix + name, tensor
    for name, child in module._modules.items():
        if child is not None:
            yield from attribute_paths(child, f"{prefix}{name}.")


def submodule_paths(module: Any, prefix: str = "") -> dict[Any, str]:
    """The path of every submodule that is no program; of one in several places the last."""
    found: dict[Any, str] = {}
    seen = set()
    for name, child in module._modules.items():
        if child is None or id(child) in seen or foreign.is_script_module(child):
            continue
        seen.add(id(child))
        found[child] = prefix + name
        found.update(submodule_paths(child, f"{prefix}{name}."))
    return found


is_module = containers.is_module
