"""All of Python: what PyTorch refuses compiles, gives plain Python's answers, and PyTorch runs what is saved."""

import io

import linkboy
import pytest

torch = pytest.importorskip("torch")
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


@pytest.mark.parametrize(("function", "args"), whole_sources.FUNCTIONS, ids=name_of)
def test_function(function, args):
    scripted = linkboy.script(function)
    assert same(loaded(scripted)(*args), function(*args))
    assert same(scripted(*args), function(*args))


@pytest.mark.parametrize(("made", "args"), whole_sources.MODULES, ids=name_of)
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
