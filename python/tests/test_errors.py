"""Compile errors: every one has a code, a place where there is one, and all of a program come at once."""
import importlib.util
import linecache
import os
import re
import subprocess
import sys
import types

import pytest

import linkboy
from linkboy.jit import errors

ROOT = os.path.normpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
_spec = importlib.util.spec_from_file_location("errors_doc", os.path.join(ROOT, "scripts", "errors_doc.py"))
errors_doc = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(errors_doc)

# Families' rows for what none of their codes names, and what only text that Python never reads can have.
WITHOUT_PROGRAM = {1001, 1002, 1200, 1300, 1400, 1500, 1802, 1804}


def message_of(source, entry, folder, monkeypatch):
    """The error of a program in net.py; that of `linkboy script` where Python refuses to read it."""
    monkeypatch.chdir(folder)
    said = errors_doc.scripted(linkboy.script, entry, source)
    linecache.clearcache()
    sys.modules.pop("net", None)
    if not said.startswith("SyntaxError"):
        return said
    tool = os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(linkboy.__file__))), "linkboy")
    if not os.path.exists(tool):
        pytest.skip("the command-line tool is not beside the package")
    return errors_doc.without_python(tool, entry)


def codes(message):
    return [int(code) for code in re.findall(r"^error\[LB(\d{4})\]: ", message, flags=re.M)]


@pytest.mark.parametrize("code,entry,source", errors_doc.programs())
def test_programs_have_their_codes(code, entry, source, tmp_path, monkeypatch):
    pytest.importorskip("torch")
    message = message_of(source, entry, tmp_path, monkeypatch)
    assert codes(message)[:1] == [code], message
    assert "\nhelp: " in message


def test_every_code_has_a_program():
    shown = {code for code, _, _ in errors_doc.programs()}
    assert {row[0] for row in errors_doc.rows()} - shown <= WITHOUT_PROGRAM


def test_codes_of_the_host_are_in_the_table():
    table = {row[0] for row in errors_doc.rows()}
    used = {v for k, v in vars(errors).items() if k.isupper() and not k.startswith("_") and isinstance(v, int)}
    assert used <= table


def test_no_error_of_the_front_end_leaves_without_a_code():
    """Compile errors are set by report.c alone, but for those that only say that something failed before."""
    allowed = {"src/lang/report.c", "src/lang/recover.c", "src/lang/define.c", "src/lang/host.c", "src/lang/parse_statements.c",
               "src/lang/lexer.c", "src/lang/define_class.c", "src/construct/fail.c", "src/types/scan.c", "src/ir/parse.c"}
    found = subprocess.run(["grep", "-rlE", r"error_set(_kind)?\([^;]*LB_ERROR_COMPILE", "src"], cwd=ROOT, capture_output=True, text=True)
    assert set(found.stdout.split()) <= allowed


MANY = '''
from typing import List

import torch


def helper(x: int) -> str:
    return x + unknown


class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.calls = 0

    def forward(self, x: torch.Tensor, how: "Recpie", n: int):
        self.calls = "once"
        y = x.foo()
        z = y + 1
        if n > 2:
            w = helper(n)
            v = [1, 2]["a"]
        else:
            w = "4"
        for i in range(n):
            z = x + "1"
        return how.a + z + w

    @torch.jit.export
    def other(self, x: int):
        return len(x.bar)
'''


def test_all_errors_come_at_once_in_order_and_each_once(tmp_path, monkeypatch):
    pytest.importorskip("torch")
    message = message_of(MANY, "Net()", tmp_path, monkeypatch)
    lines = [int(line) for line in re.findall(r"^error\[LB\d+\]: net\.py:(\d+):", message, flags=re.M)]
    assert codes(message) == [1103, 1502, 1501, 1101, 1705, 1201, 1501], message
    assert lines == [16, 17, 18, 8, 22, 26, 31]
    assert message.rstrip().endswith("errors: 7")
    assert "note: net.py:21:17: `helper` is compiled because `Net.forward` calls it here" in message


CHAIN = '''
import torch


class Inner(torch.nn.Module):
    def forward(self, x: torch.Tensor):
        return x.foo()


class Block(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.inner = Inner()

    def forward(self, x: torch.Tensor):
        y = missing
        return self.inner(x) + y


class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.blocks = torch.nn.ModuleList([Block(), Block()])

    def forward(self, x: torch.Tensor):
        for block in self.blocks:
            x = block(x)
        return x
'''


def test_submodules_are_named_and_their_errors_told_once(tmp_path, monkeypatch):
    pytest.importorskip("torch")
    message = message_of(CHAIN, "Net()", tmp_path, monkeypatch)
    assert codes(message) == [1501, 1101], message
    assert "note: this is compiled for the submodule `blocks.0.inner` of `Net`" in message
    assert "note: this is compiled for the submodule `blocks.0` of `Net`" in message


def test_many_errors_are_counted(tmp_path, monkeypatch):
    source = "def f(x: int):\n" + "".join(f"    y{i} = unknown{i}\n" for i in range(30)) + "    return x\n"
    message = message_of(source, "f", tmp_path, monkeypatch)
    assert len(codes(message)) == 20
    assert message.rstrip().endswith("errors: 30, not shown: 10")


BLOB = '''
import torch


class Blob:
    def __init__(self, x: int):
        self.x = x

    def first(self, s: str) -> int:
        return s + self.x

    def second(self, s: str) -> int:
        return s.y


class Net(torch.nn.Module):
    def forward(self, x: torch.Tensor):
        y = missing
        return x + Blob(3).x
'''


def test_all_methods_of_a_class_are_told(tmp_path, monkeypatch):
    pytest.importorskip("torch")
    message = message_of(BLOB, "Net()", tmp_path, monkeypatch)
    assert sorted(codes(message)) == [1101, 1201, 1501], message
    assert "| " + " " * 15 + "^" * 10 + "\n" in message


SET = '''
from dataclasses import dataclass


class Blob:
    def __init__(self, x: int):
        self.width = x


@dataclass
class Data:
    size: int


def f(n: int):
    b = Blob(n)
    b.width = "s"
    d = Data(n)
    d.size = "s"
    return b.widht
'''


def test_attributes_of_classes_say_where_they_are_set(tmp_path, monkeypatch):
    message = message_of(SET, "f", tmp_path, monkeypatch)
    assert codes(message) == [1502, 1502, 1501], message
    assert re.findall(r"\(set in `__init__`: net\.py, line (\d+)\)", message) == ["7", "12", "7"]


class Made:
    def __new__(cls, n):
        return object.__new__(cls)

    def __init__(self, n: int):
        self.n = n


def make(n: int) -> int:
    return Made(n).n


def test_a_class_with_its_own_new_is_refused():
    with pytest.raises(RuntimeError, match=r"error\[LB1003\].*`__new__` of its own"):
        linkboy.script(make)
