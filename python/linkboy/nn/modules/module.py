"""Module, the base of all layers: a tree of parameters, buffers and submodules with a `forward`.

What is assigned to a module goes where it belongs by its type (`__setattr__`); calling it runs its hooks around
`forward`; `_state.py` has what state dicts need. Modules are the modules that `linkboy.script` compiles: the names of
the attributes below are those it looks at, PyTorch's own. There are no gradients here, hence no backward hooks.
"""

import inspect
import warnings
from collections import OrderedDict
from collections.abc import Callable, Iterator
from typing import Any, Optional, TypeVar

import linkboy
from linkboy import Tensor
from linkboy.nn.modules import _conversion, _state
from linkboy.nn.parameter import Buffer, Parameter
from linkboy.utils.hooks import RemovableHandle

Self = TypeVar("Self", bound="Module")

# Hooks of all modules: they run before each module's own.
_global_forward_pre_hooks: "OrderedDict[int, Callable]" = OrderedDict()
_global_forward_hooks: "OrderedDict[int, Callable]" = OrderedDict()
_global_forward_hooks_with_kwargs: "OrderedDict[int, bool]" = OrderedDict()
_global_forward_hooks_always_called: "OrderedDict[int, bool]" = OrderedDict()

# While a trace records: trace(module, args, kwargs) runs a module's forward, and knows by that where it is.
_trace_forward: Optional[Callable[..., Any]] = None

_HOOK_TABLES = (
    "_backward_pre_hooks",
    "_backward_hooks",
    "_forward_hooks",
    "_forward_hooks_with_kwargs",
    "_forward_hooks_always_called",
    "_forward_pre_hooks",
    "_forward_pre_hooks_with_kwargs",
    "_state_dict_hooks",
    "_state_dict_pre_hooks",
    "_load_state_dict_pre_hooks",
    "_load_state_dict_post_hooks",
)


def register_module_forward_pre_hook(hook: Callable[..., Any]) -> RemovableHandle:
    """Adds hook(module, args) before `forward` of every module."""
    handle = RemovableHandle(_global_forward_pre_hooks)
    _global_forward_pre_hooks[handle.id] = hook
    return handle


def register_module_forward_hook(
    hook: Callable[..., Any], *, with_kwargs: bool = False, always_call: bool = False
) -> RemovableHandle:
    """Adds hook(module, args, output) after `forward` of every module."""
    flags = (_global_forward_hooks_with_kwargs, _global_forward_hooks_always_called)
    handle = RemovableHandle(_global_forward_hooks, flags)
    _global_forward_hooks[handle.id] = hook
    for flag, table in zip((with_kwargs, always_call), flags):
        if flag:
            table[handle.id] = True
    return handle


_TENSOR_NAMES = {
    "uint8": "Byte",
    "int8": "Char",
    "int16": "Short",
    "int32": "Int",
    "int64": "Long",
    "float16": "Half",
    "float32": "Float",
    "float64": "Double",
    "bfloat16": "BFloat16",
    "bool": "Bool",
}


def _typename(value: Any) -> str:
    """What a value is, as PyTorch's errors have it: torch.FloatTensor, or the name of its class."""
    if isinstance(value, Tensor):
        dtype = str(value.dtype).rpartition(".")[2]
        return f"torch.{_TENSOR_NAMES.get(dtype, dtype)}Tensor"
    kind = type(value)
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"


def _indented(text: str, spaces: int) -> str:
    """`text` with all lines but the first and the blank ones moved to the right."""
    first, *rest = text.split("\n")
    return "\n".join([first] + [" " * spaces + line if line.strip() else "" for line in rest])


def _forward_unimplemented(self, *input: Any) -> None:
    """Stands for the `forward` that a subclass defines."""
    raise NotImplementedError(f'Module [{type(self).__name__}] is missing the required "forward" function')


class Module:
    """A layer, or a model made of layers (torch.nn.Module)."""

    dump_patches: bool = False
    _version: int = 1  # of the state dict; a class raises it when its keys change
    call_super_init: bool = False

    training: bool
    _parameters: dict[str, Optional[Parameter]]
    _buffers: dict[str, Optional[Tensor]]
    _modules: "dict[str, Optional[Module]]"
    _non_persistent_buffers_set: set[str]
    _is_full_backward_hook: Optional[bool]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if not self.call_super_init:
            if kwargs:
                raise TypeError(
                    f"{type(self).__name__}.__init__() got an unexpected keyword argument '{next(iter(kwargs))}'"
                )
            if args:
                raise TypeError(
                    f"{type(self).__name__}.__init__() takes 1 positional argument but {len(args) + 1} were given"
                )
        attributes = self.__dict__  # past __setattr__, which works only once these are there
        attributes["training"] = True
        attributes["_parameters"] = {}
        attributes["_buffers"] = {}
        attributes["_non_persistent_buffers_set"] = set()
        attributes["_is_full_backward_hook"] = None
        for table in _HOOK_TABLES:
            attributes[table] = OrderedDict()
        attributes["_modules"] = {}
        if self.call_super_init:
            super().__init__(*args, **kwargs)

    forward: Callable[..., Any] = _forward_unimplemented

    # ---- members ----

    def _check_name(self, kind: str, table: str, name: Any) -> None:
        """Raises where `name` cannot be the name of a new member of the dictionary `table`."""
        if table not in self.__dict__:
            raise AttributeError(f"cannot assign {kind} before Module.__init__() call")
        if not isinstance(name, str):
            raise TypeError(f"{kind} name should be a string. Got {_typename(name)}")
        if "." in name:
            raise KeyError(f'{kind} name can\'t contain "."')
        if name == "":
            raise KeyError(f'{kind} name can\'t be empty string ""')
        if hasattr(self, name) and name not in self.__dict__[table]:
            raise KeyError(f"attribute '{name}' already exists")

    def register_buffer(self, name: str, tensor: Optional[Tensor], persistent: bool = True) -> None:
        """Adds a tensor that is no parameter; a persistent one is part of the state dict."""
        self._check_name("buffer", "_buffers", name)
        if (
            tensor is not None
            and not isinstance(tensor, Tensor)
            and not hasattr(tensor, "__torch_function__")
        ):
            raise TypeError(
                f"cannot assign '{_typename(tensor)}' object to buffer '{name}' (torch Tensor or None required)"
            )
        self._buffers[name] = tensor
        if persistent:
            self._non_persistent_buffers_set.discard(name)
        else:
            self._non_persistent_buffers_set.add(name)

    def register_parameter(self, name: str, param: Optional[Parameter]) -> None:
        """Adds a parameter; None is a parameter that is not there."""
        self._check_name("parameter", "_parameters", name)
        if param is not None and not isinstance(param, Parameter):
            raise TypeError(
                f"cannot assign '{_typename(param)}' object to parameter '{name}' (torch.nn.Parameter or None required)"
            )
        self._parameters[name] = param

    def add_module(self, name: str, module: "Optional[Module]") -> None:
        """Adds a submodule; None is a submodule that is not there."""
        if not isinstance(module, Module) and module is not None:
            raise TypeError(f"{_typename(module)} is not a Module subclass")
        if not isinstance(name, str):
            raise TypeError(f"module name should be a string. Got {_typename(name)}")
        if hasattr(self, name) and name not in self._modules:
            raise KeyError(f"attribute '{name}' already exists")
        if "." in name:
            raise KeyError(f'module name can\'t contain ".", got: {name}')
        if name == "":
            raise KeyError('module name can\'t be empty string ""')
        self._modules[name] = module

    def register_module(self, name: str, module: "Optional[Module]") -> None:
        """The same as add_module."""
        self.add_module(name, module)

    def __getattr__(self, name: str) -> Any:
        for table in ("_parameters", "_buffers", "_modules"):
            members = self.__dict__.get(table)
            if members is not None and name in members:
                return members[name]
        raise AttributeError(f"'{type(self).__name__}' object has no attribute '{name}'")

    def __setattr__(self, name: str, value: Any) -> None:
        own = self.__dict__
        if isinstance(value, Parameter):
            if "_parameters" not in own:
                raise AttributeError("cannot assign parameters before Module.__init__() call")
            self._forget(name, "_buffers", "_modules")
            self.register_parameter(name, value)
        elif name in own.get("_parameters", ()):
            if value is not None:
                raise TypeError(
                    f"cannot assign '{_typename(value)}' as parameter '{name}' (torch.nn.Parameter or None expected)"
                )
            self.register_parameter(name, value)
        elif isinstance(value, Module):
            if "_modules" not in own:
                raise AttributeError("cannot assign module before Module.__init__() call")
            self._forget(name, "_parameters", "_buffers")
            own["_modules"][name] = value
        elif name in own.get("_modules", ()):
            if value is not None:
                raise TypeError(
                    f"cannot assign '{_typename(value)}' as child module '{name}' (torch.nn.Module or None expected)"
                )
            own["_modules"][name] = value
        elif isinstance(value, Buffer) or name in own.get("_buffers", ()):
            self._set_buffer(name, value)
        else:
            super().__setattr__(name, value)

    def _forget(self, name: str, *tables: str) -> None:
        """Takes `name` away from the module's own attributes and from other tables of members."""
        self.__dict__.pop(name, None)
        for table in tables:
            self.__dict__[table].pop(name, None)
        self._non_persistent_buffers_set.discard(name)

    def _set_buffer(self, name: str, value: Any) -> None:
        if value is not None and not isinstance(value, Tensor) and not hasattr(value, "__torch_function__"):
            raise TypeError(
                f"cannot assign '{_typename(value)}' as buffer '{name}' "
                "(torch.nn.Buffer, torch.Tensor or None expected)"
            )
        persistent = (
            value.persistent if isinstance(value, Buffer) else name not in self._non_persistent_buffers_set
        )
        if "persistent" in inspect.signature(self.register_buffer).parameters:
            self.register_buffer(name, value, persistent)
        elif persistent:
            self.register_buffer(name, value)
        else:
            raise RuntimeError(
                "Registering a non-persistent buffer on a Module subclass that implements "
                "register_buffer() without the persistent argument is not allowed."
            )

    def __delattr__(self, name: str) -> None:
        for table in ("_parameters", "_buffers", "_modules"):
            if name in self.__dict__[table]:
                del self.__dict__[table][name]
                self._non_persistent_buffers_set.discard(name)
                return
        super().__delattr__(name)

    def __dir__(self) -> list[str]:
        names = [*dir(type(self)), *self.__dict__, *self._parameters, *self._modules, *self._buffers]
        return sorted(name for name in names if not name[0].isdigit())

    # ---- members by dotted name ----

    def get_submodule(self, target: str) -> "Module":
        """The submodule at a dotted path, "" being this one. Raises AttributeError where there is none."""
        module = self
        for atom in target.split(".") if target else []:
            if not hasattr(module, atom):
                raise AttributeError(f"{module._get_name()} has no attribute `{atom}`")
            module = getattr(module, atom)
            if not isinstance(module, Module):
                raise AttributeError(f"`{atom}` is not an nn.Module")
        return module

    def set_submodule(self, target: str, module: "Module", strict: bool = False) -> None:
        """Puts a module at a dotted path; with `strict` only in another's place."""
        if target == "":
            raise ValueError("Cannot set the submodule without a target name!")
        if not isinstance(module, Module):
            raise ValueError(f"`module` is not an nn.Module, found {type(module)}")
        path, _, name = target.rpartition(".")
        parent = self.get_submodule(path)
        if hasattr(parent, name):
            if not isinstance(getattr(parent, name), Module):
                raise AttributeError(f"`{name}` is not an nn.Module")
        elif strict:
            raise AttributeError(f"{parent._get_name()} has no attribute `{name}`")
        setattr(parent, name, module)

    def _get_member(self, target: str) -> "tuple[Module, str, Any]":
        path, _, name = target.rpartition(".")
        module = self.get_submodule(path)
        if not hasattr(module, name):
            raise AttributeError(f"{module._get_name()} has no attribute `{name}`")
        return module, name, getattr(module, name)

    def get_parameter(self, target: str) -> Parameter:
        """The parameter at a dotted path. Raises AttributeError where there is none."""
        _, name, member = self._get_member(target)
        if not isinstance(member, Parameter):
            raise AttributeError(f"`{name}` is not an nn.Parameter")
        return member

    def get_buffer(self, target: str) -> Tensor:
        """The buffer at a dotted path. Raises AttributeError where there is none."""
        module, name, member = self._get_member(target)
        if name not in module._buffers:
            raise AttributeError(f"`{name}` is not a buffer")
        return member

    # ---- walking ----

    def named_modules(
        self, memo: "Optional[set[Module]]" = None, prefix: str = "", remove_duplicate: bool = True
    ) -> "Iterator[tuple[str, Module]]":
        """This module and all below it with their dotted names, each once unless `remove_duplicate` is False."""
        memo = set() if memo is None else memo
        if self in memo:
            return
        if remove_duplicate:
            memo.add(self)
        yield prefix, self
        for name, module in self._modules.items():
            if module is not None:
                path = f"{prefix}.{name}" if prefix else name
                yield from module.named_modules(memo, path, remove_duplicate)

    def modules(self, remove_duplicate: bool = True) -> "Iterator[Module]":
        """named_modules without the names."""
        return (module for _, module in self.named_modules(remove_duplicate=remove_duplicate))

    def named_children(self) -> "Iterator[tuple[str, Module]]":
        """The direct submodules with their names, each once."""
        memo = set()
        for name, module in self._modules.items():
            if module is not None and module not in memo:
                memo.add(module)
                yield name, module

    def children(self) -> "Iterator[Module]":
        """named_children without the names."""
        return (module for _, module in self.named_children())

    def _named_members(
        self,
        get_members_fn: "Callable[[Module], Any]",
        prefix: str = "",
        recurse: bool = True,
        remove_duplicate: bool = True,
    ) -> Iterator[tuple[str, Any]]:
        modules = (
            self.named_modules(prefix=prefix, remove_duplicate=remove_duplicate)
            if recurse
            else [(prefix, self)]
        )
        seen = set()
        for path, module in modules:
            for name, member in get_members_fn(module):
                if member is None or id(member) in seen:
                    continue
                if remove_duplicate:
                    seen.add(id(member))
                yield f"{path}.{name}" if path else name, member

    def named_parameters(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Parameter]]:
        """The parameters of this module, and with `recurse` of all below it, with their dotted names."""
        return self._named_members(
            lambda module: module._parameters.items(), prefix, recurse, remove_duplicate
        )

    def parameters(self, recurse: bool = True) -> Iterator[Parameter]:
        """named_parameters without the names."""
        return (parameter for _, parameter in self.named_parameters(recurse=recurse))

    def named_buffers(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Tensor]]:
        """The buffers of this module, and with `recurse` of all below it, with their dotted names."""
        return self._named_members(lambda module: module._buffers.items(), prefix, recurse, remove_duplicate)

    def buffers(self, recurse: bool = True) -> Iterator[Tensor]:
        """named_buffers without the names."""
        return (buffer for _, buffer in self.named_buffers(recurse=recurse))

    # ---- changing all of it ----

    def apply(self: Self, fn: "Callable[[Module], Any]") -> Self:
        """Calls fn(module) for every module below, then for this one."""
        for module in self.children():
            module.apply(fn)
        fn(self)
        return self

    def _apply(self: Self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> Self:
        """Puts fn(tensor) in the place of every parameter and buffer. A parameter stays the same object."""
        if recurse:
            for module in self.children():
                module._apply(fn)
        for parameter in self._parameters.values():
            if parameter is not None:
                parameter.data = fn(parameter.data)
        for name, buffer in self._buffers.items():
            if buffer is not None:
                self._buffers[name] = fn(buffer)
        return self

    def to(self: Self, *args: Any, **kwargs: Any) -> Self:
        """Parameters and buffers with another dtype, device or memory format: to(device, dtype), to(tensor).

        Only floating and complex ones change their dtype. Raises TypeError for an integer dtype.
        """
        return self._apply(_conversion.converter(*args, **kwargs))

    def float(self: Self) -> Self:
        """Floating parameters and buffers as float32."""
        return self._apply(_conversion.floating_as(linkboy.float32))

    def double(self: Self) -> Self:
        """Floating parameters and buffers as float64."""
        return self._apply(_conversion.floating_as(linkboy.float64))

    def half(self: Self) -> Self:
        """Floating parameters and buffers as float16."""
        return self._apply(_conversion.floating_as(linkboy.float16))

    def bfloat16(self: Self) -> Self:
        """Floating parameters and buffers as bfloat16."""
        return self._apply(_conversion.floating_as(linkboy.bfloat16))

    def type(self: Self, dst_type: Any) -> Self:
        """All parameters and buffers as another dtype, whatever theirs is."""
        return self._apply(lambda tensor: tensor.to(dtype=dst_type))

    def cpu(self: Self) -> Self:
        """Where everything is anyway."""
        return self

    def to_empty(self: Self, *, device: Any = None, recurse: bool = True) -> Self:
        """Parameters and buffers of the same shapes, not initialised."""
        return self._apply(lambda tensor: linkboy.empty_like(tensor, device=device), recurse)

    def train(self: Self, mode: bool = True) -> Self:
        """Sets `training` here and below. Raises ValueError for anything but a bool."""
        if not isinstance(mode, bool):
            raise ValueError("training mode is expected to be boolean")
        self.training = mode
        for module in self.children():
            module.train(mode)
        return self

    def eval(self: Self) -> Self:
        """train(False)."""
        return self.train(False)

    def requires_grad_(self: Self, requires_grad: bool = True) -> Self:
        """Sets the flag of every parameter. It is kept and saved; gradients there are none."""
        for parameter in self.parameters():
            parameter.requires_grad_(requires_grad)
        return self

    def zero_grad(self, set_to_none: bool = True) -> None:
        """There are no gradients to reset."""

    def share_memory(self: Self) -> Self:
        """Nothing changes: memory is not moved to where other processes see it."""
        return self

    # ---- calling ----

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if not (
            self._forward_hooks
            or self._forward_pre_hooks
            or _global_forward_hooks
            or _global_forward_pre_hooks
        ):
            return self.forward(*args, **kwargs) if _trace_forward is None else self._forward(args, kwargs)
        return self._call_with_hooks(args, kwargs)

    def _forward(self, args: tuple, kwargs: dict) -> Any:
        if _trace_forward is None:
            return self.forward(*args, **kwargs)
        return _trace_forward(self, args, kwargs)

    def _call_impl(self, *args: Any, **kwargs: Any) -> Any:
        """What a call runs, under the name by which wrappers know it."""
        return Module.__call__(self, *args, **kwargs)

    def _call_with_hooks(self, args: tuple, kwargs: dict) -> Any:
        called: set[int] = set()
        result = None
        try:
            args, kwargs = self._run_pre_hooks(args, kwargs)
            result = self._forward(args, kwargs)
            for key, hook in self._all_forward_hooks():
                called.add(key)
                result = self._run_forward_hook(key, hook, args, kwargs, result)
            return result
        except Exception:
            self._run_remaining_hooks(called, args, kwargs, result)
            raise

    def _run_pre_hooks(self, args: tuple, kwargs: dict) -> tuple[tuple, dict]:
        """The arguments as the hooks before `forward` leave them."""
        for key, hook in [*_global_forward_pre_hooks.items(), *self._forward_pre_hooks.items()]:
            if key in self._forward_pre_hooks_with_kwargs:
                changed = hook(self, args, kwargs)
                if changed is None:
                    continue
                if not (isinstance(changed, tuple) and len(changed) == 2):
                    raise RuntimeError(
                        f"forward pre-hook must return None or a tuple of (new_args, new_kwargs), but got {changed}."
                    )
                args, kwargs = changed
            else:
                changed = hook(self, args)
                if changed is not None:
                    args = changed if isinstance(changed, tuple) else (changed,)
        return args, kwargs

    def _all_forward_hooks(self) -> list[tuple[int, Callable]]:
        return [*_global_forward_hooks.items(), *self._forward_hooks.items()]

    def _run_forward_hook(self, key: int, hook: Callable, args: tuple, kwargs: dict, result: Any) -> Any:
        """The result as one hook after `forward` leaves it."""
        with_kwargs = key in self._forward_hooks_with_kwargs or key in _global_forward_hooks_with_kwargs
        changed = hook(self, args, kwargs, result) if with_kwargs else hook(self, args, result)
        return result if changed is None else changed

    def _run_remaining_hooks(self, called: set, args: tuple, kwargs: dict, result: Any) -> None:
        """After an error, the hooks that are always to be called and have not been; their errors are warnings."""
        for key, hook in self._all_forward_hooks():
            always = key in self._forward_hooks_always_called or key in _global_forward_hooks_always_called
            if not always or key in called:
                continue
            try:
                result = self._run_forward_hook(key, hook, args, kwargs, result)
            except Exception as error:
                warnings.warn(
                    "module forward hook with ``always_call=True`` raised an exception "
                    f"that was silenced as another error was raised in forward: {error}",
                    stacklevel=4,
                )

    def register_forward_pre_hook(
        self, hook: Callable[..., Any], *, prepend: bool = False, with_kwargs: bool = False
    ) -> RemovableHandle:
        """Adds hook(module, args) before `forward`; what it returns is the new arguments.

        With `with_kwargs`: hook(module, args, kwargs), which returns None or (args, kwargs).
        """
        flags = ((with_kwargs, self._forward_pre_hooks_with_kwargs),)
        return self._add_hook(self._forward_pre_hooks, hook, prepend, flags)

    def register_forward_hook(
        self,
        hook: Callable[..., Any],
        *,
        prepend: bool = False,
        with_kwargs: bool = False,
        always_call: bool = False,
    ) -> RemovableHandle:
        """Adds hook(module, args, output) after `forward`; what it returns is the new output.

        With `with_kwargs`: hook(module, args, kwargs, output). With `always_call` it runs after an error, too.
        """
        flags = (
            (with_kwargs, self._forward_hooks_with_kwargs),
            (always_call, self._forward_hooks_always_called),
        )
        return self._add_hook(self._forward_hooks, hook, prepend, flags)

    def _add_hook(
        self, hooks: "OrderedDict[int, Callable]", hook: Callable, prepend: bool = False, flags: tuple = ()
    ) -> RemovableHandle:
        handle = RemovableHandle(hooks, [table for _, table in flags])
        hooks[handle.id] = hook
        for flag, table in flags:
            if flag:
                table[handle.id] = True
        if prepend:
            hooks.move_to_end(handle.id, last=False)
        return handle

    # ---- state dicts; see _state.py ----

    def state_dict(
        self, *args: Any, destination: Any = None, prefix: str = "", keep_vars: bool = False
    ) -> Any:
        """Parameters and persistent buffers of this module and all below it by dotted name, sharing their memory.

        They are plain tensors, or with `keep_vars` the members themselves. `_metadata` of the result has the version
        of each module.
        """
        if args:
            destination, prefix, keep_vars = _state.positional(args, destination, prefix, keep_vars)
        return _state.collect(self, destination, prefix, keep_vars)

    def load_state_dict(self, state_dict: Any, strict: bool = True, assign: bool = False) -> Any:
        """Copies tensors by name into the members, or with `assign` puts them in their place.

        Returns the keys (missing, unexpected). Raises RuntimeError for shapes that do not fit and, if `strict`, for
        such keys, all of them at once.
        """
        return _state.load(self, state_dict, strict, assign)

    def _save_to_state_dict(self, destination: dict, prefix: str, keep_vars: bool) -> None:
        _state.save_members(self, destination, prefix, keep_vars)

    def _load_from_state_dict(
        self,
        state_dict: dict,
        prefix: str,
        local_metadata: dict,
        strict: bool,
        missing_keys: list[str],
        unexpected_keys: list[str],
        error_msgs: list[str],
    ) -> None:
        """Loads the members of this module alone, and adds what is wrong to the last three arguments."""
        report = _state.Report(missing_keys, unexpected_keys, error_msgs)
        _state.load_members(self, state_dict, prefix, local_metadata, strict, report)

    def get_extra_state(self) -> Any:
        """What a class puts into the state dict besides its tensors: subclasses define it together with the next."""
        raise RuntimeError(f"{type(self).__name__} has no extra state")

    def set_extra_state(self, state: Any) -> None:
        """Takes back what get_extra_state gave."""
        raise RuntimeError(f"{type(self).__name__} has no extra state")

    def _register_state_dict_hook(self, hook: Callable) -> RemovableHandle:
        if getattr(hook, "_from_public_api", False):
            raise RuntimeError(
                "Cannot register the same function as the state dict post hook that was "
                "previously registered via register_state_dict_post_hook"
            )
        return self._add_hook(self._state_dict_hooks, hook)

    def register_state_dict_post_hook(self, hook: Callable) -> RemovableHandle:
        """Adds hook(module, state_dict, prefix, local_metadata) after the state dict is filled."""
        hook._from_public_api = True
        return self._add_hook(self._state_dict_hooks, hook)

    def register_state_dict_pre_hook(self, hook: Callable) -> RemovableHandle:
        """Adds hook(module, prefix, keep_vars) before the state dict is filled."""
        return self._add_hook(self._state_dict_pre_hooks, hook)

    def _register_load_state_dict_pre_hook(
        self, hook: Callable, with_module: bool = False
    ) -> RemovableHandle:
        owned = _state.OwnedHook(hook, self if with_module else None)
        return self._add_hook(self._load_state_dict_pre_hooks, owned)

    def register_load_state_dict_pre_hook(self, hook: Callable) -> RemovableHandle:
        """Adds hook(module, state_dict, prefix, local_metadata, strict, missing, unexpected, errors) before loading."""
        return self._register_load_state_dict_pre_hook(hook, with_module=True)

    def register_load_state_dict_post_hook(self, hook: Callable) -> RemovableHandle:
        """Adds hook(module, incompatible_keys) after loading; it may change the keys in place."""
        return self._add_hook(self._load_state_dict_post_hooks, hook)

    # ---- pickles and text ----

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__.copy()

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        for table in _HOOK_TABLES:  # an older pickle has fewer
            self.__dict__.setdefault(table, OrderedDict())
        self.__dict__.setdefault("_non_persistent_buffers_set", set())
        self.__dict__.setdefault("_is_full_backward_hook", None)

    def _get_name(self) -> str:
        return type(self).__name__

    def extra_repr(self) -> str:
        """What a subclass says of itself between the parentheses of its text."""
        return ""

    def __repr__(self) -> str:
        own = self.extra_repr()
        lines = own.split("\n") if own else []
        children = [f"({name}): {_indented(repr(module), 2)}" for name, module in self._modules.items()]
        if len(lines) == 1 and not children:
            return f"{self._get_name()}({lines[0]})"
        lines += children
        return self._get_name() + ("(\n  " + "\n  ".join(lines) + "\n)" if lines else "()")
