"""Weights by direction and length, of spectral norm 1, orthogonal: `torch.nn.utils.parametrizations`."""

from enum import Enum, auto
from typing import Optional

import linkboy
from linkboy import Tensor
from linkboy.nn import functional as F
from linkboy.nn.modules.conv import _ConvTransposeNd
from linkboy.nn.modules.module import Module
from linkboy.nn.utils import parametrize


def _tensor_of(module: Module, name: str) -> Tensor:
    tensor = getattr(module, name, None)
    if not isinstance(tensor, Tensor):
        raise ValueError(f"Module '{module}' has no parameter or buffer with name '{name}'")
    return tensor


def _output_dim(module: Module, dim: Optional[int]) -> int:
    """`dim`, or the one that counts a layer's outputs."""
    return int(isinstance(module, _ConvTransposeNd)) if dim is None else dim


class _WeightNorm(Module):
    """g * v / |v|, the norm over all dimensions but one."""

    def __init__(self, dim: Optional[int] = 0) -> None:
        super().__init__()
        self.dim = -1 if dim is None else dim

    def forward(self, weight_g: Tensor, weight_v: Tensor) -> Tensor:
        return linkboy._weight_norm(weight_v, weight_g, self.dim)

    def right_inverse(self, weight: Tensor) -> tuple[Tensor, Tensor]:
        return linkboy.norm_except_dim(weight, 2, self.dim), weight


def weight_norm(module: Module, name: str = "weight", dim: Optional[int] = 0) -> Module:
    """Makes a weight the product of lengths, original0, and directions, original1; state dicts of old still load."""
    parametrize.register_parametrization(module, name, _WeightNorm(dim), unsafe=True)

    def take_old_keys(state_dict: dict, prefix: str, *unused) -> None:
        old = [f"{prefix}{name}_g", f"{prefix}{name}_v"]
        if all(key in state_dict for key in old):
            for place, key in enumerate(old):
                state_dict[f"{prefix}parametrizations.{name}.original{place}"] = state_dict.pop(key)

    module._register_load_state_dict_pre_hook(take_old_keys)
    return module


class _SpectralNorm(Module):
    """A weight divided by its largest singular value, found by power iteration, which goes on in training."""

    def __init__(self, weight: Tensor, n_power_iterations: int = 1, dim: int = 0, eps: float = 1e-12) -> None:
        super().__init__()
        ndim = weight.ndim
        if not -ndim <= dim < ndim:
            raise IndexError(
                f"Dimension out of range (expected to be in range of [-{ndim}, {ndim - 1}] but got {dim})"
            )
        if n_power_iterations <= 0:
            raise ValueError(
                f"Expected n_power_iterations to be positive, but got n_power_iterations={n_power_iterations}"
            )
        self.dim = dim if dim >= 0 else dim + ndim
        self.eps = eps
        if ndim > 1:
            self.n_power_iterations = n_power_iterations
            matrix = self._reshape_weight_to_matrix(weight.detach())
            height, width = matrix.size()
            u = matrix.new_empty(height).normal_(0, 1)
            v = matrix.new_empty(width).normal_(0, 1)
            self.register_buffer("_u", F.normalize(u, dim=0, eps=self.eps))
            self.register_buffer("_v", F.normalize(v, dim=0, eps=self.eps))
            self._power_method(matrix, 15)

    def _reshape_weight_to_matrix(self, weight: Tensor) -> Tensor:
        if self.dim != 0:
            weight = weight.permute(self.dim, *(d for d in range(weight.dim()) if d != self.dim))
        return weight.flatten(1)

    def _power_method(self, weight_mat: Tensor, n_power_iterations: int) -> None:
        with linkboy.no_grad():
            for _ in range(n_power_iterations):
                self._u = F.normalize(linkboy.mv(weight_mat, self._v), dim=0, eps=self.eps, out=self._u)
                self._v = F.normalize(linkboy.mv(weight_mat.H, self._u), dim=0, eps=self.eps, out=self._v)

    def forward(self, weight: Tensor) -> Tensor:
        if weight.ndim == 1:
            return F.normalize(weight, dim=0, eps=self.eps)
        weight_mat = self._reshape_weight_to_matrix(weight)
        if self.training:
            self._power_method(weight_mat, self.n_power_iterations)
        u = self._u.clone(memory_format=linkboy.contiguous_format)
        v = self._v.clone(memory_format=linkboy.contiguous_format)
        sigma = linkboy.vdot(u, linkboy.mv(weight_mat, v))
        return weight / sigma

    def right_inverse(self, value: Tensor) -> Tensor:
        return value


def spectral_norm(
    module: Module,
    name: str = "weight",
    n_power_iterations: int = 1,
    eps: float = 1e-12,
    dim: Optional[int] = None,
) -> Module:
    """Divides a weight by its largest singular value as a matrix (outputs, all else)."""
    weight = _tensor_of(module, name)
    norm = _SpectralNorm(weight, n_power_iterations, _output_dim(module, dim), eps)
    return parametrize.register_parametrization(module, name, norm)


class _OrthMaps(Enum):
    """How a matrix becomes an orthogonal one."""

    matrix_exp = auto()
    cayley = auto()
    householder = auto()


def _is_orthogonal(Q: Tensor) -> bool:
    rows, columns = Q.size(-2), Q.size(-1)
    epsilon = 2.0**-52 if Q.dtype in (linkboy.float64, linkboy.complex128) else 2.0**-23
    identity = linkboy.eye(columns, dtype=Q.dtype)
    return linkboy.allclose(Q.mH @ Q, identity, atol=10.0 * rows * epsilon)


def _make_orthogonal(A: Tensor) -> Tensor:
    X, tau = linkboy.geqrf(A)
    Q = linkboy.linalg.householder_product(X, tau)
    Q *= X.diagonal(dim1=-2, dim2=-1).sgn().unsqueeze(-2)
    return Q


class _Orthogonal(Module):
    """A matrix, or a batch of them, with orthonormal rows or columns, whichever are fewer.

    With a trivialization it is a fixed orthogonal matrix, `base`, times what the map makes of the original.
    """

    def __init__(self, weight: Tensor, orthogonal_map: _OrthMaps, *, use_trivialization: bool = True) -> None:
        super().__init__()
        if weight.is_complex() and orthogonal_map == _OrthMaps.householder:
            raise ValueError("The householder parametrization does not support complex tensors.")
        self.shape = weight.shape
        self.orthogonal_map = orthogonal_map
        if use_trivialization:
            self.register_buffer("base", None)

    def _by_skew_matrix(self, X: Tensor) -> Tensor:
        """The orthogonal matrix that belongs to the skew one in the lower triangle of X (n, k)."""
        n, k = X.size(-2), X.size(-1)
        X = X.tril()
        if n != k:
            X = linkboy.cat([X, X.new_zeros(n, n - k).expand(*X.shape[:-2], -1, -1)], dim=-1)
        A = X - X.mH
        if self.orthogonal_map == _OrthMaps.matrix_exp:
            Q = linkboy.matrix_exp(A)
        else:
            identity = linkboy.eye(n, dtype=A.dtype, device=A.device)
            Q = linkboy.linalg.solve(
                linkboy.add(identity, A, alpha=-0.5), linkboy.add(identity, A, alpha=0.5)
            )
        return Q[..., :k] if n != k else Q

    def _by_reflections(self, X: Tensor) -> Tensor:
        """The product of the reflections in the columns of X below its diagonal."""
        A = X.tril(diagonal=-1)
        tau = 2.0 / (1.0 + (A * A).sum(dim=-2))
        Q = linkboy.linalg.householder_product(A, tau)
        return Q * X.diagonal(dim1=-2, dim2=-1).int().unsqueeze(-2)

    def forward(self, X: Tensor) -> Tensor:
        transposed = X.size(-2) < X.size(-1)
        if transposed:
            X = X.mT
        reflections = self.orthogonal_map == _OrthMaps.householder
        Q = self._by_reflections(X) if reflections else self._by_skew_matrix(X)
        if hasattr(self, "base"):
            Q = self.base @ Q
        return Q.mT if transposed else Q

    def right_inverse(self, Q: Tensor) -> Tensor:
        if Q.shape != self.shape:
            raise ValueError(
                f"Expected a matrix or batch of matrices of shape {self.shape}. Got a tensor of shape {Q.shape}."
            )
        with linkboy.no_grad():
            transposed = Q.size(-2) < Q.size(-1)
            tall = Q.mT if transposed else Q
            if not hasattr(self, "base"):
                A = self._reflections_of(tall)
                return A.mT if transposed else A
            self.base = self._base_of(tall)
            start = linkboy.zeros_like(Q)
            start.diagonal(dim1=-2, dim2=-1).fill_(-1.0)
            return start

    def _reflections_of(self, Q: Tensor) -> Tensor:
        if self.orthogonal_map != _OrthMaps.householder:
            raise NotImplementedError(
                "It is not possible to assign to the matrix exponential or the Cayley parametrizations "
                "when use_trivialization=False."
            )
        A, tau = linkboy.geqrf(Q)
        A.diagonal(dim1=-2, dim2=-1).sign_()
        A.diagonal(dim1=-2, dim2=-1)[tau == 0.0] *= -1
        return A

    def _base_of(self, Q: Tensor) -> Tensor:
        """A square orthogonal matrix that begins with Q, as near as an orthogonal one can be."""
        n, k = Q.size(-2), Q.size(-1)
        if n != k:
            rest = linkboy.randn(*(Q.size()[:-2] + (n, n - k)), dtype=Q.dtype, device=Q.device)
            return _make_orthogonal(linkboy.cat([Q, rest], dim=-1))
        return Q.clone() if _is_orthogonal(Q) else _make_orthogonal(Q)


def orthogonal(
    module: Module,
    name: str = "weight",
    orthogonal_map: Optional[str] = None,
    *,
    use_trivialization: bool = True,
) -> Module:
    """Keeps a weight orthogonal; `orthogonal_map` is "matrix_exp", "cayley" or "householder", else ValueError."""
    weight = _tensor_of(module, name)
    if weight.ndim < 2:
        raise ValueError(f"Expected a matrix or batch of matrices. Got a tensor of {weight.ndim} dimensions.")
    if orthogonal_map is None:
        square = weight.size(-2) == weight.size(-1)
        orthogonal_map = "matrix_exp" if square or weight.is_complex() else "householder"
    kind = getattr(_OrthMaps, orthogonal_map, None)
    if kind is None:
        raise ValueError(
            f'orthogonal_map has to be one of "matrix_exp", "cayley", "householder". Got: {orthogonal_map}'
        )
    by = _Orthogonal(weight, kind, use_trivialization=use_trivialization)
    return parametrize.register_parametrization(module, name, by, unsafe=True)
