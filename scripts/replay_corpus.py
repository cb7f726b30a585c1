#!/usr/bin/env python3
"""Replays a corpus of recorded archives and holds the shares that pass: python3 scripts/replay_corpus.py BUILD CORPUS [--write]

tests/corpus_floors.txt has a line per set and check: the least share, in percent, that must pass. --write raises the floors to what is
reached now (never lowers them). The last line is `N passed, N failed`, a check being a line of that file.
"""
import os
import re
import subprocess
import sys

TOP = os.path.normpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
FLOORS = os.path.join(TOP, "tests", "corpus_floors.txt")
SETS = ("models", "lang", "lang_errors", "modules", "ops", "real")
HEAD = """# Least share, in percent, of a corpus's archives for which a check must hold: SET CHECK PERCENT.
# scripts/replay_corpus.py --write raises these to what is reached.
"""


def read_floors():
    floors = {}
    if os.path.exists(FLOORS):
        with open(FLOORS, encoding="utf-8") as file:
            for line in file:
                words = line.split("#")[0].split()
                if words:
                    floors[words[0], words[1]] = float(words[2])
    return floors


def replay(build, folder):
    """{check: (passed, all)} of one set."""
    done = subprocess.run([os.path.join(build, "linkboy"), "verify", "-j", str(os.cpu_count() or 2), folder],
                          capture_output=True, text=True, errors="replace")
    rows = re.findall(r"^(\w+) +(\d+) of +(\d+) archives", done.stdout, re.M)
    return {check: (int(passed), int(of)) for check, passed, of in rows}


def main():
    words = [w for w in sys.argv[1:] if not w.startswith("--")]
    build, corpus = words if len(words) == 2 else ("build", "../shared/corpus")
    floors, reached = read_floors(), {}
    for name in SETS:
        if os.path.isdir(os.path.join(corpus, name)):
            for check, (passed, of) in replay(build, os.path.join(corpus, name)).items():
                reached[name, check] = 100.0 * passed / of
                print(f"  {name:12} {check:10} {passed:5} of {of:5}  {reached[name, check]:6.2f}%  (floor {floors.get((name, check), 0):.2f})",
                      flush=True)
    bad = [key for key, share in reached.items() if share + 0.005 < floors.get(key, 0)]
    bad += [key for key in floors if key not in reached and os.path.isdir(os.path.join(corpus, key[0]))]
    for name, check in bad:
        print(f"below its floor: {name} {check}")
    if "--write" in sys.argv:
        with open(FLOORS, "w", encoding="utf-8") as file:
            file.write(HEAD + "".join(f"{n} {c} {max(int(s * 100) / 100, floors.get((n, c), 0)):.2f}\n" for (n, c), s in reached.items()))
    print(f"{len(reached) - len(bad)} passed, {len(bad)} failed")
    return 1 if bad or not reached else 0


if __name__ == "__main__":
    sys.exit(main())
