"""Modules that take sizes from their first input: their parameters have no shape until then."""

from typing import Any, Optional

import linkboy
from linkboy.nn.parameter import is_lazy


class LazyModuleMixin:
    """Goes before the layer's own class among the bases; after the first call a module is of class `cls_to_become`."""

    cls_to_become: Optional[type] = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._load_hook = self._register_load_state_dict_pre_hook(self._lazy_load_hook)
        self._initialize_hook = self.register_forward_pre_hook(self._infer_parameters, with_kwargs=True)

    def initialize_parameters(self, *args: Any, **kwargs: Any) -> None:
        """Gives parameters and buffers their shapes, from the arguments of the first call."""
        raise NotImplementedError(f"initialize_parameters is not implemented for {type(self).__name__}")

    def has_uninitialized_params(self) -> bool:
        """Whether a parameter or buffer still waits for its shape."""
        return any(map(is_lazy, [*self._parameters.values(), *self._buffers.values()]))

    def _save_to_state_dict(self, destination: dict, prefix: str, keep_vars: bool) -> None:
        left_out = self._non_persistent_buffers_set
        for name, tensor in [*self._parameters.items(), *self._buffers.items()]:
            if tensor is not None and name not in left_out:
                whole = keep_vars or is_lazy(tensor)
                destination[prefix + name] = tensor if whole else tensor.detach()

    def _lazy_load_hook(self, state_dict: dict, prefix: str, *unused: Any) -> None:
        """Takes shapes from a state dict that has them."""
        for name, tensor in [*self._parameters.items(), *self._buffers.items()]:
            loaded = state_dict.get(prefix + name)
            if is_lazy(tensor) and loaded is not None and not is_lazy(loaded):
                with linkboy.no_grad():
                    tensor.materialize(loaded.shape)

    def _infer_parameters(self, module: Any, args: tuple, kwargs: Optional[dict] = None) -> None:
        """Runs before the first forward: initialises, and turns the module into an ordinary one."""
        module.initialize_parameters(*args, **(kwargs or {}))
        if module.has_uninitialized_params():
            raise RuntimeError(f"module {self._get_name()} has not been fully initialized")
        for hook in ("_initialize_hook", "_load_hook"):
            getattr(module, hook).remove()
            delattr(module, hook)
        if module.cls_to_become is not None:
            module.__class__ = module.cls_to_become
