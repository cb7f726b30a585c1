"""Fixtures: packages that a test may need and a machine may lack."""

import os
import sys

import pytest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))


@pytest.fixture
def torch():
    return pytest.importorskip("torch", reason="needs PyTorch")


@pytest.fixture
def np():
    return pytest.importorskip("numpy", reason="needs NumPy")
