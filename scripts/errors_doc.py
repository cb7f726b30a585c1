#!/usr/bin/env python3
"""Writes docs/ERRORS.md from the table in src/lang/error_codes.c: python3 scripts/errors_doc.py [--check]

--check changes nothing and says with its exit status whether the page is up to date.
"""
import argparse
import ast
import os
import re
import sys

TOP = os.path.normpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
PAGE = os.path.join(TOP, "docs", "ERRORS.md")
FOLDER = os.path.join(TOP, "src", "lang")
ROW = re.compile(r"\{(ERROR_[A-Z_]+),(.*?)\{(.*?)\}\}", re.S)
TEXT = re.compile(r'"(?:[^"\\]|\\.)*"(?:\s*"(?:[^"\\]|\\.)*")*')
FAMILIES = {10: "Syntax", 11: "Names", 12: "Calls", 13: "Types", 14: "Returns", 15: "Attributes", 16: "Modules", 17: "Containers",
            18: "What programs cannot do"}
HEAD = """# Compile errors

Made by `scripts/errors_doc.py` from `src/lang/error_codes.c`; do not edit.

A program that does not compile gets PyTorch's message first, word for word, with its excerpt. Lines of our own follow:

    error[LB1203]: net.py:6:22: `"3"`: the argument `times` of `repeat` is an int, but a str is given
    help: Convert it with `int(...)`.

They give the file, the line and the column (both from 1) of the expression at fault, what is wrong with it, where it helps what was
`expected:` (of an operator's variants the nearest three, and why each does not fit), how it is mended, and where the call stands for whose
sake the function was compiled (`note:`). The code is stable: it names the kind of mistake, below. A code that ends in 00 stands for what no
other code of its family names. Errors of code that an archive holds are PyTorch's message alone.
"""


def read(name):
    with open(os.path.join(FOLDER, name), encoding="utf-8") as file:
        return file.read()


def texts(source):
    return ["".join(ast.literal_eval(part) for part in re.findall(r'"(?:[^"\\]|\\.)*"', found)) for found in TEXT.findall(source)]


def rows():
    """(number, title, explanation, cure, beginnings of PyTorch's messages) of every code, in order."""
    numbers = {name: int(number) for name, number in re.findall(r"(ERROR_[A-Z_]+) = (\d{4})", read("error_codes.h"))}
    found = [(numbers[name], *texts(sentences), texts(wordings)) for name, sentences, wordings in ROW.findall(read("error_codes.c"))]
    missing = set(numbers.values()) - {row[0] for row in found}
    if missing:
        sys.exit(f"codes without a row in error_codes.c: {sorted(missing)}")
    return sorted(found)


def shown(wording):
    words = re.sub(r"%(lld|[sd])", "…", wording.strip()).replace("\n", " ")
    return f"`{words}`" if "`" not in words else f"`` {words} ``"


def page():
    parts, family = [HEAD], None
    for number, title, explanation, cure, wordings in rows():
        if number // 100 != family:
            family = number // 100
            parts.append(f"\n## {FAMILIES[family]}\n")
        parts.append(f"\n### LB{number}: {title}\n\n{explanation}\n\nHow to mend it: {cure}\n")
        if wordings:
            parts.append(f"\nPyTorch's messages begin with {', '.join(map(shown, wordings))}.\n")
    return "".join(parts)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    text = page()
    if parser.parse_args().check:
        with open(PAGE, encoding="utf-8") as file:
            return 0 if file.read() == text else "docs/ERRORS.md is not up to date: python3 scripts/errors_doc.py"
    with open(PAGE, "w", encoding="utf-8") as file:
        file.write(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
