#!/usr/bin/env python3
"""Hold `linkboy script` against recorded truth: python3 scripts/check_files.py [--build DIR] [-v] CORPUS [PATTERN ...]

For every program of CORPUS/lang/src whose entry can be made without arguments (a function, or a class of modules): the tool compiles it,
with no Python and no PyTorch in it, and

    code        every section `code` of lang/X.front is equal
    canonical   the same for `canonical`
    run         the archive it saves passes `linkboy verify --run` with lang/X.io, and its weights are those of lang/X.pt (the
                recorder seeded with 0 before it made the module)

Prints what does not hold, then a line per kind. A PATTERN is a glob on names.
"""
import argparse
import fnmatch
import glob
import os
import re
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

CHECKS = ("code", "canonical", "run")
ENTRIES = {  # what the recorder gave to constructors, as its archives show
    "algo_lstm_by_hand": "LSTM(3, 2)", "enum_module_attribute": "Model(Act.SQUARE)", "module_static_branch": "Model(False)",
    "module_script_method_legacy": "Model()", "module_sequential_itself": None,
}
LIBRARY = re.compile(r" # (?!lang/src/).*")  # where PyTorch's own files have a layer's code is no part of a graph


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus")
    parser.add_argument("patterns", nargs="*", metavar="PATTERN")
    parser.add_argument("--build", default="build")
    parser.add_argument("-v", "--verbose", action="store_true", help="show differences and whole messages")
    return parser.parse_args()


def sections(text):
    """{title: text} of lines `--- title` and what follows each."""
    parts = re.split(r"^--- (.*)\n", text, flags=re.M)
    return dict(zip(parts[1::2], parts[2::2]))


def entry_of(name, wanted):
    """The expression that the recorder scripted, as far as its texts tell; None."""
    if name in ENTRIES:
        return ENTRIES[name]
    repr_text = wanted.get("repr", "")
    named = re.search(r"original_name=(\w+)", repr_text)
    titles = [t.split()[1] for t in wanted if t.startswith("code ")]
    return f"{named.group(1)}()" if named else titles[0] if titles else None


def first_line(text):
    lines = [line for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else ""


def differences(wanted, found, kind):
    return [t for t in wanted if t.split()[0] == kind and LIBRARY.sub("", wanted[t]) != LIBRARY.sub("", found.get(t, ""))]


def verify(tool, corpus, name, archive, folder):
    """'' where the calls of X.io answer as recorded."""
    calls = os.path.join(corpus, "lang", name + ".io")
    os.symlink(os.path.abspath(calls), os.path.join(folder, name + ".io"))
    done = subprocess.run([tool, "verify", "--run", archive], capture_output=True, text=True, errors="replace", timeout=120)
    return "" if done.returncode == 0 else done.stdout + done.stderr


def check(tool, corpus, path):
    """(entry or None, {check: why it does not hold})"""
    name = os.path.basename(path)[: -len(".py")]
    with open(os.path.join(corpus, "lang", name + ".front"), encoding="utf-8") as file:
        wanted = sections(file.read())
    entry = entry_of(name, wanted)
    if not entry:
        return None, {}
    with tempfile.TemporaryDirectory() as folder:
        archive = os.path.join(folder, name + ".pt")
        command = [tool, "script", f"lang/src/{name}.py:{entry}", "--module", name, "--text", "all", "-o", archive]
        done = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=120, cwd=corpus)
        if done.returncode:
            message = done.stderr.strip() or f"exit {done.returncode}"
            return entry, {kind: message for kind in CHECKS}
        found = sections(done.stdout)
        why = {}
        for kind in ("code", "canonical"):
            titles = differences(wanted, found, kind)
            if titles:
                why[kind] = "".join(f"--- {t}, PyTorch's\n{wanted[t]}--- {t}, ours\n{found.get(t)}" for t in titles)
        answer = verify(tool, corpus, name, archive, folder)
        if answer:
            why["run"] = answer
        return entry, why


def main():
    given = arguments()
    tool = os.path.abspath(os.path.join(given.build, "linkboy"))
    paths = []
    for path in sorted(glob.glob(os.path.join(given.corpus, "lang", "src", "*.py"))):
        name = os.path.basename(path)[:-3]
        recorded = os.path.exists(os.path.join(given.corpus, "lang", name + ".front"))
        if recorded and (not given.patterns or any(fnmatch.fnmatchcase(name, p) for p in given.patterns)):
            paths.append(path)
    counts = dict.fromkeys(CHECKS, 0)
    total = 0
    with ThreadPoolExecutor(2) as pool:
        for path, (entry, why) in zip(paths, pool.map(lambda p: check(tool, given.corpus, p), paths)):
            if entry is None:
                continue
            total += 1
            for kind in CHECKS:
                counts[kind] += kind not in why
            if why:
                texts = set(why.values())
                print(f"{os.path.basename(path)[:-3]} ({entry}): {' '.join(why)}: {first_line(min(texts, key=len))[:160]}")
                for text in texts if given.verbose else ():
                    print("    " + text.rstrip().replace("\n", "\n    "))
    for kind in CHECKS:
        print(f"{kind}: {counts[kind]} of {total} hold ({100 * counts[kind] / max(total, 1):.1f}%)")
    return counts != dict.fromkeys(CHECKS, total)


if __name__ == "__main__":
    sys.exit(main())
