#!/usr/bin/env python3
"""Writes docs/ERRORS.md: python3 scripts/errors_doc.py [--build DIR] [--check]

The table is that of src/lang/error_codes.c; each code shows a program of tests/errors/programs.txt with the messages that
linkboy and PyTorch give it now. Where one of them cannot be imported its messages are those that the page has. --check
changes nothing and says with its exit status whether the page is up to date.
"""
import argparse
import ast
import linecache
import os
import re
import subprocess
import sys
import tempfile
import types
import warnings

TOP = os.path.normpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
PAGE = os.path.join(TOP, "docs", "ERRORS.md")
FOLDER = os.path.join(TOP, "src", "lang")
PROGRAMS = os.path.join(TOP, "tests", "errors", "programs.txt")
ROW = re.compile(r"\{(ERROR_[A-Z_]+),(.*?)\{(.*?)\}\}", re.S)
TEXT = re.compile(r'"(?:[^"\\]|\\.)*"(?:\s*"(?:[^"\\]|\\.)*")*')
SHOWN = 14  # lines of a message of PyTorch's
FAMILIES = {10: "Syntax", 11: "Names", 12: "Calls", 13: "Types", 14: "Returns", 15: "Attributes", 16: "Modules", 17: "Containers",
            18: "What programs cannot do"}
HEAD = """# Compile errors

Made by `scripts/errors_doc.py` from `src/lang/error_codes.c` and `tests/errors/programs.txt`; do not edit.

A program that does not compile gets PyTorch's message of the first error, with its excerpt (of an operator's variants the nearest three).
Lines of our own follow, for each error that the program has:

    error[LB1203]: net.py:6:22: `"3"`: the argument `times` of `repeat` (line 1) is an int, but a str is given
        6 |     return repeat(x, "3")
          |                      ^^^
    help: Write `3` without quotes, or convert it with `int(...)`.

They give the file, the line and the column (both from 1) of the expression at fault, what is wrong with it, its line with the
expression marked, where it helps what was `expected:` (variants, the nearest first, and why each does not fit), how it is mended, and
(`note:`) for whose sake the function was compiled: the call, what names the class, or the submodule. All methods and submodules are
compiled, and `linkboy script` tells what is wrong with them in the order of the source. An error that only follows from another is not
told; what a failed statement would have set is taken to be right. After more than one error their number is told (`errors: 3`); the first twenty are shown. The code is stable: it names
the kind of mistake, below. A code that ends in 00 stands for what no other code of its family names. Errors of code that an archive holds
are PyTorch's message alone.

Below each kind a program, and the messages that it gets from linkboy (our lines alone) and from PyTorch {version}.
"""


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def texts(source):
    return ["".join(ast.literal_eval(part) for part in re.findall(r'"(?:[^"\\]|\\.)*"', found)) for found in TEXT.findall(source)]


def rows():
    """(number, title, explanation, cure, beginnings of PyTorch's messages) of every code, in order."""
    header, table = (read(os.path.join(FOLDER, f"error_codes.{ext}")) for ext in "hc")
    numbers = {name: int(number) for name, number in re.findall(r"(ERROR_[A-Z_]+) = (\d{4})", header)}
    found = [(numbers[name], *texts(sentences), texts(wordings)) for name, sentences, wordings in ROW.findall(table)]
    missing = set(numbers.values()) - {row[0] for row in found}
    if missing:
        sys.exit(f"codes without a row in error_codes.c: {sorted(missing)}")
    return sorted(found)


def programs():
    """[(code, expression that is scripted, source)]"""
    parts = re.split(r"^=== LB(\d+) (.*)\n", read(PROGRAMS), flags=re.M)[1:]
    return [(int(code), entry, source) for code, entry, source in zip(*[iter(parts)] * 3)]


# ---- messages ----


def scripted(script, entry, source):
    """What `script` says of a program in the file net.py; the class of the exception before it."""
    linecache.clearcache()
    with open("net.py", "w", encoding="utf-8") as file:
        file.write(source)
    module = sys.modules["net"] = types.ModuleType("net")
    module.__file__ = "net.py"
    try:
        exec(compile(source, "net.py", "exec", dont_inherit=True), module.__dict__)
        script(eval(entry, module.__dict__))
    except Exception as error:  # noqa: BLE001
        return f"{type(error).__name__}: {error}"
    return "it compiles"


def without_python(tool, entry):
    """The message of `linkboy script`, for what Python itself refuses to read."""
    done = subprocess.run([tool, "script", f"net.py:{entry}", "-o", os.devnull], capture_output=True, text=True)
    return done.stderr


def our_message(script, tool, entry, source):
    message = scripted(script, entry, source)
    if message.startswith("SyntaxError"):
        message = without_python(tool, entry)
    at = message.find("error[LB")
    return message[at:].strip() if at >= 0 else message


def their_message(script, entry, source):
    message = re.sub(r"0x[0-9a-f]{6,}", "0x...", scripted(script, entry, source))
    lines = [line.rstrip() for line in message.strip().splitlines()]
    if len(lines) > SHOWN:
        lines = lines[:SHOWN] + [f"... and {len(lines) - SHOWN} more lines"]
    return "\n".join(lines)


def ask(build):
    """(our messages, PyTorch's, its version): lists in the order of the programs, or None where it cannot be imported."""
    ours = theirs = version = None
    warnings.simplefilter("ignore")
    tool = os.path.abspath(os.path.join(build, "linkboy"))
    sys.path.insert(0, os.path.abspath(os.path.join(build, "python")))
    with tempfile.TemporaryDirectory() as folder:
        before = os.getcwd()
        os.chdir(folder)
        try:
            import linkboy

            ours = [our_message(linkboy.script, tool, *program[1:]) for program in programs()]
            import torch

            version = torch.__version__.split("+")[0]
            theirs = [their_message(torch.jit.script, *program[1:]) for program in programs()]
        except ImportError:
            pass
        finally:
            os.chdir(before)
    return ours, theirs, version


def known(title):
    """The messages under this title on the page as it is."""
    return [found.rstrip("\n") for found in re.findall(rf"^{title}:\n\n```\n(.*?)^```$", read(PAGE), flags=re.M | re.S)]


# ---- the page ----


def shown(wording):
    words = re.sub(r"%(lld|[sd])", "…", wording.strip()).replace("\n", " ")
    return f"`{words}`" if "`" not in words else f"`` {words} ``"


def example(source, ours, theirs):
    return f"\n```python\n{source}```\n\nlinkboy:\n\n```\n{ours}\n```\n\nPyTorch:\n\n```\n{theirs}\n```\n"


def page(build):
    ours, theirs, version = ask(build)
    ours, theirs = ours or known("linkboy"), theirs or known("PyTorch")
    version = version or re.search(r"from PyTorch ([\d.]+)\.$", read(PAGE), re.M).group(1)
    parts, family = [HEAD.format(version=version)], None
    for number, title, explanation, cure, wordings in rows():
        if number // 100 != family:
            family = number // 100
            parts.append(f"\n## {FAMILIES[family]}\n")
        parts.append(f"\n### LB{number}: {title}\n\n{explanation}\n\nHow to mend it: {cure}\n")
        if wordings:
            parts.append(f"\nPyTorch's messages begin with {', '.join(map(shown, wordings))}.\n")
        parts += [example(p[2], o, t) for p, o, t in zip(programs(), ours, theirs) if p[0] == number]
    return "".join(parts)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default=os.path.join(TOP, "build"))
    parser.add_argument("--check", action="store_true")
    given = parser.parse_args()
    text = page(given.build)
    if given.check:
        return 0 if read(PAGE) == text else "docs/ERRORS.md is not up to date: python3 scripts/errors_doc.py"
    with open(PAGE, "w", encoding="utf-8") as file:
        file.write(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
