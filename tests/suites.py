"""The suites of run.py: each takes a Context and yields Results."""
import fnmatch
import glob
import os
import re
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import texts

NOT_IN_THIS_BUILD = 77
LIMIT = 300  # seconds for one program


@dataclass
class Result:
    name: str
    ok: bool
    why: str = ""
    seconds: float = 0.0


@dataclass
class Context:
    build: str
    tests: str
    patterns: list = field(default_factory=list)

    @property
    def tool(self):
        return os.path.join(self.build, "linkboy")

    @property
    def root(self):
        return os.path.dirname(self.tests)

    def wanted(self, name):
        return not self.patterns or any(fnmatch.fnmatchcase(name, p) for p in self.patterns)


def together(work, items):
    """`work` of each item, in order, as many at once as there are processors."""
    with ThreadPoolExecutor(os.cpu_count() or 2) as pool:
        yield from pool.map(work, items)


def program(name, command, context):
    """A program that passes when it returns 0; None where it says that this build has not what it tests."""
    start = time.monotonic()
    try:
        done = subprocess.run(command, cwd=context.root, capture_output=True, text=True, errors="replace", timeout=LIMIT)
        if done.returncode == NOT_IN_THIS_BUILD:
            return None
        text = (done.stdout + done.stderr).strip()
        why = text if done.returncode == 0 else f"{text}\nexit {done.returncode}"
        return Result(name, done.returncode == 0, why, time.monotonic() - start)
    except subprocess.TimeoutExpired:
        return Result(name, False, f"no end after {LIMIT} s", LIMIT)


def run_c(context):
    found = [p for p in sorted(glob.glob(os.path.join(context.build, "tests", "test_*"))) if os.access(p, os.X_OK)]
    named = [("c/" + os.path.basename(p)[len("test_"):], p) for p in found]
    results = together(lambda n: program(n[0], [n[1]], context), [n for n in named if context.wanted(n[0])])
    yield from filter(None, results)


def run_text(context):
    cases = [c for c in texts.find(context.tests) if context.wanted(c.name)]
    for case, (ok, why, seconds) in zip(cases, together(lambda c: texts.perform(c, context.tool, context.root), cases)):
        yield Result(case.name, ok, why, seconds)


def verify(context, prefix, folder, options=()):
    """Results of `linkboy verify` over a folder of recorded cases, a Result for each line it prints per check."""
    done = subprocess.run([context.tool, "verify", "--verbose", *options, folder], cwd=context.root,
                          capture_output=True, text=True, errors="replace", timeout=1800)
    lines = [re.match(r"(ok|FAIL) (\S+): ([^:]*)(?:: (.*))?$", line) for line in done.stdout.splitlines()]
    for m in filter(None, lines):
        yield Result(f"{prefix}/{os.path.basename(m.group(2))}/{m.group(3).replace(' ', '_')}", m.group(1) == "ok", m.group(4) or "")
    if done.returncode not in (0, 1):
        yield Result(f"{prefix}/verify", False, f"exit {done.returncode}\n{done.stderr[-2000:]}")


def run_cases(context):
    return verify(context, "cases", os.path.join(context.tests, "cases"))


def run_saves(context):
    """Copies of archives are PyTorch's own copies; see saves.py."""
    import saves
    lines = [("saves/" + line[0], line) for line in saves.expected(context.tests)]
    lines = [(name, line) for name, line in lines if context.wanted(name)]
    whys = together(lambda n: saves.check(context.tool, os.path.join(context.tests, n[1][0]), *n[1][1:]), lines)
    yield from (Result(name, not why, why) for (name, _), why in zip(lines, whys))


def run_ops(context):
    """The operators' recorded calls (scripts/record_ops.py): a Result an operator."""
    folder = os.path.join(context.tests, "ops")
    if glob.glob(os.path.join(folder, "*.pt")):
        yield from verify(context, "ops", folder, ["--run", "--by-method"])
        yield from verify(context, "dtypes", folder, ["--run", "--dtypes"])


def run_hostile(context):
    import hostile
    yield from (Result(*r) for r in hostile.run(context.tool, context.tests, context.wanted))


def run_examples(context):
    archive = os.path.join(context.root, "examples", "digits", "digits.pt")
    for path in sorted(glob.glob(os.path.join(context.build, "examples", "example_*"))):
        yield program("examples/" + os.path.basename(path)[len("example_"):], [path, archive], context)
    if not python_package(context):
        return
    for name in ("walkthrough", "conditional", "fully_connected"):
        path = os.path.join(context.root, "examples", "walkthrough", f"{name}.py")
        settings = [f"{k}={v}" for k, v in python_environment(context).items()]
        yield program(f"examples/{name}", ["env", *settings, sys.executable, path, context.build], context)


def run_construct(context):
    """Python that runs while a module is constructed: tests/construct/X.py prints X.out, which CPython wrote (record.py there)."""
    program = os.path.join(context.build, "tests", "construct")
    for path in sorted(glob.glob(os.path.join(context.tests, "construct", "*.out"))):
        with open(path, encoding="utf-8") as file:
            wanted = file.read()
        source = path[: -len(".out")] + ".py"
        done = subprocess.run([program, source], capture_output=True, text=True, errors="replace", timeout=LIMIT)
        pairs = zip(wanted.splitlines(), done.stdout.splitlines())
        why = next((f"{w}\nwas wanted, not\n{f}" for w, f in pairs if w != f), done.stdout[-500:] + done.stderr)
        yield Result("construct/" + os.path.basename(path)[: -len(".out")], done.stdout == wanted, why)


def sections(text):
    """{title: text} of lines `--- title`; without comments that say where a layer's own source is."""
    parts = re.split(r"^--- (.*)\n", re.sub(r" # (?!tests/script/).*", "", text), flags=re.M)
    return dict(zip(parts[1::2], parts[2::2]))


def run_script(context):
    """tests/script/X.py compiled by `linkboy script` has the texts of X.front, PyTorch's, and answers as X.io (record.py there)."""
    for path in sorted(glob.glob(os.path.join(context.tests, "script", "*.io"))):
        name = os.path.basename(path)[: -len(".io")]
        source = f"tests/script/{name}.py"
        with open(os.path.join(context.root, source), encoding="utf-8") as file:
            entry = file.readline().split(":", 1)[1].strip()
        wanted, texts = {}, path[: -len(".io")] + ".front"
        if os.path.exists(texts):  # PyTorch compiles it
            with open(texts, encoding="utf-8") as file:
                wanted = sections(file.read())
        with tempfile.TemporaryDirectory() as folder:
            saved = os.path.join(folder, name + ".pt")
            command = [context.tool, "script", f"{source}:{entry}", "--text", "all", "-o", saved]
            done = subprocess.run(command, cwd=context.root, capture_output=True, text=True, errors="replace", timeout=LIMIT)
            found = sections(done.stdout)
            why = done.stderr + "".join(f"{t}\n{wanted[t]}was wanted, not\n{found.get(t)}" for t in wanted if wanted[t] != found.get(t))
            yield Result(f"script/{name}/texts", done.returncode == 0 and all(wanted[t] == found.get(t) for t in wanted), why)
            os.symlink(os.path.join(context.tests, "script", name + ".io"), os.path.join(folder, name + ".io"))
            yield program(f"script/{name}/run", [context.tool, "verify", "--run", folder], context)


def run_abi(context):
    """The exported symbols are those of tests/abi_symbols.txt: a new one is added there, none ever goes."""
    library = os.path.join(context.build, "liblinkboy.so")
    done = subprocess.run(["nm", "-D", "--defined-only", library], capture_output=True, text=True)
    found = {line.split()[-1].split("@")[0] for line in done.stdout.splitlines() if " A " not in line}
    with open(os.path.join(context.tests, "abi_symbols.txt"), encoding="utf-8") as file:
        listed = {line.strip() for line in file if line.strip() and not line.startswith("#")}
    yield Result("abi/prefix", all(s.startswith("lb_") for s in found), " ".join(s for s in found if not s.startswith("lb_")))
    yield Result("abi/kept", listed <= found, "gone: " + " ".join(sorted(listed - found)))
    yield Result("abi/listed", found <= listed, "add to tests/abi_symbols.txt: " + " ".join(sorted(found - listed)))


def python_package(context):
    """The folder of the package that the build has made, or None."""
    package = os.path.join(context.build, "python")
    return package if glob.glob(os.path.join(package, "linkboy", "_C*")) else None


def python_environment(context):
    """What Python's process needs to import the package: where it is, and a sanitizer's library first of all.

    Leaks are then not looked for: Python's own would be reported.
    """
    found = {"PYTHONPATH": python_package(context)}
    if os.environ.get("LINKBOY_SANITIZED"):
        library = subprocess.run(["cc", "-print-file-name=libasan.so"], capture_output=True, text=True).stdout.strip()
        found["LD_PRELOAD"] = library
        found["ASAN_OPTIONS"] = os.environ.get("ASAN_OPTIONS", "") + ":detect_leaks=0"
    return found


def run_python(context):
    """python/tests by pytest: a Result a test. Nothing where the package was not built or pytest is not there."""
    package = python_package(context)
    if not package or subprocess.run([sys.executable, "-c", "import pytest"], capture_output=True).returncode:
        return
    with tempfile.TemporaryDirectory() as folder:
        report = os.path.join(folder, "report.xml")
        done = subprocess.run([sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--junit-xml={report}", "python/tests"],
                              cwd=context.root, env={**os.environ, **python_environment(context)}, capture_output=True, text=True, timeout=1800)
        if not os.path.exists(report):
            yield Result("python/pytest", False, done.stdout[-2000:] + done.stderr[-2000:])
            return
        for case in xml.etree.ElementTree.parse(report).iter("testcase"):
            bad = [e for e in case if e.tag in ("failure", "error")]
            name = f"python/{case.get('classname').replace('python.tests.', '')}/{case.get('name')}".replace(" ", "_")
            yield Result(name, not bad, "".join(e.text or "" for e in bad)[-3000:])


SUITES = {"c": run_c, "text": run_text, "cases": run_cases, "saves": run_saves, "ops": run_ops, "hostile": run_hostile, "examples": run_examples, "abi": run_abi,
          "construct": run_construct, "script": run_script, "python": run_python}
