#!/usr/bin/env python3
"""Records what PyTorch makes of the files of this folder: X.py into X.front (texts straight from torch.jit.script) and X.io (a call).

The first line of a file names its entry; it is made after torch.manual_seed(0), and called with tensors of a seeded generator.
PyTorch refuses the files that begin with `whole_`: there X.io has what plain Python answers.
"""
import importlib.util
import os
import re
import subprocess
import sys

import torch

HERE = os.path.dirname(os.path.abspath(__file__))
LIBRARY = re.compile(r" # (?!tests/script/).*")  # where a layer's own source is, is no part of a graph
ARGUMENTS = {
    "functions": (torch.arange(4.0), 2), "module": (torch.linspace(-1, 1, 6).view(2, 3),),
    "whole_modules": (torch.linspace(-1, 1, 6).view(3, 2), 1, ["b", "a"]), "whole_things": (torch.linspace(-1, 1, 4), 5),
    "imports": (torch.ones(2, 4), 3), "whole_inherited": (torch.linspace(-1, 1, 8).view(2, 4), 3),
    "containers": (torch.linspace(-1, 1, 12).view(3, 4),), "layers": (torch.ones(2, 3),),
}
KINDS = {"layers": ("code", "schema")}  # of many layers the code alone


def texts(scripted):
    """(title, text) of everything that is compiled, as the corpus's .front files have it."""
    if isinstance(scripted, torch.jit.ScriptFunction):
        yield from of_function(scripted.name, scripted)
        return
    yield "repr", repr(scripted)
    seen = set()
    for path, module in scripted.named_modules():
        kind = module._c._type().qualified_name()
        if kind in seen:
            continue
        seen.add(kind)
        for name in module._c._method_names():
            yield from of_function(f"{path}.{name}" if path else name, module._c._get_method(name))


def of_function(title, function):
    yield f"code {title}", function.code
    yield f"canonical {title}", torch._C._jit_pass_canonicalize(function.graph).str(False)
    yield f"schema {title}", str(function.schema)


def record(path):
    name = os.path.basename(path)[: -len(".py")]
    with open(path, encoding="utf-8") as file:
        entry = file.readline().split(":", 1)[1].strip()
    os.chdir(os.path.dirname(os.path.dirname(HERE)))  # so that texts show tests/script/X.py
    spec = importlib.util.spec_from_file_location("__main__", os.path.relpath(path))
    module = importlib.util.module_from_spec(spec)
    sys.modules["__main__"] = module
    spec.loader.exec_module(module)
    torch.manual_seed(0)
    made = eval(entry, vars(module))
    if name.startswith("whole_"):
        record_call(name, made)
        return
    scripted = torch.jit.script(made)
    with open(os.path.join(HERE, name + ".front"), "w", encoding="utf-8") as out:
        for title, text in texts(scripted):
            if title.split()[0] not in KINDS.get(name, ("repr", "code", "canonical", "schema")):
                continue
            text = LIBRARY.sub("", text.replace(os.getcwd() + "/", ""))
            out.write(f"--- {title}\n{text if text.endswith(chr(10)) else text + chr(10)}")
    record_call(name, scripted)


def record_call(name, made):
    torch.manual_seed(0)
    call = {"method": "forward", "args": ARGUMENTS[name], "kwargs": {}, "seed": 0}
    with torch.no_grad():
        call["output"] = made(*ARGUMENTS[name])
    torch.save({"calls": [call]}, os.path.join(HERE, name + ".io"))


if __name__ == "__main__":
    if len(sys.argv) > 1:
        record(os.path.join(HERE, sys.argv[1] + ".py"))
    else:  # a process each, since all that one scripts shares a counter of names
        for found in sorted(ARGUMENTS):
            subprocess.run([sys.executable, __file__, found], check=True)
