#!/bin/sh
# What `make demo` shows: one small archive that PyTorch wrote, looked into and run without PyTorch. Needs no network.
set -eu
cd "$(dirname "$0")/../.."
build=${1:-build}
model=examples/digits/digits.pt
export LD_LIBRARY_PATH="$build${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"

step() { # step WORDS...: the command as one would type it, then what it prints
    printf '\n\033[1m$ linkboy %s\033[0m\n' "$*"
    "$build/linkboy" "$@"
}
[ -t 1 ] || step() { printf '\n$ linkboy %s\n' "$*"; "$build/linkboy" "$@"; }

step info $model
step code $model -m forward
step code $model -m scores
step graph $model -m scores | head -n 22
echo "    ..."
echo
"$build"/examples/example_classify_c $model examples/digits/scans.txt
step run $model -m classify examples/digits/scans.pt
echo
echo "The network was trained by examples/digits/train.py; its accuracy on 360 scans it never saw is in examples/digits/accuracy.json."
