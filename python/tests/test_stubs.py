"""The type stubs that the build writes: they parse, and speak of what is there."""

import ast
import os

import pytest

import linkboy
from linkboy import _C, operators

FOLDER = os.path.dirname(_C.__file__)


def tree(name):
    path = os.path.join(FOLDER, name)
    if not os.path.exists(path):
        pytest.skip("this build writes no stubs")
    with open(path, encoding="utf-8") as file:
        return ast.parse(file.read())


def functions(nodes):
    return {node.name for node in nodes if isinstance(node, ast.FunctionDef)}


def test_package():
    named = functions(tree("__init__.pyi").body)
    assert {"relu", "cat", "zeros", "matmul", "where"} <= named
    assert all(callable(getattr(linkboy, name)) for name in named)


def test_tensor():
    cls = next(
        node for node in tree("_C.pyi").body if isinstance(node, ast.ClassDef) and node.name == "Tensor"
    )
    named = functions(cls.body)
    assert {"relu", "view", "add_", "shape", "__add__", "numpy"} <= named
    assert all(hasattr(linkboy.Tensor, name) for name in named)
    untold = {name for name, _ in operators.methods()} - named
    assert len(untold) < 40, sorted(
        untold
    )  # those with named dimensions, and names that are Python's own words
