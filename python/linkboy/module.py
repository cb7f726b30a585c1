"""Modules of TorchScript programs as Python objects: what torch.jit.ScriptModule offers, over the C
extension.

Calling, attributes and methods are in C (python/extension/script_module.c). Here is what walks the tree of
modules, with the names and orders of torch.nn.Module.
"""

from __future__ import annotations

import collections
from typing import Any, Callable, Iterator, List, Mapping, NamedTuple, Optional, Tuple

from linkboy import _C
from linkboy._C import Tensor
from linkboy.graphs import Graph

TEXT_CODE = 0
_PARAMETER, _BUFFER, _SUBMODULE = 1, 2, 4


class IncompatibleKeys(NamedTuple):
    """What load_state_dict found no place for, and what it did not find."""

    missing_keys: List[str]
    unexpected_keys: List[str]

    def __repr__(self) -> str:
        if not self.missing_keys and not self.unexpected_keys:
            return "<All keys matched successfully>"
        return f"_IncompatibleKeys(missing_keys={self.missing_keys}, unexpected_keys={self.unexpected_keys})"

    def __str__(self) -> str:
        return repr(self)


class ConstMap:
    """The constants of a method's code by name: `c0`, `c1`, ..."""

    def __init__(self, values: tuple):
        self.const_mapping = {f"c{i}": value for i, value in enumerate(values)}

    def __getattr__(self, name: str):
        try:
            return self.__dict__["const_mapping"][name]
        except KeyError:
            raise AttributeError(name) from None


def _joined(prefix: str, name: str) -> str:
    return f"{prefix}.{name}" if prefix else name


class ScriptObject(_C.Module):
    """An object of a script class, as a program gives it (torch.ScriptObject). Attributes and methods by
    their names."""

    def __repr__(self) -> str:
        return f"<{self._qualified_name()} object>"

    def __dir__(self):
        return [*super().__dir__(), *(name for name, _ in self._attributes()), *self._method_names()]

    def __deepcopy__(self, memo):
        return self._copied()


class ScriptModule(_C.Module):
    """A module of a TorchScript program (torch.jit.ScriptModule). Made by `linkboy.load`; called like a
    function.

    Its parameters, buffers, attributes, submodules and methods are attributes of the object. Setting one
    converts the value to the declared type, or raises a RuntimeError; other names become attributes of the
    Python object alone.
    """

    # ---- texts ----

    @property
    def code(self) -> str:
        """The code of `forward`."""
        return self._text(TEXT_CODE, "forward")

    @property
    def code_with_constants(self) -> Tuple[str, ConstMap]:
        """The code of `forward`, and the values that it names CONSTANTS.c0, ..."""
        return self.code, ConstMap(self._constants("forward"))

    @property
    def graph(self) -> Graph:
        """A copy of the graph of `forward`. Setting it makes calls run the graph that is given: it must be of this module
        and take and give what `forward` does; RuntimeError. All modules of one class have their methods in common."""
        return _C.method_graph(self, "forward", False)

    @graph.setter
    def graph(self, graph: Graph) -> None:
        _C.set_method_graph(self, "forward", graph)

    @property
    def inlined_graph(self) -> Graph:
        """The same with all calls put in place."""
        return _C.method_graph(self, "forward", True)

    @property
    def original_name(self) -> str:
        """The name of the class that this was compiled from."""
        return self._qualified_name().rpartition(".")[2]

    def extra_repr(self) -> str:
        """What stands in the brackets of the repr."""
        return f"original_name={self.original_name}"

    def __dir__(self):
        return [*super().__dir__(), *(name for name, _ in self._attributes()), *self._method_names()]

    # ---- the tree ----

    def named_children(self) -> Iterator[Tuple[str, "ScriptModule"]]:
        """(name, module) of the modules right below."""
        for name, flags in self._attributes():
            child = getattr(self, name) if flags & _SUBMODULE else None
            if child is not None:
                yield name, child

    def children(self) -> Iterator["ScriptModule"]:
        """The modules right below."""
        return (child for _, child in self.named_children())

    def named_modules(
        self, memo=None, prefix: str = "", remove_duplicate: bool = True
    ) -> Iterator[Tuple[str, "ScriptModule"]]:
        """(dotted name, module) of all modules, this one first. One that stands in two places comes twice, as
        in PyTorch."""
        yield prefix, self
        for name, child in self.named_children():
            yield from child.named_modules(None, _joined(prefix, name))

    def modules(self) -> Iterator["ScriptModule"]:
        """All modules, this one first."""
        return (module for _, module in self.named_modules())

    def _named_tensors(self, flag: int, prefix: str, recurse: bool, remove_duplicate: bool):
        seen = set()
        for path, module in self.named_modules(prefix=prefix) if recurse else [(prefix, self)]:
            for name, flags in module._attributes():
                tensor = getattr(module, name) if flags & flag else None
                if not isinstance(tensor, Tensor) or (remove_duplicate and tensor._identity() in seen):
                    continue
                seen.add(tensor._identity())
                yield _joined(path, name), tensor

    def named_parameters(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[Tuple[str, Tensor]]:
        """(dotted name, tensor) of all parameters, each tensor once."""
        return self._named_tensors(_PARAMETER, prefix, recurse, remove_duplicate)

    def parameters(self, recurse: bool = True) -> Iterator[Tensor]:
        """All parameters."""
        return (tensor for _, tensor in self.named_parameters(recurse=recurse))

    def named_buffers(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[Tuple[str, Tensor]]:
        """(dotted name, tensor) of all buffers: tensors that are no parameters."""
        return self._named_tensors(_BUFFER, prefix, recurse, remove_duplicate)

    def buffers(self, recurse: bool = True) -> Iterator[Tensor]:
        """All buffers."""
        return (tensor for _, tensor in self.named_buffers(recurse=recurse))

    def _at(self, target: str):
        found: Any = self
        for name in filter(None, target.split(".")):
            found = getattr(found, name)
        return found

    def get_submodule(self, target: str) -> "ScriptModule":
        """The module at a dotted path."""
        found = self._at(target)
        if not isinstance(found, ScriptModule):
            raise AttributeError(f"`{target}` is not a module")
        return found

    def get_parameter(self, target: str) -> Tensor:
        """The parameter at a dotted path."""
        if target not in dict(self.named_parameters(remove_duplicate=False)):
            raise AttributeError(f"`{target}` is not a parameter")
        return self._at(target)

    def get_buffer(self, target: str) -> Tensor:
        """The buffer at a dotted path."""
        if target not in dict(self.named_buffers(remove_duplicate=False)):
            raise AttributeError(f"`{target}` is not a buffer")
        return self._at(target)

    # ---- containers: ModuleList, Sequential, ModuleDict ----

    def _items(self) -> "collections.OrderedDict[str, ScriptModule]":
        if self.original_name not in ("Sequential", "ModuleList", "ModuleDict"):
            raise NotImplementedError(f"{self.original_name} is no container of modules")
        return collections.OrderedDict(self.named_children())

    def __len__(self) -> int:
        return len(self._items())

    def __bool__(self) -> bool:
        return True

    def __iter__(self):
        items = self._items()
        return iter(items if self.original_name == "ModuleDict" else items.values())

    def __getitem__(self, key):
        items = self._items()
        return items[key] if isinstance(key, str) else list(items.values())[key]

    def __contains__(self, key) -> bool:
        return key in self._items()

    def keys(self):
        """Names of a ModuleDict's modules."""
        return self._items().keys()

    def values(self):
        """A ModuleDict's modules."""
        return self._items().values()

    def items(self):
        """A ModuleDict's names and modules."""
        return self._items().items()

    # ---- state ----

    def state_dict(self, *, destination=None, prefix: str = "", keep_vars: bool = False):
        """Parameters and buffers by dotted name: tensors over the module's own memory (Module.state_dict)."""
        destination = collections.OrderedDict() if destination is None else destination
        destination.update((prefix + name, tensor) for name, tensor in self._state_dict().items())
        return destination

    def load_state_dict(
        self, state_dict: Mapping[str, Any], strict: bool = True, assign: bool = False
    ) -> IncompatibleKeys:
        """Copies tensors (or arrays) into the module's own, converting dtypes (Module.load_state_dict).

        RuntimeError with all that does not fit: sizes that differ and, when `strict`, missing and unexpected
        names.
        """
        given, own = dict(state_dict), self._state_dict()
        self._load_state_dict(given, strict)
        return IncompatibleKeys([k for k in own if k not in given], [k for k in given if k not in own])

    def train(self, mode: bool = True) -> "ScriptModule":
        """Sets `training` here and in all modules below, where they have it."""
        for module in self.modules():
            module.training = bool(mode)
        return self

    def eval(self) -> "ScriptModule":
        """train(False)"""
        return self.train(False)

    def apply(self, fn: Callable[["ScriptModule"], Any]) -> "ScriptModule":
        """Calls `fn` with every module, those below first."""
        for child in self.children():
            child.apply(fn)
        fn(self)
        return self

    def _apply(self, fn: Callable[[Tensor], Tensor]) -> "ScriptModule":
        """Replaces every parameter and buffer by what `fn` makes of it; those that are shared stay shared."""
        made: dict = {}
        for module in self.modules():
            for name, flags in module._attributes():
                tensor = getattr(module, name) if flags & (_PARAMETER | _BUFFER) else None
                if not isinstance(tensor, Tensor):
                    continue
                new = made.setdefault(tensor._identity(), (tensor, fn(tensor)))[1]
                setattr(module, name, new)
        return self

    def to(self, *args, **kwargs) -> "ScriptModule":
        """Floating parameters and buffers as another dtype; the device can only be the CPU (Module.to)."""
        return self._apply(lambda t: t.to(*args, **kwargs) if t.is_floating_point() or t.is_complex() else t)

    def float(self) -> "ScriptModule":
        """Floating parameters and buffers as float32."""
        return self.to(_C.float32)

    def double(self) -> "ScriptModule":
        """Floating parameters and buffers as float64."""
        return self.to(_C.float64)

    def half(self) -> "ScriptModule":
        """Floating parameters and buffers as float16."""
        return self.to(_C.float16)

    def bfloat16(self) -> "ScriptModule":
        """Floating parameters and buffers as bfloat16."""
        return self.to(_C.bfloat16)

    def cpu(self) -> "ScriptModule":
        """The module itself."""
        return self

    def requires_grad_(self, requires_grad: bool = True) -> "ScriptModule":
        """Marks all parameters."""
        for parameter in self.parameters():
            parameter.requires_grad_(requires_grad)
        return self

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Nothing: no gradients are recorded."""

    # ---- files and copies ----

    def save(self, f, _extra_files: Optional[Mapping[str, Any]] = None) -> None:
        """Saves the module to a path or a file that can be written (torch.jit.save)."""
        from linkboy.serialization import save_program

        save_program(self, f, _extra_files)

    def save_to_buffer(self, _extra_files: Optional[Mapping[str, Any]] = None) -> bytes:
        """The bytes that `save` writes."""
        from linkboy.serialization import extra_bytes

        return _C.save_module(self, None, extra_bytes(_extra_files))

    def _own_attributes(self) -> dict:
        """Attributes of the Python object alone."""
        return {k: v for k, v in self.__dict__.items() if not isinstance(v, (_C.Module, _C.ScriptMethod))}

    def __copy__(self):
        made = self._same()
        made.__dict__.update(self._own_attributes())
        return made

    def __deepcopy__(self, memo):
        import copy

        made = self._copied()
        memo[id(self)] = made
        made.__dict__.update(copy.deepcopy(self._own_attributes(), memo))
        return made

    def __reduce__(self):
        return _restore, (self.save_to_buffer(), self._own_attributes())


def _restore(data: bytes, attributes: dict) -> ScriptModule:
    made = _C.load_bytes(data)
    made.__dict__.update(attributes)
    return made
