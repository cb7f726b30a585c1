"""Text tests: a program, a command, what it prints. Files *.txt of FOLDERS; cases are separated by lines of ====.

    # What the case shows: its title.
    def forward(self, a: int, b: int) -> int:
        return torch.add(a, b)
    $ run 3 4
    7

The program is in the dialect of archives; it becomes the file MODEL of an archive made here (a class M with these methods, or whole
classes where it opens with `class`). `$ run 3 4` is `linkboy run MODEL 3 4`; a command that names a file (`$ info tests/cases/x.pt`)
needs no program. What follows is standard output and standard error together, and `exit N` where the tool does not return 0.
A line of three dots in the expected text stands for any lines. The program of `$ script net.py:f` is a Python file, net.py; what such a
case writes is in the same folder (`$ script net.py:f -o net.pt`, `$ code net.pt`).
"""
import glob
import io
import os
import re
import shlex
import subprocess
import tempfile
import textwrap
import time
import zipfile
from dataclasses import dataclass

TIME_LIMIT = 20
FOLDERS = ("lang", "tool")  # of tests/; other folders have runners of their own in tests/c/
BARE = re.compile(r"^(run|code|graph|repr|schema|info|bench)\b")


@dataclass
class Case:
    name: str
    program: str
    steps: list  # (command, expected text)


def find(tests):
    for path in sorted(p for folder in FOLDERS for p in glob.glob(os.path.join(tests, folder, "*.txt"))):
        stem = os.path.relpath(path, tests)[: -len(".txt")]
        with open(path, encoding="utf-8") as file:
            for number, text in enumerate(re.split(r"^====+\n", file.read(), flags=re.M)):
                case = parse(f"text/{stem}", number, text)
                if case:
                    yield case


def parse(stem, number, text):
    head, *rest = re.split(r"^\$ ", text, flags=re.M)
    title = re.search(r"^# *(.+)$", head, re.M)
    word = re.sub(r"\W+", "_", title.group(1).lower()).strip("_")[:60] if title else str(number)
    program = "\n".join(line for line in head.splitlines() if not line.startswith("#")).strip("\n")
    steps = [(step.split("\n", 1) + [""])[:2] for step in rest]
    return Case(f"{stem}/{word}", program, [(c.strip(), e.rstrip()) for c, e in steps]) if steps else None


def whole_program(text):
    """The source file of an archive: methods alone become those of a class M."""
    if text.lstrip().startswith("class "):
        return text + "\n"
    return "class M(Module):\n  __parameters__ = []\n  __buffers__ = []\n" + textwrap.indent(textwrap.dedent(text), "  ") + "\n"


def archive(program, attributes=b"}"):
    """Bytes of an archive with one module of class __torch__.M, which has no attributes."""
    root = b"\x80\x02c__torch__\nM\n)\x81" + attributes + b"b."
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as out:
        for name, data in (("data.pkl", root), ("code/__torch__.py", whole_program(program).encode()),
                           ("constants.pkl", b"\x80\x02)."), ("version", b"3\n")):
            out.writestr("m/" + name, data)
    return buffer.getvalue()


def matches(expected, found):
    """Whether the text is the expected one, `...` lines standing for any lines."""
    parts = [re.escape(p) for p in re.split(r"^\.\.\.$\n?", expected + "\n", flags=re.M)]
    return re.fullmatch(r"(?:.*\n)*".join(parts), found + "\n") is not None


def perform_step(command, tool, cwd, model):
    words = shlex.split(command)
    if model and model.endswith(".py"):
        words = [os.path.join(os.path.dirname(model), w) if w.startswith("net.p") else w for w in words]
        model = None
    if BARE.match(command) and model and not any("/" in w for w in words[1:]):
        words.insert(1, model)
    done = subprocess.run([tool, *words], cwd=cwd, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, errors="replace", timeout=TIME_LIMIT, env={**os.environ, "NO_COLOR": "1"})
    text = done.stdout.rstrip()
    return text + (f"\nexit {done.returncode}" if done.returncode else "")


def perform(case, tool, cwd):
    """(ok, why, seconds) of one case."""
    start = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        model = None
        if case.program and case.steps[0][0].startswith("script "):
            model = os.path.join(folder, "net.py")
            with open(model, "w", encoding="utf-8") as file:
                file.write(case.program + "\n")
        elif case.program:
            model = os.path.join(folder, "MODEL")
            with open(model, "wb") as file:
                file.write(archive(case.program))
        for command, expected in case.steps:
            try:
                found = perform_step(command, tool, cwd, model).strip("\n")
                found = found.replace(folder + "/", "") if model and model.endswith(".py") else found.replace(model or "\0", "MODEL")
            except (subprocess.TimeoutExpired, OSError) as error:
                return False, f"$ {command}\n{error}", time.monotonic() - start
            if not matches(expected.strip("\n"), found):
                return False, f"$ {command}\nexpected:\n{expected}\nfound:\n{found}", time.monotonic() - start
    return True, "", time.monotonic() - start
