#!/usr/bin/env python3
"""Holds the passes on graphs against PyTorch's: python3 scripts/compare_passes.py PASS[,PASS...] ARCHIVE-GLOB ... [--show N]

Needs PyTorch 2.13 and a build in build/. Every method of every archive is taken as a graph on both sides, copied, put through the
passes (in order, one after the other), and compared as text, value numbers included. Where PyTorch raises, an error here is as good.
A pass on modules (freeze, freeze_plain: without folding numerics, fold_convbn) stands alone: all methods of all modules of its result
are compared.
"""
import argparse
import ctypes
import difflib
import glob
import os
import re
import sys
import tempfile

import torch

TOP = os.path.normpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
PLAIN = 8  # LB_TEXT_PLAIN

LEAVES_NO_PROGRAM = {"erase_number_types", "lower_all_tuples"}  # for exporters: operators may not fit their schemas then
# Passes whose PyTorch form is not called _jit_pass_NAME(graph).
SPECIAL = {
    "lint": lambda g: torch._C._jit_pass_lint(g),
    "peephole_without_shapes": lambda g: torch._C._jit_pass_peephole(g, True),
}


# On modules, to modules.
MODULE_PASSES = {
    "freeze": torch.jit.freeze,
    "freeze_plain": lambda m: torch.jit.freeze(m, optimize_numerics=False),
    "fold_convbn": lambda m: torch.jit._recursive.wrap_cpp_module(torch._C._jit_pass_fold_convbn(m._c)),
}


class Library:
    """The few functions of linkboy.h that are needed, with errors raised."""

    def __init__(self, path):
        self.lib = ctypes.CDLL(path)
        for name, result in (("lb_error_new", ctypes.c_void_p), ("lb_load", ctypes.c_void_p), ("lb_method_name", ctypes.c_char_p),
                             ("lb_method_graph", ctypes.c_void_p), ("lb_graph_copy", ctypes.c_void_p), ("lb_graph_put", ctypes.c_void_p),
                             ("lb_module_pass", ctypes.c_void_p),
                             ("lb_module_freeze", ctypes.c_void_p), ("lb_module_at", ctypes.c_void_p),
                             ("lb_submodule_path", ctypes.c_char_p), ("lb_graph_pass", ctypes.c_bool), ("lb_graph_verify", ctypes.c_bool), ("lb_error_message", ctypes.c_char_p)):
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
    """PyTorch numbers warnings over all programs it has seen; objects show their addresses."""
    return re.sub(r"object\(0x[0-9a-f]+\)", "object", re.sub(r"warn_id=\d+", "warn_id=_", text))


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


def modules_of_linkboy(library, module):
    """(path, module) of it and of all below, the first of each class."""
    index = 0
    while True:
        path = library.lib.lb_submodule_path(module, index)
        if path is None:
            return
        yield path.decode(), library.call("lb_module_at", module, path)
        index += 1


def module_of_linkboy(library, module, name):
    if name == "freeze_plain":
        return library.call("lb_module_freeze", module, None, 0, False)
    return library.call("lb_module_pass", module, name.encode())


def compare_module(library, path, name):
    """As compare(), of all methods of what a pass on modules gives."""
    with tempfile.TemporaryDirectory() as folder:
        copy = os.path.join(folder, os.path.basename(path))
        torch.jit.save(torch.jit.load(path, map_location="cpu").eval(), copy)
        theirs = torch.jit.load(copy)
        ours = library.call("lb_load", copy.encode(), None)
    try:
        expected = MODULE_PASSES[name](theirs)
    except Exception as error:
        expected = "error: " + str(error)
    try:
        found = module_of_linkboy(library, ours, name)
    except RuntimeError as error:
        found = "error: " + str(error)
    if isinstance(expected, str) or isinstance(found, str):
        yield "", expected if isinstance(expected, str) else "a module", found if isinstance(found, str) else "a module", True
        return
    for at, module in modules_of_linkboy(library, found):
        theirs = expected._c
        for part in at.split(".") if at else []:
            theirs = theirs.getattr(part)
        want = sorted(theirs._method_names())
        have = sorted(library.methods(module))
        yield at, "\n".join(want), "\n".join(have), True
        for method in set(want) & set(have):
            graph = library.call("lb_method_graph", module, method.encode())
            yield f"{at}.{method}", without_ids(theirs._get_method(method).graph.str(False)), without_ids(library.text(graph)), True
            library.lib.lb_graph_free(graph)
        library.lib.lb_module_free(module)
    library.lib.lb_module_free(found)
    library.lib.lb_module_free(ours)


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
            results = list(compare_module(library, path, given.passes) if given.passes in MODULE_PASSES
                           else compare(library, path, given.passes.split(",")))
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
