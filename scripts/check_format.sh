#!/bin/sh
# clang-format over every C and C++ file of the project: check_format.sh [--fix]
# Generated files and recorded material are left out.
set -eu
cd "$(dirname "$0")/.."
mode="--dry-run -Werror"
[ "${1:-}" = --fix ] && mode=-i
files=$(find src include tests examples python \( -name '*.[ch]' -o -name '*.cpp' -o -name '*.hpp' \) 2>/dev/null | sort)
[ -n "$files" ] || exit 0
# shellcheck disable=SC2086
clang-format $mode $files && echo "format: $(echo "$files" | wc -l) files"
