#!/usr/bin/env python3
"""Writes PyTorch's own answers into text tests: python3 scripts/fill_texts.py [--check] FILE.txt ...   (needs PyTorch)

For every case with a program, the archive that tests/texts.py makes of it is loaded by PyTorch, and the text behind `$ code`, `$ graph`,
`$ repr`, `$ schema` and `$ run LITERALS` becomes what PyTorch answers. Steps whose expected text holds `exit N` (errors, which linkboy
words itself) and other commands are left as they are. --check changes nothing and tells which files differ.
"""
import ast
import io
import os
import re
import shlex
import sys

import torch

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tests"))
import texts  # noqa: E402
from recording import Stdout  # noqa: E402

KINDS = ("code", "graph", "repr", "schema", "run")


def show(module, value):
    """Prints a result as TorchScript does, which wants to know its type."""
    kind = module._c._get_method("forward").schema.returns[0].type
    typed = "Any" if kind.kind() == "TupleType" and "__torch__" in kind.annotation_str else kind.annotation_str
    torch.jit.CompilationUnit(f"def show(x: {typed}) -> None:\n  print(x)\n").show(value)


def printed(run):
    with Stdout() as out:
        run()
    return out.text


def method_texts(module, kind, options):
    names = [options[options.index("-m") + 1]] if "-m" in options else module._c._method_names()
    for name in names:
        method = module._c._get_method(name)
        if kind == "code":
            yield method.code
        elif kind == "schema":
            yield str(method.schema)
        else:
            graph = method.graph.copy()
            if "--inlined" in options:
                torch._C._jit_pass_inline(graph)
            plain = "--inlined" not in options and "--canonical" not in options
            yield str(method.graph) if plain else torch._C._jit_pass_canonicalize(graph).str(False)


def run(module, words):
    torch.manual_seed(0)
    values = [ast.literal_eval(w) for w in words]
    result = []
    said = printed(lambda: result.append(module(*values)))
    return said + printed(lambda: show(module, result[0]))


def answer(module, command):
    kind, *options = shlex.split(command)
    if kind == "repr":
        return repr(module)
    if kind == "run":
        return run(module, options)
    joint = "\n" if kind == "schema" else "\n\n"
    return joint.join(t.rstrip("\n") for t in method_texts(module, kind, options))


def filled(text):
    """One case's text with PyTorch's answers."""
    case = texts.parse("", 0, text)
    if not case or not case.program:
        return text
    module = torch.jit.load(io.BytesIO(texts.archive(case.program))) if any(c.split()[0] in KINDS for c, _ in case.steps) else None
    head = re.split(r"^\$ ", text, flags=re.M)[0]
    steps = []
    for command, expected in case.steps:
        mine = command.split()[0] in KINDS and not re.search(r"^exit \d+$", expected, re.M)
        steps.append(f"$ {command}\n{(answer(module, command) if mine else expected).rstrip()}\n")
    return head + "".join(steps)


def main():
    bad = 0
    for path in [w for w in sys.argv[1:] if w != "--check"]:
        with open(path, encoding="utf-8") as file:
            old = file.read()
        new = []
        for part in re.split(r"^====+\n", old, flags=re.M):
            try:
                new.append(filled(part))
            except Exception as error:
                bad += 1
                print(f"{path}: {part.splitlines()[0]}: {error}", file=sys.stderr)
                new.append(part)
        text = "====\n".join(new)
        if text != old and "--check" in sys.argv:
            bad += 1
            print(f"{path} differs from PyTorch's answers")
        elif text != old:
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
