#!/bin/sh
# Everything that is read and not run: format, floors, shape, the warnings of gcc and clang, scripts that parse.
# Prints each check's own lines; exit status 1 where one of them failed.
set -u
cd "$(dirname "$0")/.."
bad=0

check() { # check NAME COMMAND...
    name=$1
    shift
    if "$@"; then echo "ok    $name"; else
        echo "FAIL  $name"
        bad=1
    fi
}

warnings() { # warnings PRESET: a build in which warnings are errors
    generator=$(command -v ninja >/dev/null 2>&1 && echo "-G Ninja")
    dir=build
    [ "$1" = release ] || dir=build-$1
    log=$(mktemp)
    # shellcheck disable=SC2086
    if { [ -f $dir/CMakeCache.txt ] || cmake --preset "$1" $generator; } >"$log" 2>&1 &&
        cmake --build $dir -j"$(nproc)" >>"$log" 2>&1; then
        rm -f "$log"
    else
        grep -E 'error|warning' "$log" | head -40
        rm -f "$log"
        return 1
    fi
}

shells_parse() {
    for script in scripts/*.sh examples/*/*.sh .ci/run; do
        [ -f "$script" ] || continue
        bash -n "$script" || return 1
    done
}

pythons_parse() {
    find scripts tests examples python -name '*.py' -print0 |
        xargs -0 python3 -c 'import ast, sys; [ast.parse(open(f).read(), f) for f in sys.argv[1:]]'
}

check format scripts/check_format.sh
check floors python3 scripts/check_floors.py
check shape python3 scripts/check_shape.py
check "shell scripts" shells_parse
check "python scripts" pythons_parse
check "gcc warnings" warnings release
check "clang warnings" warnings clang
check "operators page" python3 scripts/operators_doc.py --check
check "errors page" python3 scripts/errors_doc.py --check
check "passes page" python3 scripts/passes_doc.py --check
exit $bad
