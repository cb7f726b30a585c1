"""Loading and calling: recorded programs give PyTorch's recorded answers; errors are Python's."""

import io

import pytest

import linkboy
import recorded


@pytest.fixture
def linear():
    return linkboy.load(recorded.case("layers_linear"))


@pytest.fixture
def calls():
    return linkboy.load(recorded.case("layers_linear", ".io"))["calls"]


def same(a, b):
    return (
        a.shape == b.shape
        and a.dtype == b.dtype
        and all(map(recorded.close, recorded.elements(a), recorded.elements(b)))
    )


def test_answers(linear, calls):
    for call in calls:
        assert same(linear(*call["args"]), call["output"])
        assert same(linear(input=call["args"][0]), call["output"])
        assert same(linear.forward(*call["args"]), call["output"])


def test_from_a_file_object(calls):
    with open(recorded.case("layers_linear"), "rb") as file:
        model = linkboy.jit.load(io.BytesIO(file.read()), map_location="cpu")
    assert same(model(*calls[0]["args"]), calls[0]["output"])


def test_texts(linear):
    assert repr(linear) == "RecursiveScriptModule(original_name=Linear)"
    assert linear.code.startswith("def forward(self,\n    input: Tensor) -> Tensor:\n")


def test_numpy_in(linear, calls, np):
    x = np.asarray(calls[0]["args"][0])
    assert same(linear(x), calls[0]["output"])


def test_torch_in_and_out(linear, calls, torch):
    x = torch.from_dlpack(calls[0]["args"][0])
    y = linear(x)
    assert isinstance(y, torch.Tensor)
    assert torch.allclose(y, torch.from_dlpack(calls[0]["output"]))


def test_errors(linear):
    with pytest.raises(RuntimeError, match="missing value for argument 'input'") as caught:
        linear()
    assert caught.value.code == "argument"
    with pytest.raises(AttributeError):
        linear.nothing
    with pytest.raises(OSError):
        linkboy.load("there/is/no/such/file")
    raised = linkboy.load(recorded.case("flow_raised"))
    with pytest.raises(linkboy.jit.Error, match="bad value: -1") as caught:
        raised(-1)
    assert caught.value.code == "raised"
