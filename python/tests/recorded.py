"""Recorded archives of tests/cases: what PyTorch answered, and how near an answer must be."""

import glob
import math
import os

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
CASES = os.path.join(ROOT, "tests", "cases")


def names():
    """All recorded cases by name."""
    return sorted(os.path.basename(p)[:-3] for p in glob.glob(os.path.join(CASES, "*.pt")))


def case(name, ending=".pt"):
    return os.path.join(CASES, name + ending)


def close(a, b):
    """Numbers that are equal but for rounding."""
    if isinstance(a, complex) or isinstance(b, complex):
        return close(complex(a).real, complex(b).real) and close(complex(a).imag, complex(b).imag)
    return a == b or (math.isnan(a) and math.isnan(b)) or math.isclose(a, b, rel_tol=1e-4, abs_tol=1e-5)


def elements(tensor):
    """The elements of a tensor in a row."""
    view = memoryview(tensor)
    return memoryview(view.tobytes()).cast(view.format).tolist() if view.nbytes else []
