#!/usr/bin/env python3
"""Measures how far linkboy's functions are from PyTorch's, in ulp, into docs/accuracy.tsv: python3 scripts/measure_ulp.py [NAME-GLOB ...]

Needs PyTorch and a built linkboy. Every function gets the same arguments in both: numbers spread evenly between -30 and 30 and between -2 and 2,
numbers of every magnitude (even in their exponents), the neighbours of whole numbers, and the special ones. An ulp is the distance of
neighbouring numbers at PyTorch's result; what is infinite, NaN or zero in one must be so in the other, or is counted as a difference in kind.
"""
import argparse
import csv
import fnmatch
import os
import subprocess
import sys
import tempfile
import warnings

import torch

import recording

TOP = os.path.normpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
COUNT = 1000  # numbers of each spread
UNARY = """abs acos acosh angle asin asinh atan atanh ceil cos cosh deg2rad digamma erf erfc erfinv exp exp2 expm1 floor frac i0 lgamma log
log10 log1p log2 logit neg rad2deg reciprocal round rsqrt sigmoid sign sin sinc sinh sqrt square tan tanh trunc special_airy_ai special_bessel_j0
special_bessel_j1 special_bessel_y0 special_bessel_y1 special_entr special_erfcx special_i0e special_i1 special_i1e special_log_ndtr
special_modified_bessel_i0 special_modified_bessel_i1 special_modified_bessel_k0 special_modified_bessel_k1 special_ndtr special_ndtri
special_scaled_modified_bessel_k0 special_scaled_modified_bessel_k1 special_spherical_bessel_j0 celu elu gelu hardsigmoid hardswish
log_sigmoid mish selu silu softplus""".split()
BINARY = """atan2 copysign div fmod hypot igamma igammac logaddexp logaddexp2 nextafter pow remainder special_xlog1py special_zeta xlogy""".split()
POLYNOMIALS = ["chebyshev_polynomial_t", "chebyshev_polynomial_u", "chebyshev_polynomial_v", "chebyshev_polynomial_w", "hermite_polynomial_h",
               "hermite_polynomial_he", "laguerre_polynomial_l", "legendre_polynomial_p", "shifted_chebyshev_polynomial_t",
               "shifted_chebyshev_polynomial_u", "shifted_chebyshev_polynomial_v", "shifted_chebyshev_polynomial_w"]
SPECIAL = [0.0, -0.0, float("inf"), -float("inf"), float("nan"), 1.0, -1.0, 0.5, -0.5, 2.0]


def sources():
    """The functions by name: TorchScript expressions of x (and y)."""
    for name in UNARY:
        yield name, f"torch.ops.aten.{name}(x)"
    for name in BINARY:
        yield name, f"torch.ops.aten.{name}(x, y)"
    for name in POLYNOMIALS:
        yield f"special_{name} (n = 5)", f"torch.ops.aten.special_{name}(x, 5)"
    for order in (1, 2, 4):
        yield f"polygamma (n = {order})", f"torch.ops.aten.polygamma({order}, x.clamp(min=-50.0))"  # PyTorch walks to a far negative x step by step
    yield "mvlgamma (p = 3)", "torch.ops.aten.mvlgamma(x, 3)"


def arguments(dtype):
    torch.manual_seed(0)
    smallest, largest = (-120, 120) if dtype == torch.float32 else (-300, 300)
    magnitudes = 2.0 ** (torch.rand(COUNT, dtype=torch.float64) * (largest - smallest) + smallest)
    wholes = torch.arange(-40, 41, dtype=torch.float64)
    step = 2.0 ** (-20 if dtype == torch.float32 else -45)
    x = torch.cat([torch.rand(COUNT, dtype=torch.float64) * 60 - 30, torch.rand(COUNT, dtype=torch.float64) * 4 - 2,
                   magnitudes * (torch.rand(COUNT) - 0.5).sign(), wholes * (1 + step), wholes * (1 - step), torch.tensor(SPECIAL, dtype=torch.float64)])
    return x.to(dtype), x[torch.randperm(len(x))].abs().to(dtype)


def ulps(found, expected):
    """The distances, and how many results differ in kind. Numbers as integers in their own order."""
    same = (found == expected) | (found.isnan() & expected.isnan())
    kind = ~same & (found.isnan() | expected.isnan() | found.isinf() | expected.isinf())
    def ordered(t):
        bits = t.view(torch.int32 if t.dtype == torch.float32 else torch.int64)
        lowest = torch.iinfo(bits.dtype).min
        return torch.where(bits < 0, lowest - bits, bits)
    a, b = ordered(found).to(torch.int64), ordered(expected).to(torch.int64)
    a, b = a.where(~same & ~kind, torch.tensor(0)), b.where(~same & ~kind, torch.tensor(0))
    opposite = (a < 0) != (b < 0)  # their difference may not fit: near zero it does, and elsewhere it is hopeless
    away = torch.where(opposite, a.clamp(-2**61, 2**61).abs() + b.clamp(-2**61, 2**61).abs(), (a - b).abs())
    return away, int(kind.sum())


def module_of(functions):
    module = torch.jit.ScriptModule()
    for at, (_, expression) in enumerate(functions):
        module.define(f"def f{at}(self, x: Tensor, y: Tensor):\n    return {expression}\n")
    return module


def answers(tool, functions):
    """For each function and dtype PyTorch's result and linkboy's."""
    with tempfile.TemporaryDirectory() as folder:
        stem = os.path.join(folder, "functions")
        module = module_of(functions)
        torch.jit.save(module, stem + ".pt")
        calls = [recording.performed(module, {"method": f"f{at}", "args": arguments(dtype), "kwargs": {}, "seed": 0})
                 for at in range(len(functions)) for dtype in (torch.float32, torch.float64)]
        torch.save({"calls": calls}, stem + ".io")
        subprocess.run([tool, "verify", "--run", "--outputs", folder, stem + ".pt"], capture_output=True, check=False)
        return list(zip(calls, torch.load(stem + ".out", weights_only=True)["calls"]))


def rows(tool, functions):
    pairs = answers(tool, functions)
    for at, (name, _) in enumerate(functions):
        for dtype, (call, found) in zip(("float32", "float64"), pairs[2 * at:2 * at + 2]):
            if "output" not in call:
                continue
            if "output" not in found:
                yield [name, dtype, "", "", "", found["raises"]["message"][:60]]
                continue
            away, kinds = ulps(found["output"], call["output"])
            worst = int(away.argmax())
            yield [name, dtype, f"{away.max().item():.0f}", f"{(away > 4).double().mean().item() * 100:.2f}", kinds,
                   f"{call['args'][0][worst].item()!r}" if away.max() > 4 else ""]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME-GLOB")
    parser.add_argument("--tool", default=os.path.join(TOP, "build", "linkboy"))
    parser.add_argument("--out", default=os.path.join(TOP, "docs", "accuracy.tsv"))
    given = parser.parse_args()
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    functions = [f for f in sources() if not given.names or any(fnmatch.fnmatchcase(f[0], n) for n in given.names)]
    table = [["function", "dtype", "most ulp", "% over 4", "differ in kind", "where"], *rows(given.tool, functions)]
    if given.names:
        csv.writer(sys.stdout, delimiter="\t").writerows(table)
    else:
        with open(given.out, "w", encoding="utf-8", newline="") as file:
            csv.writer(file, delimiter="\t", lineterminator="\n").writerows(table)


if __name__ == "__main__":
    main()
