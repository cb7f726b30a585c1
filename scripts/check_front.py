#!/usr/bin/env python3
"""Hold the front end against recorded truth: python3 scripts/check_front.py [--build DIR] [-v] CORPUS [PATTERN ...]

CORPUS is a folder with `lang/` and `lang_errors/` as PyTorch recorded them (see tests/front/front.c for what compiles here):

    lang/src/X.py          functions and classes: code, canonical graph and schema equal to lang/X.front
    lang_errors/wish_*     Python that PyTorch refuses: compiles, and the archive of it gives Python's answers, run by
                           `linkboy verify` and, where torch is installed, by PyTorch
    lang_errors/compile_*  is refused; --messages shows the text beside what PyTorch says and what a good message would say

Programs with a module (`nn.Module`) need a host and are left out; --modules counts them in. A PATTERN is a glob on names.
Prints what does not hold, then a line per set.
"""
import argparse
import fnmatch
import glob
import io
import json
import os
import re
import subprocess
import sys
import tempfile
import zipfile
from concurrent.futures import ThreadPoolExecutor

PLACEHOLDER = """class PlaceholderModule(Module):
  __parameters__ = []
  __buffers__ = []
  training : bool
  def forward(self: __torch__.PlaceholderModule{parameters}) -> {result}:
    return {name}({arguments})
"""
DATA = b"\x80\x02c__torch__\nPlaceholderModule\n)\x81}(X\x08\0\0\0training\x88ub."
COMPARED = ("code", "canonical", "schema")


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus")
    parser.add_argument("patterns", nargs="*", metavar="PATTERN")
    parser.add_argument("--build", default="build")
    parser.add_argument("--only", choices=("front", "wish", "compile"), action="append")
    parser.add_argument("--modules", action="store_true")
    parser.add_argument("--messages", action="store_true", help="show the messages of compile errors")
    parser.add_argument("-v", "--verbose", action="store_true", help="show differences and whole messages")
    return parser.parse_intermixed_args()


def sections(text):
    """{title: text} of lines `--- title` and what follows each."""
    parts = re.split(r"^--- (.*)\n", text, flags=re.M)
    return dict(zip(parts[1::2], parts[2::2]))


def has_module(source):
    return "nn.Module" in source or "ScriptModule" in source


def recorded(kind, corpus, path):
    name = os.path.basename(path)[: -len(".py")]
    return os.path.exists(os.path.join(corpus, "lang", name + ".front") if kind == "front" else path)


class Front:
    """The program build/tests/front."""

    def __init__(self, build):
        self.tool = os.path.join(build, "tests", "front")
        self.linkboy = os.path.join(build, "linkboy")

    def compile(self, path, entry, shown):
        """(compiled, output) of a function of a file."""
        command = [self.tool, path, entry, os.path.basename(path)[: -len(".py")], shown]
        done = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=60)
        if done.returncode not in (0, 1):
            return False, f"exit {done.returncode} {done.stdout}{done.stderr}"
        return done.returncode == 0, done.stdout


def first_line(text):
    return next((line for line in text.splitlines() if line.strip()), "")


# ---- lang/: what PyTorch compiles ----


def check_front(front, corpus, path):
    """'' where every section is equal, else what differs and how."""
    name = os.path.basename(path)[: -len(".py")]
    with open(os.path.join(corpus, "lang", name + ".front"), encoding="utf-8") as file:
        wanted = sections(file.read())
    entry = next((t.split()[1] for t in wanted if t.startswith("code ")), "f")
    good, text = front.compile(path, entry, f"lang/src/{name}.py")
    if not good:
        return first_line(text), text
    found = sections(text)
    different = [t for t in (f"{kind} {entry}" for kind in COMPARED) if found.get(t) != wanted.get(t)]
    detail = "".join(f"--- {t}, PyTorch's\n{wanted.get(t)}--- {t}, ours\n{found.get(t)}" for t in different)
    return " ".join(t.split()[0] for t in different) + (" differs" if different else ""), detail


# ---- wishes ----


def parameters_of(code):
    """The parameters' names of a printed function, and its header's parts."""
    header = re.match(r"def \w+\((.*?)\) -> (.*?):\n", code, re.S)
    names = [re.match(r"\w+", p).group() for p in re.split(r",\n    ", header.group(1)) if p]
    return header.group(1), header.group(2), names


def archive(output, entry):
    """Bytes of an archive whose forward calls the compiled function."""
    parts = sections(output)
    files = {t.split(" ", 1)[1]: text for t, text in parts.items() if t.startswith("file ")}
    home = next(iter(files))
    qualified = home[len("code/"): -len(".py")].replace("/", ".") + "." + entry
    code = re.search(rf"^def {entry}\(.*?(?=^(?:def|class) |\Z)", files[home], re.S | re.M).group()
    parameters, result, names = parameters_of(code)
    listed = f",\n    {parameters}" if names else ""
    files["code/__torch__.py"] = files.get("code/__torch__.py", "") + PLACEHOLDER.format(
        parameters=listed, result=result, name=qualified, arguments="".join(f"{n}, " for n in names))
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as out:
        for path, data in {"data.pkl": DATA, **files, "constants.pkl": b"\x80\x02).", "version": b"3\n"}.items():
            out.writestr("m/" + path, data)
    return buffer.getvalue()


def run_by_torch(path, calls):
    """'' where PyTorch loads the archive and answers as recorded."""
    try:
        import torch
    except ImportError:
        return ""
    try:
        module = torch.jit.load(path)
    except Exception as error:  # noqa: BLE001
        return "PyTorch does not load it: " + first_line(str(error)) + "\n" + str(error)
    for number, call in enumerate(torch.load(calls, weights_only=True)["calls"]):
        try:
            torch.manual_seed(call["seed"])
            with torch.no_grad():
                found = module(*call["args"], **call["kwargs"])
            if not same_form(found, call["output"]):
                return f"PyTorch, call {number}: {found!r} for {call['output']!r}"
        except Exception as error:  # noqa: BLE001
            return f"PyTorch, call {number}: " + (str(error).splitlines() or [""])[-1]
    return ""


def same_form(a, b):
    """Whether two answers are equal but for the numbers in tensors."""
    import torch
    if isinstance(a, torch.Tensor) or isinstance(b, torch.Tensor):
        return isinstance(a, torch.Tensor) and isinstance(b, torch.Tensor) and torch.allclose(a.double(), b.double(), equal_nan=True)
    if isinstance(b, (list, tuple)):
        return isinstance(a, type(b)) and len(a) == len(b) and all(map(same_form, a, b))
    if isinstance(b, dict):
        return isinstance(a, dict) and list(a) == list(b) and all(same_form(a[k], b[k]) for k in b)
    return type(a) is type(b) and (a == b or (a != a and b != b) or (isinstance(a, float) and abs(a - b) < 1e-9))


def check_wish(front, corpus, path):
    name = os.path.basename(path)[: -len(".py")]
    with open(os.path.join(corpus, "lang_errors", name + ".json"), encoding="utf-8") as file:
        record = json.load(file)
    entry = record["entry"]
    if record["stage"] == "run":
        return "", ""
    good, text = front.compile(path, entry, f"lang_errors/src/{name}.py")
    label = f"[{record['lowers']}] "
    if not good:
        return label + first_line(text), text
    calls = os.path.join(corpus, "lang_errors", name + ".io")
    with tempfile.TemporaryDirectory() as folder:
        saved = os.path.join(folder, name + ".pt")
        try:
            with open(saved, "wb") as file:
                file.write(archive(text, entry))
        except AttributeError:
            return label + "the printed function cannot be found", text
        os.symlink(os.path.abspath(calls), os.path.join(folder, name + ".io"))
        done = subprocess.run([front.linkboy, "verify", "--run", folder], capture_output=True, text=True, timeout=60)
        if done.returncode:
            return label + "wrong answer", done.stdout + text
        why = run_by_torch(saved, calls)
    return (label + first_line(why), why + "\n" + text) if why else ("", "")


# ---- errors ----


def check_compile(front, corpus, path):
    name = os.path.basename(path)[: -len(".py")]
    with open(os.path.join(corpus, "lang_errors", name + ".json"), encoding="utf-8") as file:
        record = json.load(file)
    good, text = front.compile(path, record["entry"], f"lang_errors/src/{name}.py")
    shown = f"{text}\n  good:    {record['good_message']}\n  PyTorch: {record['message'][:600]}\n"
    if good:
        return "compiles", shown
    return "" if re.search(r"\[LB\d{4}\]", text) else "has no code", shown


CHECKS = {"front": ("lang/src/*.py", check_front), "wish": ("lang_errors/src/wish_*.py", check_wish),
          "compile": ("lang_errors/src/compile_*.py", check_compile)}


def main():
    given = arguments()
    front = Front(given.build)
    failed = 0
    for kind in given.only or CHECKS:
        folder, check = CHECKS[kind]
        count = bad = 0
        paths = sorted(glob.glob(os.path.join(given.corpus, folder)))
        wanted = []
        for path in paths:
            with open(path, encoding="utf-8") as file:
                source = file.read()
            named = not given.patterns or any(fnmatch.fnmatchcase(os.path.basename(path)[:-3], p) for p in given.patterns)
            if named and recorded(kind, given.corpus, path) and (given.modules or not has_module(source)):
                wanted.append(path)
        with ThreadPoolExecutor(2) as pool:
            results = list(pool.map(lambda p: check(front, given.corpus, p), wanted))
        for path, (why, detail) in zip(wanted, results):
            count += 1
            bad += bool(why)
            if why or (kind == "compile" and given.messages):
                print(f"{os.path.basename(path)[:-3]}: {why}")
            if (why and given.verbose) or (kind == "compile" and given.messages):
                print("    " + detail.rstrip().replace("\n", "\n    "))
        print(f"{kind}: {count - bad} of {count} hold ({100 * (count - bad) / max(count, 1):.1f}%)")
        failed += bad
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
