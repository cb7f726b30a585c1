"""Special functions: over their domain, at its ends and outside."""
import math
from typing import List

import torch
from torch import Tensor

from . import calls

WIDE = torch.cat([torch.linspace(-20.0, 20.0, 41, dtype=torch.float64), torch.tensor([0.3, -0.7, 1e-8, 80.0, -150.5])])
ENDS = torch.tensor([0.0, -0.0, 1.0, -1.0, -3.0, math.inf, -math.inf, math.nan], dtype=torch.float64)
UNIT = torch.tensor([0.0, 1e-9, 0.1, 0.5, 0.75, 0.999, 1.0, 1.5, -0.25, -1.0], dtype=torch.float64)
SINGLE = torch.tensor([[0.25, 1.5, -2.75], [4.0, 12.5, -31.0]])
WHOLE = torch.arange(-2, 7)


@calls((WIDE,), (ENDS,), (SINGLE.t(),), (WHOLE,))
def bessel(x: Tensor) -> List[Tensor]:
    return [torch.special.bessel_j0(x), torch.special.bessel_j1(x), torch.special.bessel_y0(x), torch.special.bessel_y1(x),
            torch.special.airy_ai(x), torch.special.spherical_bessel_j0(x)]


@calls((WIDE,), (ENDS,), (SINGLE,), (WHOLE,))
def modified_bessel(x: Tensor) -> List[Tensor]:
    return [torch.i0(x), torch.special.i0e(x), torch.special.i1(x), torch.special.i1e(x),
            torch.special.modified_bessel_k0(x), torch.special.modified_bessel_k1(x),
            torch.special.scaled_modified_bessel_k0(x), torch.special.scaled_modified_bessel_k1(x)]


@calls((WIDE,), (ENDS,), (UNIT,), (SINGLE,), (WHOLE,))
def around_erf(x: Tensor) -> List[Tensor]:
    return [torch.erfinv(x), torch.special.erfcx(x), torch.special.ndtri(x), torch.special.log_ndtr(x),
            torch.special.entr(x)]


@calls((WIDE, 2), (ENDS, 1), (UNIT, 0), (SINGLE, 3), (WHOLE, 5), (UNIT, -1), may_raise=True)
def derivatives(x: Tensor, n: int) -> List[Tensor]:
    return [torch.digamma(x), torch.polygamma(n, x)]


@calls((UNIT * 30, UNIT.flip(0) * 20), (ENDS, ENDS.flip(0)), (WIDE.abs() * 10, WIDE.abs() * 11), (SINGLE, SINGLE.abs()),
       (WHOLE, WHOLE), may_raise=True)
def incomplete(a: Tensor, x: Tensor) -> List[Tensor]:
    return [torch.igamma(a, x), torch.igammac(a, x)]


@calls((WHOLE, WIDE[:9]), (ENDS, ENDS.flip(0)), (UNIT * 9, UNIT * 7))
def hurwitz(s: Tensor, q: Tensor) -> List[Tensor]:
    return [torch.special.zeta(s, q), torch.special.zeta(s, 2.5), torch.special.zeta(4, q)]


@calls((SINGLE.abs() + 3, 3), (WHOLE + 5, 2), (SINGLE, 0), may_raise=True)
def multivariate(x: Tensor, p: int) -> Tensor:
    return torch.mvlgamma(x, p)


@calls((UNIT.unsqueeze(1), WHOLE), (torch.linspace(-2.0, 2.0, 9).unsqueeze(1), torch.tensor([0.0, 1.0, 5.9, 9.0, 12.0])),
       (ENDS, torch.tensor([10])))
def chebyshev(x: Tensor, n: Tensor) -> List[Tensor]:
    return [torch.special.chebyshev_polynomial_t(x, n), torch.special.chebyshev_polynomial_u(x, n),
            torch.special.chebyshev_polynomial_v(x, n), torch.special.chebyshev_polynomial_w(x, n),
            torch.special.shifted_chebyshev_polynomial_t(x, n), torch.special.shifted_chebyshev_polynomial_u(x, n),
            torch.special.shifted_chebyshev_polynomial_v(x, n), torch.special.shifted_chebyshev_polynomial_w(x, n)]


@calls((UNIT.unsqueeze(1), WHOLE), (SINGLE, torch.tensor([0, 4, 11])))
def orthogonal(x: Tensor, n: Tensor) -> List[Tensor]:
    return [torch.special.hermite_polynomial_h(x, n), torch.special.hermite_polynomial_he(x, n),
            torch.special.laguerre_polynomial_l(x, n), torch.special.legendre_polynomial_p(x, n),
            torch.special.hermite_polynomial_h(x, 7), torch.special.legendre_polynomial_p(0.5, n)]
