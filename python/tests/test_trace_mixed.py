"""Programs that are traced by torch.jit and by linkboy.jit alike: compiled ones inside traced ones and the
other way round, several methods, containers, what happens in place. Code, canonical graphs, results and
archives are PyTorch's."""

import io
import re
import warnings
import zipfile

import pytest

import linkboy

torch = pytest.importorskip("torch")
nn = torch.nn


class Decides(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.full((3,), 2.0))

    def forward(self, x):
        if bool(x.sum() > 0):
            return x * self.weight
        return x - 1


class Encodes(nn.Module):
    def forward(self, x):
        return x

    def encode(self, x, times: int = 2):
        if times > 1:
            return x * times
        return x


class Around(nn.Module):
    """Calls what it is given, before and after a layer."""

    def __init__(self, inner):
        super().__init__()
        self.inner = inner
        self.linear = nn.Linear(3, 3)

    def forward(self, x):
        return self.inner(self.linear(x)) + self.inner(x)


class Repeats(nn.Module):
    def __init__(self, inner):
        super().__init__()
        self.inner = inner

    def forward(self, x):
        for _ in range(2):
            x = self.inner(x)
        return x


def script_function_in_trace(jit):
    def positive(x, n: int):
        if bool(x.sum() > 0):
            return x * n, x - 1
        return x * 1, x + 1

    compiled = jit.script(positive)

    def f(x):
        a, b = compiled(x, 3)
        return a - compiled(b, n=2)[0]

    return jit.trace(f, torch.ones(3))


def script_module_in_trace(jit):
    return jit.trace(Around(jit.script(Decides())), torch.ones(2, 3))


def script_method_in_trace(jit):
    class Calls(nn.Module):
        def __init__(self):
            super().__init__()
            self.inner = jit.script(Encodes())

        def forward(self, x):
            return self.inner.encode(x) + self.inner.encode(x, times=3)

    Encodes.encode = jit.export(Encodes.encode)
    return jit.trace(Calls(), torch.ones(2, 3))


def traced_function_in_script(jit):
    def doubled(x):
        return x.relu() * 2

    traced = jit.trace(doubled, torch.ones(3))

    def f(x):
        if bool(x.sum() > 0):
            return traced(x)
        return x

    return jit.script(f)


def traced_module_in_script(jit):
    return jit.script(Repeats(jit.trace(nn.Sequential(nn.Linear(3, 3), nn.ReLU()), torch.ones(2, 3))))


def traced_in_trace(jit):
    inner = jit.trace(nn.Sequential(nn.Linear(3, 3), nn.ReLU()), torch.ones(2, 3))
    return jit.trace(Around(inner), torch.ones(2, 3))


def shared_layers(jit):
    module = Around(nn.Linear(3, 3))
    module.linear.weight = module.inner.weight
    return jit.trace(module, torch.ones(2, 3))


def without_gradients(jit):
    class Stops(Around):
        def forward(self, x):
            with torch.no_grad():
                y = self.linear(x)
            return y + self.inner(x).detach()

    return jit.trace(Stops(nn.Tanh()), torch.ones(2, 3))


def autocast(jit):
    def f(x):
        with torch.autocast("cpu", dtype=torch.bfloat16):
            return torch.nn.functional.linear(x, x) @ x

    return jit.trace(f, torch.ones(3, 3))


def in_place(jit):
    def f(x):
        y = x.clone()
        y.add_(2)
        y[1:].mul_(3)
        y[0] = 5
        torch.add(x, 1, out=y)
        return y

    return jit.trace(f, torch.ones(3))


def out_of_place(jit):
    def f(x):
        y = x + 1
        y.add_(2)
        return torch.nn.functional.relu(y, inplace=True)

    return jit.trace(f, torch.ones(3), _force_outplace=True)


def dict_result(jit):
    return jit.trace(lambda x: {"a": x + 1, "b": x}, torch.ones(3), strict=False)


def other_names(jit):
    class Names(Around):
        def forward(self, x):
            return torch.special.expit(self.linear(x)) * torch.tensor(2j)

    return jit.trace(Names(nn.ReLU()), torch.ones(2, 3))


def constants(jit):
    known = torch.arange(3.0)
    return jit.trace(lambda x: x + known + torch.tensor([1.0, 2.0, 3.0]) * torch.ones(3), torch.ones(3))


def exported_beside_traced(jit):
    class Both(Around):
        @jit.export
        def often(self, x, times: int):
            for _ in range(times):
                x = self.linear(x)
            return x

    return jit.trace(Both(nn.ReLU()), torch.ones(2, 3))


PROGRAMS = [
    script_function_in_trace,
    script_module_in_trace,
    script_method_in_trace,
    traced_function_in_script,
    traced_module_in_script,
    traced_in_trace,
    shared_layers,
    without_gradients,
    autocast,
    in_place,
    out_of_place,
    dict_result,
    other_names,
    constants,
    exported_beside_traced,
]


def made(program, jit):
    torch.manual_seed(0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return program(jit)


def plain(text):
    """Without places of the source and the numbers of classes."""
    return re.sub(r" # \S+:\d+:\d+|___torch_mangle_\d+\.", "", str(text))


def canonical(graph):
    return plain(torch._C._jit_pass_canonicalize(graph).str(False))


def results(program, shape):
    """The tensors that it gives for two inputs."""
    found = [program(x) for x in (torch.ones(shape), -torch.ones(shape))]
    return [[part.detach() for part in (one.values() if isinstance(one, dict) else [one])] for one in found]


def loaded(program, save):
    data = io.BytesIO()
    save(program, data)
    records = {name.partition("/")[2] for name in zipfile.ZipFile(data).namelist()}
    data.seek(0)
    return torch.jit.load(data), records


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("program", PROGRAMS, ids=lambda p: p.__name__)
def test_the_program_is_that_of_torch(program):
    theirs, ours = made(program, torch.jit), made(program, linkboy.jit)
    assert plain(ours.code) == plain(theirs.code)
    assert plain(ours._text(2, *(["forward"] if hasattr(ours, "modules") else []))) == canonical(theirs.graph)
    shape = 3 if isinstance(theirs, torch.jit.ScriptFunction) else (2, 3)
    shape = (3, 3) if program is autocast else shape
    torch.testing.assert_close(results(ours, shape), results(theirs, shape))
    again, records = loaded(ours, linkboy.jit.save)
    torch.testing.assert_close(results(again, shape), results(theirs, shape))
    assert ("traced_inputs.pkl" in records) == ("traced_inputs.pkl" in loaded(theirs, torch.jit.save)[1])


@pytest.mark.filterwarnings("ignore")
def test_programs_of_torch_are_called_by_a_trace():
    torch.manual_seed(0)
    module = Around(torch.jit.script(Decides()))
    theirs, ours = torch.jit.trace(module, torch.ones(2, 3)), linkboy.trace(module, torch.ones(2, 3))
    assert plain(ours.code) == plain(theirs.code) and "inner).forward" in ours.code
    torch.testing.assert_close(results(ours, (2, 3)), results(theirs, (2, 3)))


@pytest.mark.filterwarnings("ignore")
def test_a_program_of_torch_that_is_no_submodule_is_refused():
    free = torch.jit.script(Decides())
    with pytest.raises(RuntimeError, match="not part of the active trace"):
        linkboy.trace(lambda x: free(x), torch.ones(3))


@pytest.mark.filterwarnings("ignore")
def test_several_methods_by_name():
    class Two(Around):
        def encode(self, a, b):
            return self.linear(a) - self.forward(b)

    inputs = {"forward": {"x": torch.ones(2, 3)}, "encode": {"b": torch.zeros(2, 3), "a": torch.ones(2, 3)}}

    def program(jit):
        return jit.trace_module(Two(nn.ReLU()), inputs, example_inputs_is_kwarg=True)

    theirs, ours = made(program, torch.jit), made(program, linkboy.jit)
    assert plain(ours._text(0, "encode")) == plain(theirs.encode.code)
    torch.testing.assert_close(ours.encode(**inputs["encode"]), theirs.encode(**inputs["encode"]).detach())


@pytest.mark.parametrize(
    "function, options, message",
    [
        (lambda x: {"a": x, "b": (x, x)}, {"strict": False}, "consistent type. Found Tensor and Tuple"),
        (lambda x: [x, (x,)], {"strict": False}, "consistent element type. Found Tensor and Tuple"),
        (lambda x: {"a": [x], "b": [x]}, {"strict": False}, "can be a dictionary output of a traced"),
        (lambda x: {"a": x}, {}, "Encountering a dict at the output of the tracer might cause"),
    ],
)
def test_results_that_are_refused(function, options, message):
    for jit in (torch.jit, linkboy.jit):
        with pytest.raises(RuntimeError, match=message), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            jit.trace(function, torch.ones(2), **options)


@pytest.mark.filterwarnings("ignore")
def test_the_check_says_which_operator_and_constant_differ():
    calls = []

    def counts(x):
        calls.append(1)
        return x * torch.full((2,), float(len(calls))) + torch.tensor([float(len(calls)), 0.0])

    with pytest.raises(linkboy.jit.TracingCheckError) as raised:
        linkboy.trace(counts, torch.ones(2))
    text = str(raised.value)
    assert "First diverging operator:" in text and "Trace source location:" in text
    assert f"{__file__}({counts.__code__.co_firstlineno + 2}): counts" in text


def test_the_check_names_operators_that_draw_random_numbers():
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        linkboy.trace(lambda x: torch.nn.functional.dropout(x, 0.5, True), torch.ones(50))
    assert any("nondeterministic nodes" in str(w.message) and "aten::dropout" in str(w.message) for w in seen)
