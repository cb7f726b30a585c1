"""Control flow: branches, loops, early ends, nesting."""
from typing import List, Optional, Tuple

import torch
from torch import Tensor

from programs import calls


@calls((0,), (5,), (12,), (-3,))
def early_return(n: int) -> str:
    if n < 0:
        return "negative"
    for i in range(n):
        if i * i > 50:
            return "many " + str(i)
    if n == 0:
        return "none"
    return "few"


@calls((10,), (1,), (30,))
def break_and_continue(n: int) -> List[int]:
    kept: List[int] = []
    for i in range(n):
        if i % 3 == 0:
            continue
        if len(kept) > 6:
            break
        kept.append(i)
    return kept


@calls((27,), (1,), (6,))
def collatz(n: int) -> Tuple[int, int]:
    steps, top = 0, n
    while n != 1:
        if n % 2 == 0:
            n = n // 2
        else:
            n = 3 * n + 1
        top = max(top, n)
        steps += 1
    return steps, top


@calls((4,), (1,), (0,))
def nested_loops(n: int) -> List[List[int]]:
    rows: List[List[int]] = []
    for i in range(n):
        row: List[int] = []
        for j in range(i, n):
            if (i + j) % 2 == 1:
                row.append(i * j)
            else:
                row.append(-1)
        rows.append(row)
    return rows


@calls((torch.tensor([1.0, -2.0, 3.0]),), (torch.tensor([-1.0, -2.0]),))
def tensor_condition(x: Tensor) -> Tensor:
    if x.sum() > 0:
        y = x * 2
    else:
        y = -x
    return y + 1


@calls((torch.tensor([8.0, 3.0]), 3), (torch.tensor([100.0, 1.0]), 50))
def while_tensor(x: Tensor, limit: int) -> Tuple[Tensor, int]:
    turns = 0
    while bool(x.max() > 1.0) and turns < limit:
        x = x / 2
        turns += 1
    return x, turns


@calls((2, 9, 3), (9, 2, -2), (0, 0, 1))
def ranges(a: int, b: int, step: int) -> List[int]:
    return [i for i in range(a, b, step)]


@calls(([5, 2, 9, 1],), ([],), ([3],))
def bubble_sort(items: List[int]) -> List[int]:
    done = False
    out = items.copy()
    while not done:
        done = True
        for i in range(len(out) - 1):
            if out[i] > out[i + 1]:
                out[i], out[i + 1] = out[i + 1], out[i]
                done = False
    return out


@calls((50,), (2,), (1,))
def primes(n: int) -> List[int]:
    found: List[int] = []
    for i in range(2, n):
        composite = False
        for p in found:
            if p * p > i:
                break
            if i % p == 0:
                composite = True
                break
        if not composite:
            found.append(i)
    return found


@calls((3, None), (3, 4))
def default_if_none(a: int, b: Optional[int]) -> int:
    if b is None:
        b = 10
    return a * b


@calls(([1, 2, 3], [4, 5, 6]), ([], [1]))
def zipped(a: List[int], b: List[int]) -> int:
    total = 0
    for i, (x, y) in enumerate(zip(a, b)):
        total += i * x * y
    return total


@calls((5,), (-1,), may_raise=True)
def asserted(n: int) -> int:
    assert n >= 0, "n must not be negative"
    return n + 1


@calls((5,), (-1,), (0,), may_raise=True)
def raised(n: int) -> int:
    if n < 0:
        raise ValueError("bad value: " + str(n))
    if n == 0:
        raise RuntimeError("nothing to do")
    return 100 // n


@calls((True, True), (True, False), (False, True))
def deep_ifs(a: bool, b: bool) -> str:
    out = ""
    if a:
        if b:
            out += "both"
        else:
            if not b:
                out += "first"
    else:
        if b:
            out = "second"
    return out + "!"


@calls((10,), (0,))
def loop_carried(n: int) -> Tuple[int, float, str]:
    a, x, text = 0, 1.0, ""
    for i in range(n):
        a, x = a + i, x * 0.5 + a
        if i % 4 == 0:
            text = text + str(i)
    return a, x, text


@calls((6,),)
def while_true(n: int) -> int:
    i = 0
    while True:
        i += 2
        if i > n:
            break
    return i


@calls((torch.arange(6.0).reshape(2, 3),))
def over_tensor(x: Tensor) -> List[float]:
    out: List[float] = []
    for row in x:
        out.append(float(row.sum()))
    return out


@calls((3,), (8,))
def fibonacci(n: int) -> int:
    a, b = 0, 1
    for _ in range(n):
        a, b = b, a + b
    return a
