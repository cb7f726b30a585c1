"""Transcripts: what PyTorch answered to lines of Python, held against linkboy under the name of torch.

A file of transcripts/ has blocks of `>>> ` lines (an expression, or statements) with the answer below: the
repr, nothing for None, or `!Kind: message` for an exception. A block `>>> #` is a comment. Where linkboy
refuses with other words on purpose the line is `!Kind`, and only the kind counts.

    python3 python/tests/transcript.py FILE ...    asks PyTorch again and writes its answers
"""

import ast
import sys


def blocks(text):
    """[(source, answer)]"""
    found = []
    for line in text.splitlines():
        if line.startswith(">>> "):
            found.append([[line[4:]], []])
        elif line.startswith("... ") and not found[-1][1]:
            found[-1][0].append(line[4:])
        elif found:
            found[-1][1].append(line)
    return [("\n".join(source), "\n".join(answer).strip("\n")) for source, answer in found]


def answer(source, names):
    """What the interpreter would show."""
    try:
        tree = ast.parse(source)
        last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
        exec(compile(tree, "<transcript>", "exec"), names)
        value = eval(compile(ast.Expression(last.value), "<transcript>", "eval"), names) if last else None
        return "" if value is None else repr(value).strip("\n")
    except Exception as error:
        return f"!{type(error).__name__}: {error}".splitlines()[0].rstrip()


def play(path, torch):
    """(source, recorded answer, answer) for each block of a file, in one set of names."""
    names = {"torch": torch}
    with open(path, encoding="utf-8") as file:
        for source, recorded in blocks(file.read()):
            given = answer(source, names)
            if recorded.startswith("!") and ":" not in recorded:
                given = given.split(":")[0]
            yield source, recorded, given


def record(path, torch):
    parts = []
    for source, recorded, given in play(path, torch):
        lines = source.split("\n")
        parts.append(
            "\n".join([">>> " + lines[0], *("... " + line for line in lines[1:])])
            + "\n"
            + (given + "\n" if given else "")
        )
    with open(path, "w", encoding="utf-8") as file:
        file.write("\n".join(parts))


if __name__ == "__main__":
    import torch

    for name in sys.argv[1:]:
        record(name, torch)
