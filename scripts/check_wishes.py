#!/usr/bin/env python3
"""Good Python that PyTorch refuses: python3 scripts/check_wishes.py [--build DIR] [-v] CORPUS [PATTERN ...]

CORPUS is a folder with `lang_errors/` as recorded: each `wish` of stage `script` or `save` is compiled by
linkboy.script and its calls are held against plain Python's answers; then it is saved, and PyTorch loads the file and
runs the same calls. `compile` programs must be refused. Prints what fails, then sums. Needs torch.
"""
import fnmatch
import glob
import io
import json
import os
import sys
import tempfile
import types
import warnings

import check_script


def entry_of(name, expression):
    """What is scripted: an expression in the source's namespace."""
    file = f"lang_errors/src/{name}.py"
    with open(file, encoding="utf-8") as source:
        code = compile(source.read(), file, "exec", dont_inherit=True)
    module = sys.modules[name] = types.ModuleType(name)
    module.__file__ = file
    exec(code, module.__dict__)
    return eval(expression, module.__dict__)


def check_wish(name, told):
    """(what is wrong with compiling and calling, what is wrong with the saved file); '' each where nothing is."""
    import linkboy
    import torch

    try:
        torch.manual_seed(0)
        scripted = linkboy.script(entry_of(name, told["entry"]))
    except Exception as error:  # noqa: BLE001
        return f"{type(error).__name__}: {' '.join(str(error).split())}", "not compiled"
    calls = f"lang_errors/{name}.io"
    try:  # before the calls, which may change what the module holds
        with tempfile.NamedTemporaryFile(suffix=".pt") as file:
            scripted.save(file.name)
            with open(file.name, "rb") as data:
                again = torch.jit.load(io.BytesIO(data.read()))
        saved = check_script.check_calls(again, calls, torch.manual_seed)
    except Exception as error:  # noqa: BLE001
        saved = f"{type(error).__name__}: {' '.join(str(error).split())}"
    return check_script.check_calls(scripted, calls, linkboy.manual_seed), saved


def check_refusal(name, told):
    """('', the message), or what is wrong with it."""
    import linkboy

    try:
        linkboy.script(entry_of(name, told["entry"]))
    except Exception as error:  # noqa: BLE001
        return "", f"{type(error).__name__}: {error}"
    return "it compiles", ""


def main():
    given = check_script.arguments()
    sys.path.insert(0, os.path.join(os.path.abspath(given.build), "python"))
    import torch

    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    import linkboy  # noqa: F401

    os.chdir(given.corpus)
    sums = dict.fromkeys(("wishes", "good", "lowered", "saved", "refusals", "refused"), 0)
    for path in sorted(glob.glob("lang_errors/*.json")):
        name = os.path.basename(path)[:-5]
        with open(path, encoding="utf-8") as file:
            told = json.load(file)
        chosen = not given.patterns or any(fnmatch.fnmatchcase(name, p) for p in given.patterns)
        if not chosen or told["phase"] == "run" or told.get("stage") == "run":
            continue
        work = check_wish if told["phase"] == "wish" else check_refusal
        result = check_script.in_child(lambda: work(name, told))
        called, saved = result if len(result) == 2 else (result[0], "no answer")
        if told["phase"] == "compile":
            sums["refusals"] += 1
            sums["refused"] += not called
            if called or given.verbose:
                print(f"{name}: {called or saved}")
            continue
        holds = told["lowers"] != "runtime"
        sums["wishes"] += 1
        sums["good"] += not called
        sums["lowered"] += holds
        sums["saved"] += holds and not called and not saved
        for what, text in (("", called), (" saved", saved if holds and not called else "")):
            if text:
                print(f"{name}{what}: {text if given.verbose else text[:260]}", flush=True)
    print(
        "wishes that compile and give Python's answer: {good} of {wishes}; saved, and PyTorch gives it, too: {saved} of {lowered}"
        " that archives can hold; refused: {refused} of {refusals}".format(**sums)
    )


if __name__ == "__main__":
    main()
