#!/bin/sh
# `make bench`: times the tool on the archives that the project carries, or on those named: scripts/bench.sh TOOL [ARCHIVE ...]
# Archives named take one image of 224 x 224.
set -eu
tool=$1
shift
cd "$(dirname "$0")/.."
echo "examples/digits/digits.pt, one scan"
"$tool" bench examples/digits/digits.pt --random 1,8,8
echo
echo "examples/digits/digits.pt, 64 scans"
"$tool" bench examples/digits/digits.pt --random 64,8,8
for archive in "$@"; do
    echo
    echo "$archive"
    "$tool" bench "$archive" --random 1,3,224,224
done
