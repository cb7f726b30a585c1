#!/usr/bin/env python3
"""Hold saved archives against PyTorch: python3 scripts/check_save.py [--build DIR] [--only CHECK] [-v] FOLDER [PATTERN ...]

Every archive X.pt of FOLDER that PyTorch loads is copied by `linkboy copy`, and saved again by PyTorch
(`torch.jit.save(torch.jit.load(X))`, with its extra files). Checks, a line for each that does not hold:

    names      the same records in the same order
    code       the same bytes of code/**.py
    data       the same bytes of data.pkl
    constants  the same bytes of constants.pkl
    debug      the same bytes of code/**.debug_pkl
    tensors    the same bytes of data/N and constants/N
    small      the same version, byteorder and number of the archive
    bytes      all of the above that users may rely on: names, code, data, constants
    text       PyTorch loads the copy and shows the same .code and .graph of all methods of all submodules
    calls      the calls recorded in X.io give the same, to the bit
    version    nothing that PyTorch 1.13 lacks: a number below 11, and no record that it would not read

text and calls are compared with the original or, where PyTorch's own copy differs from it (an archive of an older version, a
__getstate__ that counts), with that copy. Needs PyTorch; run by an older one, text and calls are what that one makes of the
copies. A PATTERN is a glob on names. The last lines are `CHECK PASSED of ALL`.
"""
import argparse
import collections
import fnmatch
import io
import os
import re
import subprocess
import sys
import tempfile
import warnings
import zipfile

import torch

from recording import Stdout, alike, duplicate, failure, quiet_machine, written

CHECKS = ("names", "code", "data", "constants", "debug", "tensors", "small", "bytes", "text", "calls", "version")
SMALL = ("version", ".data/version", "byteorder", ".data/serialization_id")
KNOWN_TO_1_13 = ("data/", "constants/", "code/", "extra/", "data.pkl", "constants.pkl") + SMALL
NEWEST_VERSION = 10
PROCESS_OWN = re.compile(r"warn_id=\d+|object\(0x\w+\)")  # what a graph's text shows of the process that prints it


def records(archive):
    with zipfile.ZipFile(io.BytesIO(archive) if isinstance(archive, bytes) else archive) as zipped:
        return {name.split("/", 1)[1]: zipped.read(name) for name in zipped.namelist()}


def kind(name):
    """The check that a record belongs to."""
    if name.startswith("code/"):
        return "debug" if name.endswith(".debug_pkl") else "code"
    return {"data.pkl": "data", "constants.pkl": "constants"}.get(name, "small" if name in SMALL else "tensors")


def resaved(path):
    """What PyTorch makes of the archive; None where it does not load it."""
    extra = dict.fromkeys(sorted(n[len("extra/"):] for n in records(path) if n.startswith("extra/")), "")
    try:
        module = torch.jit.load(path, map_location="cpu", _extra_files=extra)
    except Exception:  # whatever PyTorch does not load is no case
        return None
    buffer = io.BytesIO()
    torch.jit.save(module, buffer, _extra_files=extra)
    return buffer.getvalue()


def compare_records(ours, theirs):
    """The checks of records that do not hold."""
    bad = set() if list(ours) == list(theirs) else {"names"}
    bad |= {kind(name) for name in theirs if name in ours and ours[name] != theirs[name]}
    if bad - {"small"}:
        bad.discard("small")  # the archive's number is over all the others
    if bad & {"names", "code", "data", "constants"}:
        bad.add("bytes")
    version = ours.get("version") or ours.get(".data/version")
    if int(version) > NEWEST_VERSION or any(not name.startswith(KNOWN_TO_1_13) for name in ours):
        bad.add("version")
    return bad


def load(archive):
    return torch.jit.load(io.BytesIO(archive), map_location="cpu")


def texts(archive):
    """{(submodule, method): (code, graph)}"""
    found = {}
    for path, module in load(archive).named_modules():
        for name in module._c._method_names():
            method = module._c._get_method(name)
            found[path, name] = (method.code, PROCESS_OWN.sub("", str(method.graph)))
    return found


def answers(archive, calls):
    """What a freshly loaded module gives to each call."""
    module, found = load(archive), []
    for call in calls:
        torch.manual_seed(call["seed"])
        args, kwargs = duplicate(tuple(call["args"])), duplicate(call["kwargs"])
        with Stdout() as out, torch.no_grad():
            try:
                answer = written(getattr(module, call["method"])(*args, **kwargs))
            except Exception as error:  # is an answer, too
                answer = failure(error)["message"]
        found.append((answer, written(args), out.text))
    return found


def compare_runs(path, original, ours, theirs, wanted):
    """The checks that run PyTorch on the copy that do not hold."""
    bad = set()
    if "text" in wanted:
        shown = texts(ours)
        if shown != texts(original) and shown != texts(theirs):
            bad.add("text")
    recorded = os.path.splitext(path)[0] + ".io"
    if "calls" in wanted and os.path.exists(recorded):
        calls = torch.load(recorded, weights_only=not torch.__version__.startswith("1."))["calls"]  # 1.13 lacks opcodes for it
        given = answers(ours, calls)
        if not alike(given, answers(original, calls)) and not alike(given, answers(theirs, calls)):
            bad.add("calls")
    return bad


def check(tool, path, wanted):
    """The checks that do not hold; None: PyTorch does not load this one."""
    theirs = resaved(path)
    if theirs is None:
        return None, ""
    with tempfile.TemporaryDirectory() as folder:
        copy = os.path.join(folder, "archive.pt")
        done = subprocess.run([tool, "copy", path, copy], capture_output=True, text=True, errors="replace")
        if done.returncode:
            return set(CHECKS), done.stderr.strip().replace("\n", " ")[:160]
        with open(copy, "rb") as file:
            ours = file.read()
    bad = compare_records(records(ours), records(theirs))
    with open(path, "rb") as file:
        original = file.read()
    try:
        bad |= compare_runs(path, original, ours, theirs, wanted)
    except Exception as error:  # PyTorch does not even load the copy
        return bad | {"text", "calls"}, str(error).replace("\n", " ")[:160]
    return bad, ""


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder")
    parser.add_argument("patterns", nargs="*", metavar="PATTERN")
    parser.add_argument("--build", default="build")
    parser.add_argument("--only", action="append", choices=CHECKS)
    parser.add_argument("-v", "--verbose", action="store_true", help="a line per archive")
    return parser.parse_args()


def main():
    given = arguments()
    wanted = given.only or CHECKS
    tool = os.path.join(given.build, "linkboy")
    warnings.simplefilter("ignore")
    quiet_machine()
    passed, checked = collections.Counter(), 0
    for name in sorted(os.listdir(given.folder)):
        if not name.endswith(".pt") or not any(fnmatch.fnmatch(name, p) for p in given.patterns or ["*"]):
            continue
        bad, why = check(tool, os.path.join(given.folder, name), wanted)
        if bad is None:
            print(f"  {name}: PyTorch does not load it")
            continue
        checked += 1
        passed.update(set(wanted) - bad)
        bad &= set(wanted)
        if bad or given.verbose:
            print(f"  {name}: {', '.join(sorted(bad)) or 'holds'} {why}", flush=True)
    for one in wanted:
        print(f"{one:10} {passed[one]:5} of {checked:5}")
    return 0 if checked and all(passed[one] == checked for one in wanted) else 1


if __name__ == "__main__":
    sys.exit(main())
