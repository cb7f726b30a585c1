#!/usr/bin/env python3
"""Holds every #include of src/ against the floors of docs/ARCHITECTURE.md: python3 scripts/check_floors.py [ROOT]

A room (a directory of src/) may include from itself and from rooms on lower floors, written from src/. The public header belongs to
api/ and tool/ (and to base/error.h, for the codes); the tool knows nothing else, and so it is with python/extension. No file may reach
itself through includes. Exit status 1 where something is against it.
"""
import os
import sys

import ctree

FLOOR = {
    "base": 1, "kernels": 2, "tensor": 3, "value": 4, "types": 5, "ir": 6, "ops": 7, "lang": 8,
    "passes": 9, "archive": 9, "exec": 10, "module": 11, "construct": 12, "api": 13, "tool": 14,
}
PUBLIC, PUBLIC_READERS = "linkboy.h", {"api", "tool", "base"}  # base/error.h: the codes of errors are public


def resolve(src, file, target):
    """The included file as a path from src/, or None where it is no file of the tree (generated, public)."""
    for path in (target, os.path.join(os.path.dirname(file), target)):
        if os.path.isfile(os.path.join(src, path)):
            return os.path.normpath(path)
    return None


def against_floors(file, target, found):
    """Why `file` may not include `target`, or None."""
    room = file.split("/")[0]
    if room not in FLOOR:
        return f"src/{room} is on no floor"
    if target == PUBLIC:
        return None if room in PUBLIC_READERS else "the public header belongs to api/ and tool/"
    other = (found or target).split("/")[0]
    if other == room:
        return None
    if room == "tool":
        return "the tool knows the public header alone"
    if other not in FLOOR:
        return "write includes from src/" if found is None else f"src/{other} is on no floor"
    if FLOOR[other] >= FLOOR[room]:
        return f"{room} (floor {FLOOR[room]}) may not know {other} (floor {FLOOR[other]})"
    return None


def circles(edges):
    """Every file that reaches itself, as the chain that does (a depth-first walk with its own stack)."""
    done, found = set(), []
    for start in sorted(edges):
        path, walk = [], [(start, None)]
        while walk:
            file, rest = walk.pop()
            if rest is None:
                if file in path:
                    found.append(path[path.index(file):] + [file])
                    continue
                if file in done:
                    continue
                path.append(file)
                rest = iter(sorted(edges.get(file, ())))
            following = next(rest, None)
            if following is None:
                done.add(path.pop())
            else:
                walk += [(file, rest), (following, None)]
    return found


def check_extension(root, faults):
    """python/extension: its own header and the public one."""
    folder = os.path.join(root, "python", "extension")
    for path in ctree.files(folder):
        for line, target in ctree.includes(ctree.read(path)):
            if target != PUBLIC and not os.path.isfile(os.path.join(folder, target)):
                faults.append(f'{os.path.relpath(path, root)}:{line}: #include "{target}": the extension knows the public header alone')


def check(root):
    src, faults, edges = os.path.join(root, "src"), [], {}
    for path in ctree.files(src, (".c", ".h", ".inc", ".def")):
        file = os.path.relpath(path, src)
        for line, target in ctree.includes(ctree.read(path)):
            found = resolve(src, file, target)
            why = against_floors(file, target, found)
            if why:
                faults.append(f'src/{file}:{line}: #include "{target}": {why}')
            if found:
                edges.setdefault(file, set()).add(found)
    check_extension(root, faults)
    faults += ["circle: " + " -> ".join(chain) for chain in circles(edges)]
    return faults, len(edges), sum(map(len, edges.values()))


def main():
    root = sys.argv[1] if len(sys.argv) > 1 else os.path.join(os.path.dirname(__file__), "..")
    faults, files, lines = check(root)
    print("\n".join(faults) + ("\n" if faults else "") + f"floors: {files} files, {lines} includes, {len(faults)} against them")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
