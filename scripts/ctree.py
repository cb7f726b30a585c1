"""What the checks know of a C tree: its files, its include lines, its functions. No tool but Python is needed."""
import os
import re
from dataclasses import dataclass

C_NAMES = (".c", ".h")
NOT_OURS = {"build", "third_party"}

_TOKEN = re.compile(r'//(?:[^\n\\]|\\.)*|/\*.*?\*/|"(?:[^"\\\n]|\\.)*"|\'(?:[^\'\\\n]|\\.)*\'', re.S)
_DIRECTIVE = re.compile(r"[ \t]*#[ \t]*(\w+)(?:[^\n\\]|\\.|\\\n)*", re.S)
_INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*"([^"]+)"', re.M)


@dataclass
class Function:
    name: str
    file: str
    line: int
    lines: int


def files(root, names=C_NAMES):
    """Paths under `root` with one of the endings, sorted; build folders and hidden ones are left out."""
    for folder, folders, found in os.walk(root):
        folders[:] = sorted(f for f in folders if f not in NOT_OURS and not f.startswith((".", "build-")))
        for name in sorted(found):
            if name.endswith(names):
                yield os.path.join(folder, name)


def read(path):
    with open(path, encoding="utf-8", errors="replace") as stream:
        return stream.read()


def is_generated(text):
    return "generated" in text.split("\n", 1)[0].lower()


def includes(text):
    """[(line, path)] of the quoted includes."""
    return [(text.count("\n", 0, m.start()) + 1, m.group(1)) for m in _INCLUDE.finditer(text)]


def _blank(text):
    return re.sub(r"[^\n]", " ", text)


def bare(text):
    """`text` with comments, literals and directives blanked, lines kept; of every #if the first branch stays."""
    text = _TOKEN.sub(lambda m: _blank(m.group()), text)
    kept, live, at = [], [True], 0
    lines = text.split("\n")
    while at < len(lines):
        end = at + 1
        match = re.match(r"\s*#\s*(\w*)", lines[at])
        if not match:
            kept.append(lines[at] if all(live) else "")
            at = end
            continue
        while lines[end - 1].endswith("\\") and end < len(lines):
            end += 1
        word = match.group(1)
        if word in ("if", "ifdef", "ifndef"):
            live.append(True)
        elif word in ("else", "elif") and len(live) > 1:
            live[-1] = False
        elif word == "endif" and len(live) > 1:
            live.pop()
        kept += [""] * (end - at)
        at = end
    return "\n".join(kept)


def functions(file, text):
    """Every function of the file, from the line of its name to its closing brace."""
    clean, found, depth, after, head, name_at = bare(text), [], 0, 0, "", 0
    for mark in re.finditer(r"[{};]", clean):
        at = mark.start()
        if mark.group() == "{":
            depth += 1
            if depth == 1:
                head = clean[after:at]
                name = re.search(r"(\w+)\s*\(", head)
                name_at = after + name.start() if name and head.rstrip().endswith(")") else -1
        elif mark.group() == "}":
            depth = max(0, depth - 1)
            if depth == 0 and name_at >= 0:
                first, last = clean.count("\n", 0, name_at) + 1, clean.count("\n", 0, at) + 1
                found.append(Function(re.match(r"\w+", clean[name_at:]).group(), file, first, last - first + 1))
                name_at = -1
        if depth == 0:
            after = at + 1
    return found
