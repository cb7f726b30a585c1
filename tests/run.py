#!/usr/bin/env python3
"""The one runner: python3 tests/run.py [--build DIR] [--only SUITE] [--junit FILE] [-v] [PATTERN ...]

Suites: c (programs of tests/c), text (tests/*/*.txt, see texts.py), cases (recorded cases, by `linkboy verify`), saves (copies of
archives, see saves.py), hostile (files that attack, see hostile.py), examples (what examples/ builds), abi (exported symbols),
construct (Python that runs while modules are made), script (files compiled without Python), python (python/tests by pytest, where both
are there). Every check has a name, `suite/...`; a PATTERN is a glob on names. tests/known_failures.txt lists names that may fail, each with its reason: an unlisted
failure is red, and so is a listed check that passes. The last line is `N passed, N failed`; exit status 1 where one failed.
"""
import argparse
import fnmatch
import os
import sys
import time

import suites

HERE = os.path.dirname(os.path.abspath(__file__))


def known_failures(path):
    """{pattern: reason}"""
    known = {}
    if os.path.exists(path):
        with open(path, encoding="utf-8") as file:
            for line in file:
                name, _, reason = line.strip().partition("  ")
                if name and not name.startswith("#"):
                    known[name] = reason.strip()
    return known


def listed(name, known):
    return next((p for p in known if fnmatch.fnmatchcase(name, p)), None)


def judge(results, known):
    """(passed, failed, lines to print): what the list says of the results."""
    passed, lines, used = 0, [], set()
    for result in results:
        pattern = listed(result.name, known)
        if result.ok:
            passed += 1
        elif pattern:
            used.add(pattern)
            passed += 1
        else:
            lines.append(f"FAIL {result.name}\n" + "".join(f"     {t}\n" for t in result.why.splitlines()[:12]))
    for pattern in known:
        if pattern not in used and any(fnmatch.fnmatchcase(r.name, pattern) for r in results):
            lines.append(f"FAIL {pattern}\n     listed in known_failures.txt, but it passes\n")
    return passed, len(lines), lines


def junit(path, results):
    from xml.sax.saxutils import escape, quoteattr
    with open(path, "w", encoding="utf-8") as out:
        out.write(f'<testsuite name="linkboy" tests="{len(results)}" failures="{sum(not r.ok for r in results)}">\n')
        for r in results:
            body = "" if r.ok else f"<failure>{escape(r.why)}</failure>"
            out.write(f"  <testcase name={quoteattr(r.name)} time=\"{r.seconds:.3f}\">{body}</testcase>\n")
        out.write("</testsuite>\n")


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("patterns", nargs="*", metavar="PATTERN")
    parser.add_argument("--build", default="build")
    parser.add_argument("--only", choices=list(suites.SUITES), action="append")
    parser.add_argument("--junit", metavar="FILE")
    parser.add_argument("-v", "--verbose", action="store_true", help="a line per check")
    return parser.parse_args()


def main():
    given = arguments()
    context = suites.Context(build=os.path.abspath(given.build), tests=HERE, patterns=given.patterns)
    results = []
    for name in given.only or suites.SUITES:
        start = time.monotonic()
        found = [r for r in suites.SUITES[name](context) if context.wanted(r.name)]
        results += found
        print(f"{name:9} {sum(r.ok for r in found):5} of {len(found):5} hold   {time.monotonic() - start:6.1f} s", flush=True)
    passed, failed, lines = judge(results, known_failures(os.path.join(HERE, "known_failures.txt")))
    if given.verbose:
        print("".join(f"{'ok  ' if r.ok else 'FAIL'} {r.name}\n" for r in results), end="")
    print("".join(lines), end="")
    if given.junit:
        junit(given.junit, results)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not results else 0


if __name__ == "__main__":
    sys.exit(main())
