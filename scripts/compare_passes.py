#!/usr/bin/env python3
"""Holds the passes on graphs against PyTorch's: python3 scripts/compare_passes.py PASS[,PASS...] ARCHIVE-GLOB ... [--show N]

Needs PyTorch 2.13 and a build in build/. Every method of every archive is taken as a graph on both sides, copied, put through the
passes (in order, one after the other), and compared as text, value numbers included. Where PyTorch raises, an error here is as good.
"""
import argparse
import ctypes
import difflib
import glob
import os
import re
import sys

import torch

TOP = os.path.normpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
PLAIN = 8  # LB_TEXT_PLAIN

LEAVES_NO_PROGRAM = {"erase_number_types", "lower_all_tuples"}  # for exporters: operators may not fit their schemas then
# Passes whose PyTorch form is not called _jit_pass_NAME(graph).
SPECIAL = {
    "lint": lambda g: torch._C._jit_pass_lint(g),
    "peephole_without_shapes": lambda g: torch._C._jit_pass_peephole(g, True),
}


class Library:
    """The few functions of linkboy.h that are needed, with errors raised."""

    def __init__(self, path):
        self.lib = ctypes.CDLL(path)
        for name, result in (("lb_error_new", ctypes.c_void_p), ("lb_load", ctypes.c_void_p), ("lb_method_name", ctypes.c_char_p),
                             ("lb_method_graph", ctypes.c_void_p), ("lb_graph_copy", ctypes.c_void_p), ("lb_graph_put", ctypes.c_void_p),
                             ("lb_graph_pass", ctypes.c_bool), ("lb_graph_verify", ctypes.c_bool), ("lb_error_message", ctypes.c_char_p)):
            getattr(self.lib, name).restype = result
        self.err = ctypes.c_void_p(self.lib.lb_error_new())

    def call(self, name, *arguments):
        found = getattr(self.lib, name)(*arguments, self.err)
        if not found:
            message = self.lib.lb_error_message(self.err).decode()
            self.lib.lb_error_clear(self.err)
            raise RuntimeError(message)
        return ctypes.c_void_p(found) if getattr(self.lib, name).restype is ctypes.c_void_p else found

    def text(self, graph):
        pointer = self.call("lb_graph_put", graph, PLAIN)
        text = ctypes.cast(pointer, ctypes.c_char_p).value.decode(errors="replace")
        self.lib.lb_text_free(pointer)
        return text

    def methods(self, module):
        index = 0
        while True:
            name = self.lib.lb_method_name(module, index)
            if name is None:
                return
            yield name.decode()
            index += 1


def of_pytorch(graph, passes):
    for name in passes:
        (SPECIAL.get(name) or getattr(torch._C, f"_jit_pass_{name}"))(graph)
    return without_ids(graph.str(False))


def without_ids(text):
    """PyTorch numbers warnings over all programs it has seen."""
    return re.sub(r"warn_id=\d+", "warn_id=_", text)


def of_linkboy(library, module, method, passes):
    graph = library.call("lb_method_graph", module, method.encode())
    copy = library.call("lb_graph_copy", graph)
    library.lib.lb_graph_free(graph)
    try:
        for name in passes:
            library.call("lb_graph_pass", copy, name.encode())
            if name not in LEAVES_NO_PROGRAM:
                library.call("lb_graph_verify", copy)
        return without_ids(library.text(copy))
    finally:
        library.lib.lb_graph_free(copy)


def attempt(function, *arguments):
    """The text, or the error as text that begins with `error:`."""
    try:
        return function(*arguments)
    except Exception as error:
        return "error: " + str(error)


def compare(library, path, passes):
    """(method, PyTorch's text, linkboy's text, changed) of every method of an archive."""
    theirs = torch.jit.load(path, map_location="cpu")
    ours = library.call("lb_load", path.encode(), None)
    for method in list(library.methods(ours)):
        try:
            graph = theirs._c._get_method(method).graph.copy()
        except RuntimeError:
            continue
        before = without_ids(graph.str(False))
        expected = attempt(of_pytorch, graph, passes)
        yield method, expected, attempt(of_linkboy, library, ours, method, passes), expected != before
    library.lib.lb_module_free(ours)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("passes")
    parser.add_argument("archives", nargs="+")
    parser.add_argument("--show", type=int, default=3)
    given = parser.parse_args()
    library = Library(os.path.join(TOP, "build", "liblinkboy.so"))
    count = same = changed = shown = 0
    for path in sorted(p for pattern in given.archives for p in glob.glob(pattern)):
        try:
            results = list(compare(library, path, given.passes.split(",")))
        except Exception as error:
            print(f"{os.path.basename(path)}: {str(error).splitlines()[0][:150]}", file=sys.stderr)
            continue
        for method, expected, found, was_changed in results:
            count += 1
            changed += was_changed
            if expected == found or (expected.startswith("error:") and found.startswith("error:")):
                same += 1
            elif shown < given.show:
                shown += 1
                print(f"==== {path} {method}")
                print("".join(f"{line}\n" for line in difflib.unified_diff(expected.splitlines(), found.splitlines(), "PyTorch",
                                                                           "linkboy", lineterm="", n=4)))
    print(f"{given.passes}: {same} of {count} graphs the same, {changed} changed by PyTorch")
    return same != count


if __name__ == "__main__":
    sys.exit(main())
