"""Numbers: what int, float, bool and complex do, and where they meet."""
import math
from typing import List, Tuple

import torch

from programs import calls

BIG = 9223372036854775807


@calls((7, 3), (-7, 3), (7, -3), (-7, -3), (0, 5), (BIG, 2))
def floor_and_rest(a: int, b: int) -> Tuple[int, int, float]:
    return a // b, a % b, a / b


@calls((1, 0), (-5, 0), may_raise=True)
def by_zero(a: int, b: int) -> int:
    return a // b


@calls((7.5, 2.0), (-7.5, 2.0), (7.5, -2.0), (1e308, 1e-308), (0.0, -3.0))
def float_division(a: float, b: float) -> Tuple[float, float, float]:
    return a / b, a // b, a % b


@calls((5, 3), (-1, 62), (BIG, 1), (1, 40))
def bits(a: int, n: int) -> List[int]:
    return [a & n, a | n, a ^ n, a << 3, a >> 2]


@calls((2, 10), (3, 0), (-2, 5), (2, -1), (7, 30))
def powers(a: int, b: int) -> Tuple[float, float]:
    return a ** b, float(a) ** 0.5 if a > 0 else 0.0


@calls((BIG, 1), (-BIG, -3))
def wraps(a: int, b: int) -> Tuple[int, int, int]:
    return a + b, a * 3, -a - 2 + b


@calls((3, 2.5), (-1, 0.0), (0, float("inf")))
def mixed(a: int, x: float) -> Tuple[float, float, float, bool, bool]:
    return a + x, a * x, x - a, a < x, a == x


@calls((True, False), (True, True), (False, False))
def logic(a: bool, b: bool) -> List[bool]:
    return [a and b, a or b, not a, a == b, a != b, bool(int(a)) is b]


@calls((2.5,), (-2.5,), (1e15,), (3.5,), (-0.4,))
def roundings(x: float) -> Tuple[int, int, int, float, int]:
    return math.floor(x), math.ceil(x), int(x * 2), round(x), int(x)


@calls((0.5,), (2.0,), (1e-8,))
def maths(x: float) -> List[float]:
    return [math.sin(x), math.cos(x), math.exp(x), math.log(x), math.sqrt(x), math.tanh(x), math.atan2(x, 1.5), math.pow(x, 3.0)]


@calls((12, 18), (0, 5), (17, 4), (-24, 36))
def greatest_divisor(a: int, b: int) -> int:
    while b != 0:
        a, b = b, a % b
    return abs(a)


@calls((3 + 4j, 1 - 2j), (0j, 1j))
def complexes(a: complex, b: complex) -> Tuple[complex, complex, complex, float, float]:
    return a + b, a * b, a - b, abs(a), abs(a * b)


@calls((0,), (1,), (41,), (30,))
def chained(n: int) -> int:
    low = 0
    if 0 <= n < 10:
        low = 1
    elif 10 < n <= 30 or n == 41:
        low = 2
    return low + (100 if n % 2 == 0 else 200)


@calls((5,), (0,), (64,))
def compound(n: int) -> int:
    total = 1
    total += n
    total *= 3
    total -= 4
    total = total << 1
    total = total ^ 5
    return total


@calls(("17",), ("-4",), may_raise=True)
def parsed(text: str) -> Tuple[int, float, str]:
    return int(text), float(text) + 0.5, str(int(text) * 2)


@calls((3, 7.25), (-9, -0.125))
def conversions(a: int, x: float) -> Tuple[float, int, bool, bool, str, str]:
    return float(a), int(x), bool(a), bool(x), str(a), str(x)


@calls(([3, 1, 2],), ([-5],), ([], ), may_raise=True)
def extremes(items: List[int]) -> Tuple[int, int, int]:
    return min(items), max(items), sum(items)


@calls((1e16, 1.0), (float("nan"), 2.0), (float("-inf"), float("inf")))
def odd_floats(a: float, b: float) -> Tuple[float, bool, bool, bool, float]:
    return a + b - a, a == a, math.isnan(a), math.isinf(a), max(a, b)
