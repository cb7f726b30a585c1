#!/bin/sh
# What a user of the library does: installs it, then builds the examples by CMake's find_package (shared and static), by pkg-config
# where that is there, and as a subdirectory: scripts/check_install.sh BUILD
set -eu
build=$(cd "$1" && pwd)
top=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
model=$top/examples/digits/digits.pt

cmake --install "$build" --prefix "$work/prefix" >/dev/null
mkdir "$work/user"
cat >"$work/user/CMakeLists.txt" <<'END'
cmake_minimum_required(VERSION 3.16)
project(user C CXX)
find_package(linkboy 0.1 REQUIRED)
add_executable(shared run.c)
target_link_libraries(shared linkboy::linkboy)
add_executable(static run.cpp)
target_compile_features(static PRIVATE cxx_std_17)
target_link_libraries(static linkboy::static)
END
cp "$top/examples/run.c" "$top/examples/run.cpp" "$work/user"
cmake -S "$work/user" -B "$work/user/build" -DCMAKE_PREFIX_PATH="$work/prefix" >/dev/null
cmake --build "$work/user/build" >/dev/null
"$work/user/build/shared" "$model"
"$work/user/build/static" "$model"

if command -v pkg-config >/dev/null 2>&1; then
    export PKG_CONFIG_PATH="$work/prefix/lib/pkgconfig"
    # shellcheck disable=SC2046
    cc "$top/examples/run.c" $(pkg-config --cflags --libs linkboy) -o "$work/by-pkg-config"
    LD_LIBRARY_PATH="$work/prefix/lib" "$work/by-pkg-config" "$model"
fi

mkdir "$work/parent"
cat >"$work/parent/CMakeLists.txt" <<END
cmake_minimum_required(VERSION 3.21)
project(parent C CXX)
set(LINKBOY_TESTS OFF)
add_subdirectory($top linkboy)
add_executable(user $top/examples/run.c)
target_link_libraries(user linkboy::linkboy)
END
cmake -S "$work/parent" -B "$work/parent/build" >/dev/null
echo "install: headers, libraries, CMake package, subdirectory"
