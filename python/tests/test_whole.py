"""All of Python: what PyTorch refuses compiles, gives plain Python's answers, and PyTorch runs what is saved."""

import collections
import io
from typing import Dict, List, Set, Tuple

import linkboy
import pytest

torch = pytest.importorskip("torch")
import type_sources  # noqa: E402
import whole_sources  # noqa: E402


def same(a, b):
    if isinstance(b, torch.Tensor):
        return torch.allclose(torch.as_tensor(a), b)
    if isinstance(b, (list, tuple)):
        return len(a) == len(b) and all(map(same, a, b))
    return a == b and type(a) is type(b)


def loaded(scripted):
    return torch.jit.load(io.BytesIO(scripted.save_to_buffer()))


def name_of(value):
    return getattr(value, "__name__", "")


@pytest.mark.parametrize(("function", "args"), whole_sources.FUNCTIONS + type_sources.FUNCTIONS, ids=name_of)
def test_function(function, args):
    scripted = linkboy.script(function)
    assert same(loaded(scripted)(*args), function(*args))
    assert same(scripted(*args), function(*args))


@pytest.mark.parametrize(("made", "args"), whole_sources.MODULES + type_sources.MODULES, ids=name_of)
def test_module(made, args):
    module = made()
    scripted = linkboy.script(module)
    again = loaded(scripted)
    expected = module(*args)
    assert same(again(*args), expected)
    assert same(scripted(*args), expected)


def test_a_list_of_modules_is_taken_as_it_is_now():
    module = whole_sources.PlainList()
    before = module(whole_sources.X)
    assert same(linkboy.script(module)(whole_sources.X), before)
    module.layers.append(torch.nn.Linear(2, 2))
    assert same(linkboy.script(module)(whole_sources.X), module(whole_sources.X))


def letters(words: Set[str], more: List[Set[str]]) -> Tuple[Set[str], List[Set[str]], int]:
    return words | {"z"}, more, len(words)


def keyed(n: int) -> Dict[Tuple[int, int], float]:
    found = {(0, 1): 5.0}
    found[3, n] = 8.0
    return found


def collected(text: str):
    last = collections.deque([1, 2])
    last.append(len(text))
    return collections.Counter(text), last


def looked_up(d: Dict[Tuple[int, str], float], k: Tuple[int, str], seen: Set[Tuple[int, str]]):
    seen.add(k)
    return d[k], len(d), seen, (0, "none") in d


LOOKED_UP = ({(1, "a"): 5.0, (2, "b"): 6.0}, (2, "b"), {(1, "a"), (3, "c")})
OF_PYTHON = [(letters, ({"a"}, [{"b", "c"}])), (keyed, (4,)), (collected, ("aab",)), (looked_up, LOOKED_UP)]


@pytest.mark.parametrize(("function", "args"), OF_PYTHON, ids=name_of)
def test_what_only_python_has_is_passed_and_returned_as_itself(function, args):
    expected = function(*args)
    found = linkboy.script(function)(*args)
    assert found == expected
    assert repr(type(found)) == repr(type(expected))


def counts(d: Dict[int, int]) -> int:
    return len(d)


def test_a_set_is_no_dict():
    with pytest.raises(RuntimeError, match="Expected a value of type 'Dict"):
        linkboy.script(counts)({1})


@pytest.mark.parametrize(("function", "words"), type_sources.REFUSED, ids=name_of)
def test_refused(function, words):
    with pytest.raises(RuntimeError, match=words):
        linkboy.script(function)
