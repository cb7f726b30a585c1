"""Weights of spectral norm 1, the old way: a hook before each call computes them (torch.nn.utils.spectral_norm)."""

from typing import Any, Optional

import linkboy
from linkboy import Tensor
from linkboy.nn import functional as F
from linkboy.nn.modules.conv import _ConvTransposeNd
from linkboy.nn.modules.module import Module
from linkboy.nn.parameter import Parameter


class SpectralNorm:
    """The hook: sets `name` from name_orig and the singular vectors name_u and name_v, which it iterates in training."""

    _version: int = 1

    def __init__(
        self, name: str = "weight", n_power_iterations: int = 1, dim: int = 0, eps: float = 1e-12
    ) -> None:
        if n_power_iterations <= 0:
            raise ValueError(
                f"Expected n_power_iterations to be positive, but got n_power_iterations={n_power_iterations}"
            )
        self.name = name
        self.dim = dim
        self.n_power_iterations = n_power_iterations
        self.eps = eps

    def reshape_weight_to_matrix(self, weight: Tensor) -> Tensor:
        """(outputs, all else)."""
        weight_mat = weight
        if self.dim != 0:
            weight_mat = weight.permute(self.dim, *[d for d in range(weight.dim()) if d != self.dim])
        height = weight_mat.size(0)
        return weight_mat.reshape(height, -1)

    def compute_weight(self, module: Module, do_power_iteration: bool) -> Tensor:
        """The weight divided by its largest singular value."""
        weight = getattr(module, self.name + "_orig")
        u, v = getattr(module, self.name + "_u"), getattr(module, self.name + "_v")
        weight_mat = self.reshape_weight_to_matrix(weight)
        if do_power_iteration:
            with linkboy.no_grad():
                for _ in range(self.n_power_iterations):
                    v = F.normalize(linkboy.mv(weight_mat.t(), u), dim=0, eps=self.eps, out=v)
                    u = F.normalize(linkboy.mv(weight_mat, v), dim=0, eps=self.eps, out=u)
                u = u.clone(memory_format=linkboy.contiguous_format)
                v = v.clone(memory_format=linkboy.contiguous_format)
        sigma = linkboy.dot(u, linkboy.mv(weight_mat, v))
        return weight / sigma

    @staticmethod
    def apply(module: Module, name: str, n_power_iterations: int, dim: int, eps: float) -> "SpectralNorm":
        """Puts the original and two vectors in the place of a weight, and adds the hooks."""
        if any(isinstance(h, SpectralNorm) and h.name == name for h in module._forward_pre_hooks.values()):
            raise RuntimeError(f"Cannot register two spectral_norm hooks on the same parameter {name}")
        hook = SpectralNorm(name, n_power_iterations, dim, eps)
        weight = module._parameters[name]
        if weight is None:
            raise ValueError(f"`SpectralNorm` cannot be applied as parameter `{name}` is None")
        matrix = hook.reshape_weight_to_matrix(weight.detach())
        height, width = matrix.size()
        u = F.normalize(matrix.new_empty(height).normal_(0, 1), dim=0, eps=eps)
        v = F.normalize(matrix.new_empty(width).normal_(0, 1), dim=0, eps=eps)
        delattr(module, name)
        module.register_parameter(name + "_orig", weight)
        setattr(module, name, weight.detach())  # no parameter, no buffer: the hook sets it
        module.register_buffer(name + "_u", u)
        module.register_buffer(name + "_v", v)
        module.register_forward_pre_hook(hook)
        module._register_state_dict_hook(_WriteVersion(hook))
        module._register_load_state_dict_pre_hook(_CheckVersion(hook))
        return hook

    def remove(self, module: Module) -> None:
        """Makes the weight a parameter again."""
        weight = self.compute_weight(module, do_power_iteration=False)
        for suffix in ("", "_u", "_v", "_orig"):
            delattr(module, self.name + suffix)
        module.register_parameter(self.name, Parameter(weight.detach()))

    def __call__(self, module: Module, inputs: Any) -> None:
        setattr(module, self.name, self.compute_weight(module, do_power_iteration=module.training))


class _WriteVersion:
    """Writes into a state dict's metadata that name_v is there."""

    def __init__(self, norm: SpectralNorm) -> None:
        self.norm = norm

    def __call__(self, module: Module, state_dict: dict, prefix: str, metadata: dict) -> None:
        metadata.setdefault("spectral_norm", {})[f"{self.norm.name}.version"] = self.norm._version


class _CheckVersion:
    """Refuses state dicts of before 1.0, which have no name_v: what it would take to find it is not there."""

    def __init__(self, norm: SpectralNorm) -> None:
        self.norm = norm

    def __call__(
        self, state_dict: dict, prefix: str, metadata: dict, strict: bool, missing: list, *rest: list
    ) -> None:
        versions = metadata.get("spectral_norm", {})
        key = f"{prefix}{self.norm.name}"
        if versions.get(f"{self.norm.name}.version") is None and key in state_dict:
            raise ValueError(
                f"'{key}' is spectrally normalised by PyTorch of before 1.0: save it anew with a later one"
            )


def spectral_norm(
    module: Module,
    name: str = "weight",
    n_power_iterations: int = 1,
    eps: float = 1e-12,
    dim: Optional[int] = None,
) -> Module:
    """Divides a weight by its largest singular value as a matrix (outputs, all else)."""
    by_default = int(isinstance(module, _ConvTransposeNd))
    SpectralNorm.apply(module, name, n_power_iterations, by_default if dim is None else dim, eps)
    return module


def remove_spectral_norm(module: Module, name: str = "weight") -> Module:
    """Undoes spectral_norm. Raises ValueError where there is none."""
    for key, hook in module._forward_pre_hooks.items():
        if isinstance(hook, SpectralNorm) and hook.name == name:
            hook.remove(module)
            del module._forward_pre_hooks[key]
            _drop_hooks(module._state_dict_hooks, hook)
            _drop_hooks(module._load_state_dict_pre_hooks, hook)
            return module
    raise ValueError(f"spectral_norm of '{name}' not found in {module}")


def _drop_hooks(hooks: dict, norm: SpectralNorm) -> None:
    for key, hook in list(hooks.items()):
        if getattr(getattr(hook, "hook", hook), "norm", None) is norm:
            del hooks[key]
