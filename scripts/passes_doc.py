#!/usr/bin/env python3
"""Writes docs/PASSES.md from the tables of passes in src/passes/passes.h and src/module/optimize.c: python3 scripts/passes_doc.py [--check]

--check changes nothing and says with its exit status whether the page is up to date.
"""
import argparse
import ast
import glob
import os
import re
import sys

TOP = os.path.normpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
PAGE = os.path.join(TOP, "docs", "PASSES.md")
TEXT = r'"(?:[^"\\]|\\.)*"'
TABLE = r"#define {}\(X\)(.*?\n)(?:\n|/\*)"
ROW = re.compile(rf"X\((\w+), (\w+),[\s\\]*((?:{TEXT}[\s\\]*)+)\)")
MODULE_ROW = re.compile(rf'\{{"(\w+)",\s*((?:{TEXT}\s*)+),\s*(\w+)\}}')
HEAD = """# Passes

Made by `scripts/passes_doc.py` from the tables in `src/passes/passes.h` and `src/module/optimize.c`; do not edit.

A pass goes from a graph to a graph and has one contract: what holds afterwards. All keep a graph valid (the verifier runs behind each in tests)
and make values in the order in which PyTorch's do, so that the numbers in printed graphs are PyTorch's too.
"""
PARTS = (
    ("GRAPH_PASSES", "On a graph", """By PyTorch's names, `torch._C._jit_pass_NAME`: `linkboy.passes.NAME(graph)` edits a graph in place,
`linkboy.passes.NAME(module)` gives a module whose methods have all gone through it, `lb_graph_pass(graph, "NAME", ...)` is the same in C.
`scripts/compare_passes.py NAME ARCHIVE...` holds one, or several in a row, against PyTorch's over archives."""),
    ("OWN_PASSES", "Inside the compiler and the executor", """Not to be called by name: they take graphs that only the compiler makes, or give graphs
that are only run. `src/passes/passes.c` has their order."""),
)
MODULES = ("On a module", """`linkboy.passes.NAME(module)` gives a new module; `lb_module_pass(module, "NAME", ...)` in C.""")


def read(*path):
    with open(os.path.join(TOP, *path), encoding="utf-8") as file:
        return file.read()


def joined(words):
    """The text of a C string literal in parts."""
    return "".join(ast.literal_eval(part) for part in re.findall(TEXT, words))


def homes(folder, definition):
    """{function: file} of the definitions that a pattern finds in a folder's C files."""
    found = {}
    for path in sorted(glob.glob(os.path.join(TOP, "src", folder, "*.c"))):
        for name in re.findall(definition, read(path), flags=re.M):
            found[name] = f"src/{folder}/{os.path.basename(path)}"
    return found


def table(rows):
    lines = ["| pass | afterwards | file |", "|---|---|---|"]
    return "\n".join(lines + [f"| `{name}` | {contract} | `{file}` |" for name, contract, file in rows]) + "\n"


def graph_rows(name):
    """(pass, contract, file) of a table in passes.h."""
    files = homes("passes", r"^bool pass_(\w+)\(struct graph \*\w+, lb_error \*err\) \{")
    text = re.search(TABLE.format(name), read("src", "passes", "passes.h"), flags=re.S).group(1)
    return [(row, joined(words), files[function]) for row, function, words in ROW.findall(text)]


def module_rows():
    found = MODULE_ROW.findall(read("src", "module", "optimize.c"))
    return [(name, joined(words), "src/module/optimize.c") for name, words, _ in found]


def page():
    parts = [HEAD]
    for name, title, words in PARTS:
        parts.append(f"\n## {title}\n\n{words}\n\n{table(graph_rows(name))}")
    parts.append(f"\n## {MODULES[0]}\n\n{MODULES[1]}\n\n{table(module_rows())}")
    return "".join(parts)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    text = page()
    if parser.parse_args().check:
        return 0 if os.path.exists(PAGE) and read(PAGE) == text else "docs/PASSES.md is not up to date: python3 scripts/passes_doc.py"
    with open(PAGE, "w", encoding="utf-8") as file:
        file.write(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
