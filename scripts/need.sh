#!/bin/sh
# Sees to it that what a task needs is there: scripts/need.sh build|test|lint|ci|fuzz
# On Debian and Ubuntu the missing packages are installed when we may (root, or sudo without a password);
# otherwise the one line to type is printed and the task stops.
set -eu

missing=
wish=
may() { # may TEST-COMMAND PACKAGE: a package that the task can do without; installed where that is allowed
    sh -c "$1" >/dev/null 2>&1 || wish="$wish $2"
}
want() { # want TEST-COMMAND PACKAGES: note the packages where the test fails
    sh -c "$1" >/dev/null 2>&1 || missing="$missing $2"
}

want_build() {
    want 'command -v cc && command -v c++ && command -v make' build-essential
    want 'command -v cmake' cmake
    want 'echo "#include <zlib.h>" | cc -E - ' zlib1g-dev
    may 'echo "int main(void) { return 0; }" | cc -x c - -llapack -o /dev/null' liblapack-dev
}
want_test() {
    want_build
    want 'command -v python3' python3-minimal
    want 'python3 -c "import json, xml.dom, subprocess, zipfile, concurrent.futures"' python3
}
want_fuzz() {
    want_build
    want 'command -v clang' clang
    want 'echo "int LLVMFuzzerTestOneInput(const char *p, unsigned long n) { return p && n; }" |
          clang -x c - -fsanitize=fuzzer -o /dev/null' libclang-rt-dev
}
want_lint() {
    want_test
    want 'command -v clang' clang
    want 'command -v clang-format' clang-format
}
want_ci() {
    want_lint
    want 'command -v ninja' ninja-build
    want 'command -v valgrind' valgrind
    want 'python3 -c "import venv, ensurepip"' python3-venv
    want 'python3 -c "import sysconfig, os; assert os.path.exists(sysconfig.get_paths()[\"include\"] + \"/Python.h\")"' python3-dev
}

case "${1:-}" in
    build | test | lint | fuzz | ci) "want_$1" ;;
    *) echo "usage: $0 build|test|lint|fuzz|ci" >&2; exit 2 ;;
esac
[ -n "$missing$wish" ] || exit 0

as_root=
if [ "$(id -u)" != 0 ]; then
    if command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then as_root="sudo -n"; else as_root=no; fi
fi
if [ "$as_root" = no ] || ! command -v apt-get >/dev/null 2>&1; then
    [ -z "$wish" ] || echo "Not there:$wish. What needs it says so when it is used." >&2
    [ -n "$missing" ] || exit 0
    echo "Missing:$missing. Type this and try again:" >&2
    echo "    sudo apt-get install -y$missing$wish" >&2
    exit 1
fi
echo "Installing:$missing$wish"
export DEBIAN_FRONTEND=noninteractive
$as_root apt-get update -qq || [ -z "$missing" ]
if [ -n "$missing" ]; then
    # shellcheck disable=SC2086
    $as_root apt-get install -y -qq --no-install-recommends $missing >/dev/null
fi
# shellcheck disable=SC2086
[ -z "$wish" ] || $as_root apt-get install -y -qq --no-install-recommends $wish >/dev/null ||
    echo "Could not install:$wish. What needs it says so when it is used." >&2
