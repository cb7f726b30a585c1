#!/usr/bin/env python3
"""Writes docs/LANGUAGE.md: PYTHONPATH=build/python python3 scripts/language_doc.py

Each row is a small function that plain Python runs, linkboy compiles and runs, and PyTorch compiles and runs; the page
says whose answers are Python's. Needs torch.
"""
import importlib.util
import os
import tempfile
import warnings

import torch

import linkboy

# Section, then (what it is, parameters, body, arguments).
ROWS = [
    ("Statements", [
        ("`if`, `while`, `for` over ranges, lists, dicts, strings, tensors", "n: int", "s = 0\nfor i in range(n):\n    s += i\nreturn s", (5,)),
        ("`break`, `continue`, `return` inside loops", "n: int", "for i in range(n):\n    if i > 2:\n        return i\nreturn -1", (9,)),
        ("`for ... else`, `while ... else`", "n: int", "for i in range(n):\n    if i == 7:\n        break\nelse:\n    return -1\nreturn i", (5,)),
        ("`with`", "x: Tensor", "with torch.no_grad():\n    y = x * 2\nreturn y", (torch.ones(2),)),
        ("`assert`, `raise`", "n: int", "assert n > 0, 'positive'\nif n > 9:\n    raise ValueError('large')\nreturn n", (3,)),
        ("`try` with `finally`", "n: int", "s = 0\ntry:\n    s = n\nfinally:\n    s += 1\nreturn s", (3,)),
        ("`try` with `except`", "n: int", "try:\n    if n > 2:\n        raise ValueError('no')\n    r = n\nexcept ValueError:\n    r = -1\nreturn r", (3,)),
        ("`match`", "n: int", "match n:\n    case 1:\n        return 'one'\n    case 2 | 3:\n        return 'few'\n    case _:\n        return 'many'", (3,)),
        ("`del`", "d: Dict[str, int]", "del d['a']\nreturn len(d)", ({"a": 1, "b": 2},)),
        ("`x @= y`, `x //= y`", "x: Tensor", "x = x + 0\nx //= 2\nreturn x", (torch.arange(4),)),
        ("`nonlocal`", "n: int", "def add():\n    nonlocal n\n    n += 1\nadd()\nadd()\nreturn n", (3,)),
    ]),
    ("Functions", [
        ("default and keyword-only arguments", "n: int, *, k: int = 2", "return n * k", (3,)),
        ("an inner function, and what it closes over", "n: int", "def add(m: int) -> int:\n    return n + m\nreturn add(2) + add(3)", (1,)),
        ("`lambda`", "n: int", "twice = lambda m: m * 2\nreturn twice(n)", (4,)),
        ("`*args`, `**kwargs`", "n: int", "def total(*args):\n    s = 0\n    for a in args:\n        s += a\n    return s\nreturn total(n, 2, 3)", (1,)),
        ("a function as an argument", "xs: List[int]", "def apply(f, v: int) -> int:\n    return f(v)\nreturn apply(lambda v: v + len(xs), 3)", ([1, 2],)),
        ("recursion", "n: int", "return 1 if n < 2 else n * f(n - 1)", (5,)),
    ]),
    ("Expressions", [
        ("comprehensions", "xs: List[int]", "return [x * x for x in xs]", ([1, 2],)),
        ("comprehensions with `if`, and with several `for`", "xs: List[int]", "return [x * y for x in xs if x > 1 for y in xs]", ([1, 2, 3],)),
        ("generator expressions in `sum`, `any`, `all`", "xs: List[int]", "return sum(x * x for x in xs)", ([1, 2],)),
        ("sets and set comprehensions", "xs: List[int]", "return len({x % 3 for x in xs})", ([1, 2, 4, 5],)),
        ("f-strings", "n: int", "return f'{n} apples'", (3,)),
        ("f-strings with formats and conversions", "v: float", "return f'{v:.2f} {v!r}'", (2.5,)),
        ("`:=`", "n: int", "if (m := n * 2) > 4:\n    return m\nreturn 0", (3,)),
        ("`a or b` of values", "s: str", "return s or 'none'", ("",)),
        ("`a if c else b`, chained comparisons", "n: int", "return n if 1 < n < 5 else 0", (3,)),
        ("starred items", "xs: List[int]", "first, *rest = xs\nreturn [first, *rest, 0]", ([1, 2, 3],)),
        ("`sorted(key=...)`, `reversed`", "xs: List[str]", "return sorted(xs, key=lambda s: len(s))", (["ccc", "a", "bb"],)),
        ("`==` of lists and tuples", "a: List[int]", "return a == [1, 2], (1, a[0]) == (1, 1)", ([1, 2],)),
        ("tuples as keys of dicts", "n: int", "d = {(1, 2): 3, (2, 3): 4}\nreturn d[(n, n + 1)]", (1,)),
    ]),
    ("Types", [
        ("`list[int]`, `dict[str, int]`, `X \\| None`", "xs: list[int], n: int | None = None", "return len(xs) if n is None else n", ([1],)),
        ("`Optional` refined by `is None`", "n: Optional[int]", "if n is None:\n    return 0\nreturn n + 1", (2,)),
        ("`[]` and `{}` typed by their first use", "n: int", "xs = []\nfor i in range(n):\n    xs.append(i)\nreturn xs", (3,)),
        ("an int where a float is declared", "n: int", "def half(v: float) -> float:\n    return v / 2\nreturn half(n)", (3,)),
        ("`Tuple[int, ...]`", "xs: Tuple[int, ...]", "s = 0\nfor x in xs:\n    s += x\nreturn s", ((1, 2, 3),)),
        ("numbers of the file's top level", "n: int", "return n + LIMIT", (1,)),
    ]),
]

HEAD = "import math\nfrom typing import Dict, List, Optional, Tuple\n\nimport torch\nfrom torch import Tensor\n\nLIMIT = 10\n\n"

PAGE = """# The language

What linkboy compiles, with PyTorch's answer beside it. This page is made by `scripts/language_doc.py`, which compiles and runs each row's
function with both, and with plain Python. "yes" means that the answer is Python's.

A program that PyTorch compiles keeps PyTorch's meaning to the last value number. What PyTorch refuses and linkboy takes is put
in terms of what an archive can hold, so that **PyTorch loads and runs the saved result**; where that is impossible, saving says so.
What is refused by both is told with the place, the reason and the way round it.

In one sentence: functions with typed parameters (an unannotated one is a Tensor), whose variables keep one type each, over tensors, numbers,
strings, lists, dicts, tuples, classes of the program, modules and enums.
"""


def function_of(head, body, number, folder):
    path = os.path.join(folder, f"row{number}.py")
    text = HEAD + f"def f({head}):\n" + "".join(f"    {line}\n" for line in body.split("\n"))
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    spec = importlib.util.spec_from_file_location(f"row{number}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.f


def example_of(head, body):
    """The function as a cell of a table: a line of code each, indented by no-break spaces."""
    lines = [f"def f({head}):"] + ["    " + line for line in body.split("\n")]
    cell = "<br>".join("`" + "\u00a0" * (len(line) - len(line.lstrip())) + line.lstrip() + "`" for line in lines)
    return cell.replace("|", "\\|")


def same(a, b):
    if isinstance(b, torch.Tensor):
        return isinstance(a, torch.Tensor) and torch.equal(a, b)
    return a == b and isinstance(a, type(b))


def said(error):
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    text = lines[0] if lines else type(error).__name__
    return text.replace("|", "\\|")[:90].rstrip(" :")


def answer(compiler, f, arguments, want):
    try:
        got = compiler(f)(*arguments)
    except Exception as error:  # noqa: BLE001 - the page tells what it says
        return f"no: {said(error)}"
    return "yes" if same(got, want) else "otherwise than Python"


def main():
    warnings.simplefilter("ignore")
    page, number = PAGE, 0
    with tempfile.TemporaryDirectory() as folder:
        for section, rows in ROWS:
            page += f"\n## {section}\n\n| | example | linkboy | PyTorch |\n|---|---|---|---|\n"
            for title, head, body, arguments in rows:
                number += 1
                f = function_of(head, body, number, folder)
                copies = [eval(repr(a)) if isinstance(a, (list, dict)) else a for a in arguments]
                want = f(*copies)
                again = [[eval(repr(a)) if isinstance(a, (list, dict)) else a for a in arguments] for _ in range(2)]
                ours, theirs = answer(linkboy.script, f, again[0], want), answer(torch.jit.script, f, again[1], want)
                page += f"| {title} | {example_of(head, body)} | {ours} | {theirs} |\n"
    with open(os.path.join(os.path.dirname(__file__), "..", "docs", "LANGUAGE.md"), "w", encoding="utf-8") as file:
        file.write(page)


if __name__ == "__main__":
    main()
