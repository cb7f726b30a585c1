#!/usr/bin/env python3
"""Hold linkboy.script against PyTorch's compiler: python3 scripts/check_script.py [--build DIR] [-v] CORPUS
[PATTERN ...]

CORPUS is a folder with `lang/` as PyTorch recorded it: `lang/src/X.py` is imported beside PyTorch, its
function `f` or its
module is scripted by linkboy, and code, graphs and schemas are held against `lang/X.front`; then the calls of
`lang/X.io`
are run on what was compiled. Modules take their weights from `lang/X.pt`. A PATTERN is a glob on names.

Each program is compiled in a process of its own, since names are given in the order of compilation. Prints
what differs,
then a line for results and one for texts. Needs torch.
"""

import argparse
import copy
import fnmatch
import glob
import io
import os
import pickle
import re
import sys
import types
import warnings

KINDS = ("code", "graph", "canonical", "inlined", "schema")


def arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("corpus")
    parser.add_argument("patterns", nargs="*", metavar="PATTERN")
    parser.add_argument("--build", default="build")
    parser.add_argument(
        "--torch",
        action="store_true",
        help="compile with torch.jit.script instead: how sound the recording is",
    )
    parser.add_argument("-v", "--verbose", action="store_true", help="show differences whole")
    return parser.parse_args()


def sections(text):
    """{title: text} of lines `--- title` and what follows each."""
    parts = re.split(r"^--- (.*)\n", text, flags=re.M)
    return dict(zip(parts[1::2], parts[2::2]))


def source_module(name):
    """The module of lang/src/NAME.py, as PyTorch saw it when it recorded."""
    file = f"lang/src/{name}.py"
    with open(file, encoding="utf-8") as source:
        code = compile(source.read(), file, "exec")
    module = sys.modules[name] = types.ModuleType(name)
    module.__file__ = file
    exec(code, module.__dict__)
    return module


def entry(name, wanted):
    """What is scripted: the module whose class the recording names, else the function."""
    module = source_module(name)
    shown = re.search(r"original_name=(\w+)", wanted.get("repr", ""))
    if shown is None:
        name = next(t for t in wanted if t.startswith("code ")).split()[1]
        return getattr(module, name) if hasattr(module, name) else module.Model()
    found = getattr(module, shown.group(1), None)
    if found is None:
        raise LookupError(f"the source has no {shown.group(1)}")
    try:
        return found()
    except TypeError as error:
        raise LookupError(f"{shown.group(1)} wants arguments: {error}") from error


def load_weights(obj, path):
    import torch

    if isinstance(obj, torch.nn.Module):
        state = torch.jit.load(path).state_dict()
        obj.load_state_dict(state, strict=False)
    return obj


def text_of(scripted, title):
    """The text of a section, `code P.M`."""
    from linkboy.jit import function

    kind, _, method = title.partition(" ")
    numbers = {"code": 0, "graph": 1, "canonical": 2, "inlined": 3, "schema": 4}
    if isinstance(scripted, function.ScriptFunction):
        return scripted._text(numbers[kind])
    return scripted._text(numbers[kind], method)


def torch_text_of(scripted, title):
    import torch

    kind, _, method = title.partition(" ")
    owner = scripted
    for part in method.split(".")[:-1]:
        owner = getattr(owner, part)
    if isinstance(scripted, torch.nn.Module):
        scripted = owner._c._get_method(method.split(".")[-1])
    graph = scripted.graph
    if kind == "inlined":
        graph = graph.copy()
        torch._C._jit_pass_inline(graph)
    if kind in ("canonical", "inlined"):
        return torch._C._jit_pass_canonicalize(graph).str(False)
    return str(getattr(scripted, kind))


def placed(text):
    """Without the folder where packages are installed."""
    return re.sub(r"# \S*/site-packages/", "# ", text.rstrip("\n"))


def compare_texts(scripted, wanted, text):
    different = []
    for title, expected in wanted.items():
        if title.split()[0] not in KINDS:
            continue
        try:
            found = text(scripted, title)
        except Exception as error:  # noqa: BLE001
            found = f"{type(error).__name__}: {error}"
        if placed(found) != placed(expected):
            different.append((title, expected, found))
    return different


def plain(value):
    """`value` as it was recorded: named tuples as tuples, devices and dtypes as text, objects as nothing."""
    import torch

    if value is None or isinstance(value, (bool, int, float, complex, str, torch.Tensor)):
        return value
    if hasattr(value, "__dlpack__"):
        return torch.from_dlpack(value)
    if isinstance(value, (list, tuple)):
        return type(value)(map(plain, value)) if type(value) in (list, tuple) else tuple(map(plain, value))
    if isinstance(value, dict):
        return {plain(k): plain(v) for k, v in value.items()}
    return str(value) if type(value).__name__ == "device" else None


def close(found, wanted, tolerance):
    import torch

    if isinstance(wanted, torch.Tensor):
        if not isinstance(found, torch.Tensor):
            return False
        rtol, atol = tolerance or (None, None)
        try:
            torch.testing.assert_close(found, wanted, rtol=rtol, atol=atol, equal_nan=True)
            return True
        except AssertionError:
            return False
    if isinstance(wanted, (list, tuple)):
        return (
            type(found) is type(wanted)
            and len(found) == len(wanted)
            and all(close(f, w, tolerance) for f, w in zip(found, wanted))
        )
    if isinstance(wanted, dict):
        return (
            isinstance(found, dict)
            and list(found) == list(wanted)
            and all(close(found[k], wanted[k], tolerance) for k in wanted)
        )
    if isinstance(wanted, float):
        return isinstance(found, float) and (
            found == wanted
            or found != found
            and wanted != wanted
            or abs(found - wanted) <= 1e-9 * abs(wanted)
        )
    return (
        wanted is None
        and not isinstance(found, (int, float, str))
        or (type(found) is type(wanted) and found == wanted)
    )


def passed(value):
    """An argument from its recorded form."""
    import torch

    is_dtype = isinstance(value, dict) and list(value) == ["dtype"]
    return getattr(torch, value["dtype"].split(".")[1]) if is_dtype else value


def run_call(scripted, call, seed):
    import torch

    args, kwargs = tuple(map(passed, copy.deepcopy(call["args"]))), call["kwargs"]
    seed(call["seed"])
    method = scripted if call["method"] == "forward" else getattr(scripted, call["method"])
    with torch.no_grad():
        return plain(method(*args, **kwargs))


def check_calls(scripted, path, seed):
    """What is wrong with the first call that answers otherwise; ''."""
    import torch

    for number, call in enumerate(torch.load(path, weights_only=True)["calls"]):
        try:
            found = run_call(scripted, call, seed)
        except Exception as error:  # noqa: BLE001
            if "raises" not in call:
                return f"call {number} raises {type(error).__name__}: {error}"
            continue
        if "raises" in call:
            return f"call {number} gives {found!r}, PyTorch raises {call['raises']['message']}"
        if not close(found, call["output"], call.get("tolerance")):
            return f"call {number} gives {found!r} for {call['output']!r}"
    return ""


def check(name, use_torch):
    """(error, [(title, expected, found)], what is wrong with the calls)"""
    with open(f"lang/{name}.front", encoding="utf-8") as file:
        wanted = sections(file.read())
    import torch
    import linkboy

    compiler = torch.jit.script if use_torch else linkboy.script
    try:
        obj = load_weights(entry(name, wanted), f"lang/{name}.pt")
        scripted = compiler(obj)
    except LookupError as error:
        return None, [], str(error)
    except Exception as error:  # noqa: BLE001
        return f"{type(error).__name__}: {error}", [], ""
    different = compare_texts(scripted, wanted, torch_text_of if use_torch else text_of)
    return (
        "",
        different,
        check_calls(scripted, f"lang/{name}.io", torch.manual_seed if use_torch else linkboy.manual_seed),
    )


def in_child(work):
    """The result of work() in a process of its own."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.close(reading)
        try:
            result = work()
        except BaseException as error:  # noqa: BLE001
            result = f"{type(error).__name__}: {error}", [], ""
        with os.fdopen(writing, "wb") as out:
            pickle.dump(result, out)
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as source:
        data = source.read()
    _, status = os.waitpid(child, 0)
    return pickle.loads(data) if data else (f"the process ended with status {status}", [], "")


def show(name, result, verbose):
    error, different, calls = result
    if error:
        print(f"{name}: {error if verbose else ' '.join(error.split())[:300]}")
    if different:
        print(f"{name}: {', '.join(title for title, _, _ in different)} differ")
    if calls:
        print(f"{name}: {calls if verbose else calls[:300]}")
    for title, expected, found in different if verbose else ():
        print(f"    --- {title}, PyTorch's\n{expected}    --- {title}, linkboy's\n{found}")


def main():
    given = arguments()
    sys.path.insert(0, os.path.join(os.path.abspath(given.build), "python"))
    import torch

    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    import linkboy  # noqa: F401

    os.chdir(given.corpus)
    count = texts = results = skipped = 0
    for path in sorted(glob.glob("lang/src/*.py")):
        name = os.path.basename(path)[:-3]
        if given.patterns and not any(fnmatch.fnmatchcase(name, p) for p in given.patterns):
            continue
        result = in_child(lambda: check(name, given.torch))
        show(name, result, given.verbose)
        skipped += result[0] is None
        count += result[0] is not None
        texts += result[0] == "" and not [
            t for t, _, _ in result[1] if t.split()[0] in ("code", "canonical", "schema")
        ]
        results += result[0] == "" and not result[2]
    print(
        f"results: {results} of {count}; code, canonical graph and schema: {texts} of {count}; left out: {skipped}"
    )


if __name__ == "__main__":
    main()
