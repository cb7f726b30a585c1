#!/usr/bin/env python3
"""The shape of the tree, in figures, and its limits: python3 scripts/check_shape.py [--list] [DIRECTORY ...]

A function runs from the line of its name to its closing brace. Limits: median at most 14 lines, at most 5% over 60 lines, no file over
1,500 lines. Generated files (the word stands in their first line) are left out. --list names the long functions. Exit status 1 over a limit.
"""
import os
import statistics
import sys

import ctree

MEDIAN, LONG, LONG_SHARE, FILE = 14, 60, 0.05, 1500


def measure(directories):
    sizes, found = {}, []
    for directory in directories:
        for path in ctree.files(directory):
            text = ctree.read(path)
            if not ctree.is_generated(text):
                sizes[path] = text.count("\n")
                found += ctree.functions(path, text)
    return sizes, sorted(found, key=lambda f: -f.lines)


def main():
    given = [a for a in sys.argv[1:] if a != "--list"]
    top = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
    sizes, found = measure(given or [os.path.normpath(os.path.join(top, *d)) for d in (("src",), ("python", "extension"))])
    if not found:
        print("shape: no functions")
        return 0
    lengths = [f.lines for f in found]
    median, over = statistics.median_low(lengths), [f for f in found if f.lines > LONG]
    share, big = len(over) / len(found), sorted(f for f, n in sizes.items() if n > FILE)
    print(f"files      {len(sizes)}, {sum(sizes.values())} lines, longest {max(sizes.values())}")
    print(f"functions  {len(found)}, median {median} lines, 95th {lengths[len(lengths) // 20]}, longest {lengths[0]}")
    print(f"over {LONG}    {len(over)} functions ({share:.1%})")
    shown = over if "--list" in sys.argv else over[:5]
    print("".join(f"  {f.lines:5}  {f.file}:{f.line} {f.name}\n" for f in shown), end="")
    faults = []
    if median > MEDIAN:
        faults.append(f"median length {median}, the limit is {MEDIAN}")
    if share > LONG_SHARE:
        faults.append(f"{share:.1%} of the functions are over {LONG} lines, the limit is {LONG_SHARE:.0%}")
    faults += [f"{f}: {sizes[f]} lines, the limit is {FILE}" for f in big]
    print("".join(f"shape: {fault}\n" for fault in faults), end="")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
