#!/usr/bin/env python3
"""Records what PyTorch does with the programs of tests/programs/ into tests/cases/: python3 scripts/record.py [NAME-GLOB ...]

Needs PyTorch (2.13.0, CPU, is the version of record); the tests themselves need none. For every program three files are written:

    X.pt      the archive, as torch.jit.save writes it
    X.io      torch.save of {"calls": [...]}: method, args, kwargs, seed, and output or raises (type, message, text); args_after where
              a call changed an argument; stdout where it printed; tolerance where the defaults of torch.testing do not do
    X.expect  PyTorch's texts of the loaded archive, in sections headed `--- TITLE`

The calls of one program run in order on one freshly loaded copy.
"""
import argparse
import fnmatch
import gc
import importlib
import io
import os
import sys
import types
from concurrent.futures import ThreadPoolExecutor

import torch

from recording import perform, quiet_machine

TOP = os.path.normpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
sys.path.insert(0, os.path.join(TOP, "tests"))

INLINED_LIMIT = 60_000  # a bigger text leaves the inlined sections out


def relative(path):
    """A source file's name as recorded: from the project's root, or from the folder where PyTorch is installed."""
    for root in (TOP, os.path.dirname(os.path.dirname(torch.__file__))):
        if os.path.abspath(path).startswith(root + os.sep):
            return os.path.relpath(path, root)
    return os.path.basename(path)


def plain_script_paths():
    """Scripted sources name their files as `relative` says: no path of this machine is recorded."""
    import torch._sources
    import torch.jit.frontend
    found = torch._sources.get_source_lines_and_file

    def get_source_lines_and_file(*args, **kwargs):
        lines, number, path = found(*args, **kwargs)
        return lines, number, relative(path)

    torch._sources.get_source_lines_and_file = torch.jit.frontend.get_source_lines_and_file = get_source_lines_and_file


def renamed(code):
    """A code object, and those inside it, under the names that `relative` gives."""
    inner = tuple(renamed(c) if isinstance(c, types.CodeType) else c for c in code.co_consts)
    return code.replace(co_filename=relative(code.co_filename), co_consts=inner)


def plain_trace_paths():
    """As plain_script_paths, for traces: those take names from the code objects on Python's stack. Nothing can be scripted after."""
    for function in gc.get_objects():
        if isinstance(function, types.FunctionType) and function.__code__.co_filename.startswith("/"):
            function.__code__ = renamed(function.__code__)


def method_texts(module, method, inlined):
    found = module._c._get_method(method)
    flat = found.graph.copy()
    torch._C._jit_pass_inline(flat)
    yield f"code {method}", found.code
    yield f"graph {method}", str(found.graph)
    yield f"canonical {method}", torch._C._jit_pass_canonicalize(found.graph).str(False)
    text = torch._C._jit_pass_canonicalize(flat).str(False)
    if inlined and len(text) < INLINED_LIMIT:
        yield f"inlined {method}", text
    yield f"schema {method}", str(found.schema)


def texts(module):
    yield "repr", repr(module)
    for method in sorted(module._c._method_names()):
        yield from method_texts(module, method, inlined=True)


def archive(program):
    buffer = io.BytesIO()
    torch.jit.save(program.compiled(), buffer)
    return buffer.getvalue()


def record(program, stem):
    data = archive(program)
    module = torch.jit.load(io.BytesIO(data))
    sections = [f"--- {title}\n" + (text if text.endswith("\n") else text + "\n") for title, text in texts(module)]
    calls = [perform(module, call) for call in program.calls]
    with open(stem + ".pt", "wb") as file:
        file.write(data)
    with open(stem + ".expect", "w", encoding="utf-8") as file:
        file.write("".join(sections))
    torch.save({"calls": calls}, stem + ".io")
    torch.load(stem + ".io", weights_only=True)
    return calls


def record_all(programs, out):
    """How many programs could not be recorded; what raises unasked is told."""
    bad = 0
    for program in programs:
        try:
            calls = record(program, os.path.join(out, program.name))
        except Exception as error:
            bad += 1
            print(f"{program.name}: {error}", file=sys.stderr)
            continue
        for call in calls:
            if "raises" in call and not program.may_raise:
                print(f"{program.name}: {call['args']}: {call['raises']['message']}", file=sys.stderr)
    return bad


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME-GLOB")
    parser.add_argument("--out", default=os.path.join(TOP, "tests", "cases"))
    given = parser.parse_args()
    quiet_machine()
    os.makedirs(given.out, exist_ok=True)
    plain_script_paths()
    programs = [p for p in importlib.import_module("programs").everything()
                if not given.names or any(fnmatch.fnmatchcase(p.name, n) for n in given.names)]
    bad = record_all([p for p in programs if p.trace is None], given.out)
    plain_trace_paths()
    with ThreadPoolExecutor(1) as fresh_stack:  # the frames of this one were entered under their old names
        bad += fresh_stack.submit(record_all, [p for p in programs if p.trace is not None], given.out).result()
    print(f"{len(programs) - bad} programs recorded, {sum(e.stat().st_size for e in os.scandir(given.out)) // 1024} KB")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
