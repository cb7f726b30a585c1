#!/usr/bin/env python3
"""Fills in what PyTorch makes of the graphs in tests/passes: python3 scripts/fill_passes.py FILE.ir ...

A case is a title, the passes to run, a graph, a line of dashes, and the graph wanted. This writes both graphs anew: the first as PyTorch
prints it once it has read it (so that its numbers are PyTorch's), the second as the passes leave it; `error: ...` where they raise.
Cases of passes that PyTorch has no way to call by themselves stay as they are. Needs PyTorch 2.13.
"""
import re
import sys

import torch

SPECIAL = {
    "lower_simple_tuples": None,  # not to be had from Python
    "normalize_ops": None,
    "peephole_without_shapes": lambda g: torch._C._jit_pass_peephole(g, True),
    "remove_dropout": None,
}


def pass_of(name):
    return SPECIAL[name] if name in SPECIAL else getattr(torch._C, f"_jit_pass_{name}", None)


def fill(case):
    match = re.match(r"((?:#[^\n]*\n)+)\$ ([^\n]*)\n(.*?)(?:^----\n.*)?\Z", case, flags=re.S | re.M)
    if not match:
        return case
    title, names, text = match.groups()
    passes = [pass_of(name) for name in names.split()]
    if not all(passes):
        return case
    try:
        graph = torch._C.parse_ir(text, True)
    except RuntimeError:  # PyTorch does not read all that it writes: nodes without outputs, tuples as constants
        print("stays as it is:", title.splitlines()[0][2:])
        return case
    before = graph.str(False)
    try:
        for run in passes:
            run(graph)
        after = graph.str(False)
    except RuntimeError as error:
        after = "error: " + str(error).splitlines()[0] + "\n"
    return f"{title}$ {names}\n{before}----\n{after}"


def main():
    for path in sys.argv[1:]:
        with open(path, encoding="utf-8") as file:
            cases = re.split(r"^====\n", file.read(), flags=re.M)
        filled = "====\n".join(fill(case) for case in cases)
        with open(path, "w", encoding="utf-8") as file:
            file.write(filled)
    return 0


if __name__ == "__main__":
    sys.exit(main())
