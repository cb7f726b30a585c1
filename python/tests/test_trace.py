"""Traces: warnings, guards, what is refused; and the programs against torch.jit.trace's.

What traced graphs look like without PyTorch is in transcripts/trace_*.txt.
"""

import importlib.util
import inspect
import re
import warnings

import pytest

import linkboy
import linkboy.nn


def branches(x):
    if x.sum() > 10:
        return x * 2
    return x + int(x[0])


def traced_with_warnings(function, *inputs, **options):
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        traced = linkboy.trace(function, inputs, **options)
    return traced, [w for w in seen if issubclass(w.category, linkboy.jit.TracerWarning)]


def first_line(function):
    return inspect.getsourcelines(function)[1]


def test_a_bool_and_an_int_warn_with_their_lines():
    _, seen = traced_with_warnings(branches, linkboy.tensor([1.0, 2.0]), check_trace=False)
    start = first_line(branches)
    assert [(w.filename, w.lineno) for w in seen] == [(__file__, start + 1), (__file__, start + 3)]
    assert str(seen[0].message).startswith("Converting a tensor to a Python boolean might cause the trace")
    assert str(seen[1].message).startswith("Converting a tensor to a Python integer might cause the trace")


def test_without_guards_the_way_taken_is_kept_in_silence():
    traced, _ = traced_with_warnings(branches, linkboy.tensor([1.0, 2.0]))
    assert traced(linkboy.tensor([10.0, 20.0])).tolist() == [11.0, 21.0]


def test_guards_raise_with_the_line_that_assumed():
    traced, _ = traced_with_warnings(branches, linkboy.tensor([1.0, 2.0]), guards=True)
    assert traced(linkboy.tensor([1.0, 5.0])).tolist() == [2.0, 6.0]
    start = first_line(branches)
    with pytest.raises(linkboy.jit.Error, match=rf"test_trace\.py.*{start + 1}"):
        traced(linkboy.tensor([10.0, 20.0]))
    with pytest.raises(linkboy.jit.Error, match=rf"test_trace\.py.*{start + 3}"):
        traced(linkboy.tensor([2.0, 1.0]))


def test_guards_are_kept_in_an_archive(tmp_path):
    class Net(linkboy.nn.Module):
        def __init__(self):
            super().__init__()
            self.linear = linkboy.nn.Linear(2, 2)

        def forward(self, x):
            return self.linear(-x if x.mean() > 0 else x)

    x = linkboy.ones(1, 2)
    net = Net()
    traced, _ = traced_with_warnings(net, x, guards=True)
    path = str(tmp_path / "net.pt")
    traced.save(path)
    loaded = linkboy.load(path)
    assert loaded(x).tolist() == net(x).tolist()
    with pytest.raises(linkboy.jit.Error, match="test_trace.py"):
        loaded(x * -5)


def length(x):
    return x * len(x)


def iteration(x):
    return sum(row for row in x)


def item(x):
    return x * x[0].item()


def index(x):
    return x * [2, 3, 4][x.long()[0]]


def number(x):
    return x * float(x[0])


def array(x):
    return x * float(x.numpy()[0])


def values(x):
    return x * x.tolist()[0]


def equal(x):
    return x * 2 if x.equal(x.sort()[0]) else x


def close(x):
    return x * 2 if x.allclose(x * 0 + 1.5, atol=1.0) else x


needs_numpy = pytest.mark.skipif(not importlib.util.find_spec("numpy"), reason="needs NumPy")
TAKEN_FOR_GRANTED = [
    (length, [3.0], [1.0, 2.0, 3.0]),
    (iteration, [3.0, 4.0], [1.0, 2.0, 3.0]),
    (item, [1.0, 4.0], [2.0, 2.0]),
    (index, [1.0, 4.0], [2.0, 2.0]),
    (number, [1.0, 4.0], [2.0, 2.0]),
    pytest.param(array, [1.0, 2.0], [2.0, 2.0], marks=needs_numpy),
    (values, [1.0, 2.0], [1.0, 2.0, 3.0]),
    (equal, [3.0, 4.0], [2.0, 1.0]),
    (close, [2.0, 1.0], [1.0, 7.0]),
]


def holds_its_assumption(function, tensor, other, broken):
    """`function` of [1, 2] with guards: what one input gives, and that another one raises."""
    example = tensor([1.0, 2.0])
    traced, seen = traced_with_warnings(function, example, guards=True)
    assert seen and all(w.filename == __file__ for w in seen)
    assert traced(example).tolist() == function(example).tolist()
    if function not in (length, iteration):
        assert traced(tensor(other)).tolist() == function(tensor(other)).tolist()
    with pytest.raises(linkboy.jit.Error, match=rf"test_trace\.py:{first_line(function) + 1}: "):
        traced(tensor(broken))


@pytest.mark.parametrize("function, other, broken", TAKEN_FOR_GRANTED)
def test_what_is_taken_for_granted_is_guarded(function, other, broken):
    holds_its_assumption(function, linkboy.tensor, other, broken)


@pytest.mark.parametrize("function, other, broken", TAKEN_FOR_GRANTED)
def test_what_is_taken_for_granted_of_torch_tensors_is_guarded(torch, function, other, broken):
    holds_its_assumption(function, torch.tensor, other, broken)


def test_a_guard_of_nan_holds_for_nan():
    traced, _ = traced_with_warnings(number, linkboy.tensor([float("nan")]), guards=True)
    assert str(traced(linkboy.tensor([float("nan")])).tolist()) == "[nan]"
    with pytest.raises(linkboy.jit.Error, match="was nan as a Python float"):
        traced(linkboy.tensor([1.0]))


def test_a_trace_in_a_trace_is_refused():
    def outer(x):
        return linkboy.trace(lambda y: y + 1, x)(x)

    with pytest.raises(RuntimeError, match="Tracing can't be nested"):
        linkboy.trace(outer, linkboy.ones(2))
    assert linkboy.trace(lambda y: y + 1, linkboy.ones(2))(linkboy.ones(2)).tolist() == [2.0, 2.0]


def test_an_error_in_the_traced_function_leaves_nothing_behind():
    def fails(x):
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        linkboy.trace(fails, linkboy.ones(2))
    assert linkboy.ones(2).size() is not None and not linkboy.jit.is_tracing()


def test_is_tracing_is_true_while_a_trace_runs():
    seen = []

    def looks(x):
        seen.append(linkboy.jit.is_tracing())
        return x + 1

    linkboy.trace(looks, linkboy.ones(2), check_trace=False)
    assert seen == [True] and not linkboy.jit.is_tracing()


def test_lists_as_results_warn_when_strict():
    def two(x):
        return [x, x + 1]

    _, seen = traced_with_warnings(two, linkboy.ones(2), check_trace=False)
    assert len(seen) == 1
    assert str(seen[0].message).startswith("Encountering a list at the output of the tracer might cause")
    traced, seen = traced_with_warnings(two, linkboy.ones(2), strict=False)
    assert not seen and [one.tolist() for one in traced(linkboy.zeros(2))] == [[0.0, 0.0], [1.0, 1.0]]


def test_a_function_that_changes_its_mind_fails_the_check():
    calls = []

    def fickle(x):
        calls.append(1)
        return x + 1 if len(calls) == 1 else x * 3

    with pytest.raises(linkboy.jit.TracingCheckError):
        linkboy.trace(fickle, linkboy.ones(2))


def test_what_requires_a_gradient_is_marked_as_in_torch():
    weight = linkboy.nn.Parameter(linkboy.ones(2))

    class Net(linkboy.nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = weight

        def forward(self, x):
            with linkboy.no_grad():
                stopped = x * self.weight
            return stopped, x * self.weight

    text = str(linkboy.trace(Net(), linkboy.ones(2)).graph)
    for mark in (0, 1):
        assert text.count(f"requires_grad={mark}, device=cpu) = aten::mul") == 1


# ---- with PyTorch ----


def lines(text):
    """`text` without the places of the source."""
    return re.sub(r" # .*", "", str(text))


def same(torch, module, *inputs):
    """The program of `module` is torch.jit.trace's, and so are its results."""
    theirs = torch.jit.trace(module, inputs)
    ours = linkboy.trace(module, inputs)
    assert ours.code == theirs.code
    assert lines(ours.inlined_graph).count("\n") == lines(theirs.inlined_graph).count("\n")
    got, expected = ours(*inputs), theirs(*inputs)
    torch.testing.assert_close(got, expected.detach())


def test_modules_of_torch_are_recorded_as_its_own_tracer_does(torch):
    nn = torch.nn
    torch.manual_seed(0)
    convolutions = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU(inplace=True), nn.Flatten())
    same(torch, convolutions.eval(), torch.rand(2, 3, 6, 6))


def test_sizes_and_indices_of_torch_tensors(torch):
    class Sizes(torch.nn.Module):
        def forward(self, x):
            y = x.view(x.size(0), -1)[:, : x.shape[1] // 2]
            y[0] = 1
            return torch.nn.functional.softmax(y, -1) + torch.arange(y.shape[1])

    same(torch, Sizes(), torch.rand(2, 4, 3))


def test_guards_of_an_archive_run_in_torch(torch, tmp_path):
    class Net(torch.nn.Module):
        def forward(self, x):
            return -x if x.mean() > 0 else x

    traced, _ = traced_with_warnings(Net(), torch.ones(2), guards=True)
    path = str(tmp_path / "net.pt")
    traced.save(path)
    loaded = torch.jit.load(path)
    assert loaded(torch.ones(2)).tolist() == [-1.0, -1.0]
    with pytest.raises(torch.jit.Error, match="test_trace.py"):
        loaded(-torch.ones(2))
