#!/usr/bin/env python3
"""Makes tests/fuzz/seeds: code of recorded programs that are one function, pickles from the honest and hostile ones, Python files in
pieces. No PyTorch needed."""
import ast
import glob
import os
import zipfile

import make_hostile

TOP = os.path.normpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
SEEDS = os.path.join(TOP, "tests", "fuzz", "seeds")
LONGEST = 2500


def put(folder, name, data):
    os.makedirs(os.path.join(SEEDS, folder), exist_ok=True)
    with open(os.path.join(SEEDS, folder, name), "wb") as file:
        file.write(data)


def code_seeds():
    for path in sorted(glob.glob(os.path.join(TOP, "tests", "cases", "*.pt"))):
        with zipfile.ZipFile(path) as archive:
            code = [n for n in archive.namelist() if "/code/" in n and n.endswith(".py")]
            text = archive.read(code[0])
        if len(code) == 1 and b"PlaceholderModule" in text and b"CONSTANTS" not in text and len(text) < LONGEST:
            put("code", os.path.basename(path)[:-3] + ".py", text)


def pickle_seeds():
    put("pickle", "0_honest", make_hostile.root(make_hostile.tensor()))
    put("pickle", "1_values", make_hostile.root(make_hostile.pk({"a": [1, 2.5, "s", None, True, (1, 2 ** 70)], "t": make_hostile.tensor()})))
    for attack in make_hostile.ATTACKS:
        if attack.name.startswith(("pickle/", "tensor/")) and not attack.big:
            with zipfile.ZipFile(make_hostile.path_of(os.path.join(TOP, "tests", "hostile"), attack)) as archive:
                put("pickle", attack.name.replace("/", "_"), archive.read("m/data.pkl"))


def script_seeds():
    """The definitions of tests/construct and tests/script, a few at a time, behind the imports of their file."""
    for path in sorted(p for folder in ("construct", "script") for p in glob.glob(os.path.join(TOP, "tests", folder, "*.py"))):
        with open(path, encoding="utf-8") as file:
            source = file.read()
        lines = source.splitlines(keepends=True)
        body = ast.parse(source).body
        imports = "".join("".join(lines[s.lineno - 1: s.end_lineno]) for s in body if isinstance(s, (ast.Import, ast.ImportFrom)))
        rest = [s for s in body if not isinstance(s, (ast.Import, ast.ImportFrom))]
        name, number, text = os.path.basename(path)[:-3], 0, imports
        for statement, after in zip(rest, rest[1:] + [None]):
            decorators = getattr(statement, "decorator_list", [])
            text += "".join(lines[(decorators or [statement])[0].lineno - 1: statement.end_lineno])
            if after is None or len(text) > LONGEST // 2:
                if name != "record" and len(text) < LONGEST:
                    put("script", f"{name}_{number}.py", text.encode())
                number, text = number + 1, imports


if __name__ == "__main__":
    code_seeds()
    script_seeds()
    pickle_seeds()
