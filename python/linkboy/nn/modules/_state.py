"""State dicts: the tensors of a module tree by dotted name, collected from it and loaded into it.

`collect` and `load` walk the tree and call each module's `_save_to_state_dict` and `_load_from_state_dict`, which
subclasses may extend; what those do by default is `save_members` and `load_members`. What is wrong is gathered in a
`Report` and raised at the end, all at once, in PyTorch's words, since programs look at them.
"""

import functools
import warnings
import weakref
from collections import OrderedDict, namedtuple
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, Optional

import linkboy
from linkboy import Tensor
from linkboy.nn.parameter import Parameter, is_lazy

EXTRA_STATE = "_extra_state"


class _IncompatibleKeys(namedtuple("IncompatibleKeys", ["missing_keys", "unexpected_keys"])):
    """What load_state_dict returns: keys that the dict lacks, and keys that the module lacks."""

    __slots__ = ()

    def __repr__(self) -> str:
        if self.missing_keys or self.unexpected_keys:
            return super().__repr__()
        return "<All keys matched successfully>"

    __str__ = __repr__


class Report(NamedTuple):
    """What is wrong with a state dict, so far."""

    missing: list
    unexpected: list
    errors: list


class OwnedHook:
    """A hook that gets its module first, held weakly; without a module the hook alone."""

    def __init__(self, hook: Callable, module: Any = None) -> None:
        functools.update_wrapper(self, hook)
        self.hook = hook
        self.module = None if module is None else weakref.ref(module)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if self.module is None:
            return self.hook(*args, **kwargs)
        module = self.module()
        if module is None:
            raise RuntimeError("You are trying to call the hook of a dead Module!")
        return self.hook(module, *args, **kwargs)

    def __getstate__(self) -> tuple:
        return self.hook, None if self.module is None else self.module()

    def __setstate__(self, state: tuple) -> None:
        self.__init__(*state)


def positional(args: tuple, destination: Any, prefix: str, keep_vars: bool) -> tuple:
    """The arguments of a `state_dict` called in the old way, by position."""
    warnings.warn("Positional args are being deprecated, use kwargs instead.", FutureWarning, stacklevel=3)
    destination = args[0] if destination is None else destination
    prefix = args[1] if len(args) > 1 and prefix == "" else prefix
    keep_vars = args[2] if len(args) > 2 and not keep_vars else keep_vars
    return destination, prefix, keep_vars


def collect(module: Any, destination: Any, prefix: str, keep_vars: bool) -> Any:
    """Fills `destination`, or a new dict, with the tensors of `module` and of all below it."""
    if destination is None:
        destination = OrderedDict()
        destination._metadata = OrderedDict()
    metadata = {"version": module._version}
    if hasattr(destination, "_metadata"):
        destination._metadata[prefix[:-1]] = metadata
    for hook in module._state_dict_pre_hooks.values():
        hook(module, prefix, keep_vars)
    module._save_to_state_dict(destination, prefix, keep_vars)
    for name, child in module._modules.items():
        if child is not None:
            child.state_dict(destination=destination, prefix=f"{prefix}{name}.", keep_vars=keep_vars)
    for hook in module._state_dict_hooks.values():
        changed = hook(module, destination, prefix, metadata)
        if changed is not None:
            if getattr(hook, "_from_public_api", False):
                raise RuntimeError("state_dict post-hook must return None")
            destination = changed
    return destination


def _has_own(module: Any, method: str) -> bool:
    """Whether a class defines `method` itself, above what Module has."""
    return getattr(type(module), method).__module__ != "linkboy.nn.modules.module"


def _persistent_buffers(module: Any) -> dict[str, Optional[Tensor]]:
    left_out = module._non_persistent_buffers_set
    return {name: buffer for name, buffer in module._buffers.items() if name not in left_out}


def save_members(module: Any, destination: dict, prefix: str, keep_vars: bool) -> None:
    """Puts the parameters and persistent buffers of one module into `destination`."""
    for name, tensor in [*module._parameters.items(), *_persistent_buffers(module).items()]:
        if tensor is not None:
            destination[prefix + name] = tensor if keep_vars else tensor.detach()
    if _has_own(module, "get_extra_state"):
        destination[prefix + EXTRA_STATE] = module.get_extra_state()


def load_members(
    module: Any, state_dict: dict, prefix: str, metadata: dict, strict: bool, report: Report
) -> None:
    """Loads the parameters and persistent buffers of one module."""
    for hook in module._load_state_dict_pre_hooks.values():
        hook(state_dict, prefix, metadata, strict, *report)
    members = {
        name: tensor
        for name, tensor in [*module._parameters.items(), *_persistent_buffers(module).items()]
        if tensor is not None
    }
    for name, tensor in members.items():
        key = prefix + name
        if key in state_dict:
            assign = metadata.get("assign_to_params_buffers", False)
            error = _load_member(module, name, tensor, state_dict[key], key, assign)
            report.errors.extend([error] if error else [])
        elif strict:
            report.missing.append(key)
    _load_extra_state(module, state_dict, prefix + EXTRA_STATE, strict, report)
    if strict:
        report.unexpected.extend(_unknown_keys(module, members, state_dict, prefix))


def _load_member(
    module: Any, name: str, tensor: Tensor, loaded: Any, key: str, assign: bool
) -> Optional[str]:
    """Loads one tensor; returns what is wrong with it."""
    if not isinstance(loaded, Tensor) and not hasattr(loaded, "__torch_function__"):
        return (
            f'While copying the parameter named "{key}", expected torch.Tensor or Tensor-like object from checkpoint '
            f"but received {type(loaded)}"
        )
    if not is_lazy(tensor):
        if len(tensor.shape) == 0 and tuple(loaded.shape) == (1,):  # how scalars were saved before 0.4
            loaded = loaded[0]
        if loaded.shape != tensor.shape:
            return (
                f"size mismatch for {key}: copying a param with shape {loaded.shape} from checkpoint, "
                f"the shape in current model is {tensor.shape}."
            )
    try:
        if assign:
            _assign(module, name, tensor, loaded)
        else:
            tensor.data.copy_(loaded)
    except Exception as error:
        return (
            f'While copying the parameter named "{key}", whose dimensions in the model are {tensor.size()} and '
            f"whose dimensions in the checkpoint are {loaded.size()}, an exception occurred : {error.args}."
        )
    return None


def _assign(module: Any, name: str, tensor: Tensor, loaded: Tensor) -> None:
    """Puts `loaded` in the place of `tensor`, as what that was."""
    if isinstance(tensor, Parameter):
        if isinstance(loaded, Parameter):
            loaded.requires_grad_(tensor.requires_grad)
        else:
            loaded = Parameter(loaded, requires_grad=tensor.requires_grad)
    setattr(module, name, loaded)


def _load_extra_state(module: Any, state_dict: dict, key: str, strict: bool, report: Report) -> None:
    if _has_own(module, "set_extra_state"):
        if key in state_dict:
            module.set_extra_state(state_dict[key])
        elif strict:
            report.missing.append(key)
    elif strict and key in state_dict:
        report.unexpected.append(key)


def _unknown_keys(module: Any, members: dict, state_dict: dict, prefix: str) -> list[str]:
    """Keys below `prefix` that are neither of the module's members nor of a submodule."""
    unknown = []
    for key in state_dict:
        if not key.startswith(prefix) or key == prefix + EXTRA_STATE:
            continue
        name, dot, _ = key[len(prefix) :].partition(".")
        if name not in (module._modules if dot else members):
            unknown.append(key)
    return unknown


def load(module: Any, state_dict: Any, strict: bool, assign: bool) -> _IncompatibleKeys:
    """Loads `state_dict` into `module` and all below it."""
    if not isinstance(state_dict, Mapping):
        raise TypeError(f"Expected state_dict to be dict-like, got {type(state_dict)}.")
    metadata = getattr(state_dict, "_metadata", None)
    copy = OrderedDict(state_dict)  # hooks may change it
    if metadata is not None:
        copy._metadata = metadata
    report = Report([], [], [])
    _load_tree(module, copy, "", metadata, assign, report)
    errors = _sentences(report, strict)
    if errors:
        raise RuntimeError(
            "Error(s) in loading state_dict for {}:\n\t{}".format(type(module).__name__, "\n\t".join(errors))
        )
    return _IncompatibleKeys(report.missing, report.unexpected)


def _load_tree(
    module: Any, state_dict: dict, prefix: str, metadata: Any, assign: bool, report: Report
) -> None:
    local = {} if metadata is None else metadata.get(prefix[:-1], {})
    if assign:
        local["assign_to_params_buffers"] = assign
    with linkboy.no_grad():
        module._load_from_state_dict(state_dict, prefix, local, True, *report)
    for name, child in module._modules.items():
        if child is not None:
            below = f"{prefix}{name}."
            part = {key: value for key, value in state_dict.items() if key.startswith(below)}
            _load_tree(child, part, below, metadata, assign, report)
    keys = _IncompatibleKeys(report.missing, report.unexpected)
    for hook in module._load_state_dict_post_hooks.values():
        if hook(module, keys) is not None:
            raise AssertionError(
                "Hooks registered with ``register_load_state_dict_post_hook`` are not expected to return new values, "
                "if incompatible_keys need to be modified, it should be done inplace."
            )


def _sentences(report: Report, strict: bool) -> list[str]:
    """All that is wrong, as the lines of one error."""
    lines = []
    for kind, keys in (("Missing", report.missing), ("Unexpected", report.unexpected)):
        if strict and keys:
            quoted = ", ".join(f'"{key}"' for key in keys)
            lines.append(f"{kind} key(s) in state_dict: {quoted}. ")
    return lines + report.errors
