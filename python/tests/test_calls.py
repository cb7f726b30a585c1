"""Every recorded case called from Python: arguments go in and results come out as Python's own objects."""

import enum
import warnings

import pytest

import linkboy
import recorded
from linkboy import Tensor


def same(given, wanted):
    """Whether a result is PyTorch's, but for rounding; objects of a program's classes are not looked into."""
    if isinstance(wanted, Tensor):
        return (
            isinstance(given, Tensor)
            and given.shape == wanted.shape
            and given.dtype == wanted.dtype
            and same_elements(given, wanted)
        )
    if isinstance(wanted, (list, tuple)):
        return (
            isinstance(given, (list, tuple)) and len(given) == len(wanted) and all(map(same, given, wanted))
        )
    if isinstance(wanted, dict):
        return list(given) == list(wanted) and all(same(given[k], wanted[k]) for k in wanted)
    if isinstance(given, enum.Enum):
        return given.value == wanted
    if isinstance(wanted, (float, complex)):
        return type(given) is type(wanted) and recorded.close(given, wanted)
    return type(given) is type(wanted) and given == wanted


def same_elements(given, wanted):
    if given.layout != linkboy.strided or wanted.layout != linkboy.strided:
        return given.layout == wanted.layout and same_elements(given.to_dense(), wanted.to_dense())
    return (
        bool(linkboy.allclose(given, wanted, 1e-3, 1e-4, True))
        if given.dtype.is_floating_point or given.dtype.is_complex
        else linkboy.equal(given, wanted)
    )


def untold(value):
    """Whether a recording only tells what kind of thing came."""
    return isinstance(value, dict) and set(value) & {"repr", "object", "opaque"}


def check(model, call):
    method, wanted = getattr(model, call["method"]), call.get("output")
    linkboy.manual_seed(call["seed"])
    if "raises" in call:
        with pytest.raises(Exception) as caught:
            method(*call["args"], **call["kwargs"])
        raised = call["raises"]["type"]
        return type(caught.value).__name__ == raised and (
            raised != "Error" or call["raises"]["message"].strip() in str(caught.value)
        )
    given = method(*call["args"], **call["kwargs"])
    return untold(wanted) or same(given, wanted)


@pytest.mark.parametrize("name", recorded.names())
def test_case(name):
    model = linkboy.load(recorded.case(name))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for call in linkboy.load(recorded.case(name, ".io"))["calls"]:
            assert check(model, call), call
