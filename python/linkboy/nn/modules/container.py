"""Modules made of modules: in a row, in a list, by name. Their `_modules` are the list; see _parameter_containers.py
for those of parameters.
"""

import operator
from collections import OrderedDict
from collections.abc import ItemsView, Iterable, Iterator, KeysView, Mapping, ValuesView
from itertools import chain, islice
from typing import Any, Optional, TypeVar, Union

from linkboy._jit_internal import _copy_to_script_wrapper
from linkboy.nn.modules._parameter_containers import ParameterDict, ParameterList, _pairs  # noqa: F401
from linkboy.nn.modules.module import Module, _indented

Self = TypeVar("Self", bound=Module)


def _without_numbers(names: Iterable[str]) -> list[str]:
    return [name for name in names if not name.isdigit()]


class Sequential(Module):
    """Calls its modules one after the other, each with what the last one gave.

    Made of modules in a row, or of an OrderedDict that names them.
    """

    _modules: dict[str, Module]

    def __init__(self, *args: Any) -> None:
        super().__init__()
        named = args[0].items() if len(args) == 1 and isinstance(args[0], OrderedDict) else enumerate(args)
        for name, module in named:
            self.add_module(str(name), module)

    def _get_item_by_idx(self, iterator: Iterable, idx: int) -> Any:
        """The item at a place counted from either end. Raises IndexError outside."""
        size = len(self)
        idx = operator.index(idx)
        if not -size <= idx < size:
            raise IndexError(f"index {idx} is out of range")
        return next(islice(iterator, idx % size, None))

    @_copy_to_script_wrapper
    def __getitem__(self, idx: Union[slice, int]) -> Any:
        if isinstance(idx, slice):
            return self.__class__(OrderedDict(list(self._modules.items())[idx]))
        return self._get_item_by_idx(self._modules.values(), idx)

    def __setitem__(self, idx: int, module: Module) -> None:
        setattr(self, self._get_item_by_idx(self._modules.keys(), idx), module)

    def __delitem__(self, idx: Union[slice, int]) -> None:
        names = list(self._modules)
        for name in names[idx] if isinstance(idx, slice) else [self._get_item_by_idx(names, idx)]:
            delattr(self, name)
        _renumber(self)

    @_copy_to_script_wrapper
    def __len__(self) -> int:
        return len(self._modules)

    def _check_other(self, other: Any) -> None:
        if not isinstance(other, Sequential):
            raise ValueError(
                f"add operator supports only objects of Sequential class, but {type(other)} is given."
            )

    def __add__(self, other: "Sequential") -> "Sequential":
        self._check_other(other)
        return Sequential(*self, *other)

    def __iadd__(self: Self, other: "Sequential") -> Self:
        self._check_other(other)
        return self.extend(list(other))

    def _check_times(self, times: Any) -> None:
        if not isinstance(times, int):
            raise TypeError(f"unsupported operand type(s) for *: {type(self)} and {type(times)}")
        if times <= 0:
            raise ValueError(f"Non-positive multiplication factor {times} for {type(self)}")

    def __mul__(self, times: int) -> "Sequential":
        self._check_times(times)
        return Sequential(*list(self) * times)

    __rmul__ = __mul__

    def __imul__(self: Self, times: int) -> Self:
        self._check_times(times)
        return self.extend(list(self) * (times - 1))

    @_copy_to_script_wrapper
    def __dir__(self) -> list[str]:
        return _without_numbers(super().__dir__())

    @_copy_to_script_wrapper
    def __iter__(self) -> Iterator[Module]:
        return iter(self._modules.values())

    def forward(self, input):
        for module in self:
            input = module(input)
        return input

    def append(self: Self, module: Module) -> Self:
        """Adds a module at the end."""
        self.add_module(str(len(self)), module)
        return self

    def insert(self: Self, index: int, module: Module) -> Self:
        """Adds a module before the one at `index`. Raises IndexError outside."""
        if not isinstance(module, Module):
            raise AssertionError(f"module should be of type: {Module}")
        size = len(self)
        if not -size <= index <= size:
            raise IndexError(f"Index out of range: {index}")
        _insert(self, index + size if index < 0 else index, module)
        return self

    def extend(self: Self, sequential: Iterable[Module]) -> Self:
        """Adds modules at the end."""
        for module in sequential:
            self.append(module)
        return self

    def pop(self, key: Union[int, slice]) -> Any:
        """Takes a module out and returns it."""
        taken = self[key]
        del self[key]
        return taken


def _renumber(module: Module) -> None:
    """Names the modules of a list by their places."""
    module._modules = {str(place): child for place, child in enumerate(module._modules.values())}


def _insert(module: Module, index: int, child: Module) -> None:
    """Moves the modules of a list from `index` on by one place."""
    for place in range(len(module._modules), index, -1):
        module._modules[str(place)] = module._modules[str(place - 1)]
    module._modules[str(index)] = child


class ModuleList(Module):
    """A list of modules; what calls them is up to the owner."""

    _modules: dict[str, Module]

    def __init__(self, modules: Optional[Iterable[Module]] = None) -> None:
        super().__init__()
        if modules is not None:
            self += modules

    def _get_abs_string_index(self, idx: int) -> str:
        idx = operator.index(idx)
        if not -len(self) <= idx < len(self):
            raise IndexError(f"index {idx} is out of range")
        return str(idx + len(self) if idx < 0 else idx)

    @_copy_to_script_wrapper
    def __getitem__(self, idx: Union[int, slice]) -> Any:
        if isinstance(idx, slice):
            return self.__class__(list(self._modules.values())[idx])
        return self._modules[self._get_abs_string_index(idx)]

    def __setitem__(self, idx: int, module: Module) -> None:
        setattr(self, self._get_abs_string_index(idx), module)

    def __delitem__(self, idx: Union[int, slice]) -> None:
        places = range(len(self))[idx] if isinstance(idx, slice) else [self._get_abs_string_index(idx)]
        for place in places:
            delattr(self, str(place))
        _renumber(self)

    @_copy_to_script_wrapper
    def __len__(self) -> int:
        return len(self._modules)

    @_copy_to_script_wrapper
    def __iter__(self) -> Iterator[Module]:
        return iter(self._modules.values())

    def __iadd__(self: Self, modules: Iterable[Module]) -> Self:
        return self.extend(modules)

    def __add__(self, other: Iterable[Module]) -> "ModuleList":
        combined = ModuleList()
        for place, module in enumerate(chain(self, other)):
            combined.add_module(str(place), module)
        return combined

    def __repr__(self) -> str:
        """Equal neighbours are shown once: (0-2): 3 x Linear(...)."""
        runs: list[list] = []  # [first, last, text]
        for place, text in enumerate(map(repr, self)):
            if runs and runs[-1][2] == text:
                runs[-1][1] = place
            else:
                runs.append([place, place, text])
        lines = [
            f"({first}): {text}" if first == last else f"({first}-{last}): {last - first + 1} x {text}"
            for first, last, text in runs
        ]
        inner = "".join("\n  " + _indented(line, 2) for line in lines)
        return f"{self._get_name()}({inner}{chr(10) if lines else ''})"

    @_copy_to_script_wrapper
    def __dir__(self) -> list[str]:
        return _without_numbers(super().__dir__())

    def insert(self, index: int, module: Module) -> None:
        """Adds a module before the one at `index`."""
        _insert(self, index, module)

    def append(self: Self, module: Module) -> Self:
        """Adds a module at the end."""
        self.add_module(str(len(self)), module)
        return self

    def pop(self, key: Union[int, slice]) -> Any:
        """Takes a module out and returns it."""
        taken = self[key]
        del self[key]
        return taken

    def extend(self: Self, modules: Iterable[Module]) -> Self:
        """Adds modules at the end. Raises TypeError for what cannot be iterated over."""
        if not isinstance(modules, Iterable):
            raise TypeError(
                f"ModuleList.extend should be called with an iterable, but got {type(modules).__name__}"
            )
        for module in list(modules):
            self.append(module)
        return self


class ModuleDict(Module):
    """Modules by name, in order of insertion; what calls them is up to the owner."""

    _modules: dict[str, Module]

    def __init__(self, modules: Optional[Mapping[str, Module]] = None) -> None:
        super().__init__()
        if modules is not None:
            self.update(modules)

    @_copy_to_script_wrapper
    def __getitem__(self, key: str) -> Module:
        return self._modules[key]

    def __setitem__(self, key: str, module: Module) -> None:
        self.add_module(key, module)

    def __delitem__(self, key: str) -> None:
        del self._modules[key]

    @_copy_to_script_wrapper
    def __len__(self) -> int:
        return len(self._modules)

    @_copy_to_script_wrapper
    def __iter__(self) -> Iterator[str]:
        return iter(self._modules)

    @_copy_to_script_wrapper
    def __contains__(self, key: str) -> bool:
        return key in self._modules

    def clear(self) -> None:
        """Takes all modules out."""
        self._modules.clear()

    def pop(self, key: str) -> Module:
        """Takes a module out and returns it."""
        taken = self[key]
        del self[key]
        return taken

    @_copy_to_script_wrapper
    def keys(self) -> KeysView[str]:
        """The names."""
        return self._modules.keys()

    @_copy_to_script_wrapper
    def items(self) -> ItemsView[str, Module]:
        """Names and modules."""
        return self._modules.items()

    @_copy_to_script_wrapper
    def values(self) -> ValuesView[Module]:
        """The modules."""
        return self._modules.values()

    def update(self, modules: Any) -> None:
        """Adds the modules of a mapping, or of pairs."""
        for key, module in _pairs(modules, "ModuleDict", "ModuleDict"):
            self[key] = module
