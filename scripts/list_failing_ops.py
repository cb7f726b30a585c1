#!/usr/bin/env python3
"""Renews the lines of tests/known_failures.txt for the recorded operators: python3 scripts/list_failing_ops.py [--build build]

Every check of the suite ops that fails now is listed with what it says; lines of other suites stay. For the day on which tests/ops/ is
recorded anew: afterwards the list may only get shorter.
"""
import argparse
import os
import re
import sys

TOP = os.path.normpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
sys.path.insert(0, os.path.join(TOP, "tests"))
import suites  # noqa: E402


def reason(why):
    return re.sub(r"\s+", " ", re.sub(r"^call \d+ \([^)]*\): ", "", why.splitlines()[0] if why else "fails"))[:110]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default="build")
    given = parser.parse_args()
    context = suites.Context(os.path.join(TOP, given.build), os.path.join(TOP, "tests"))
    failing = [r for r in suites.run_ops(context) if not r.ok]
    path = os.path.join(TOP, "tests", "known_failures.txt")
    with open(path, encoding="utf-8") as file:
        kept = [line for line in file if not line.startswith(("ops/", "dtypes/"))]
    with open(path, "w", encoding="utf-8") as file:
        file.writelines(kept + [f"{r.name}  {reason(r.why)}\n" for r in failing])
    print(f"{len(failing)} listed")


if __name__ == "__main__":
    main()
