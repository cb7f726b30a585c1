"""Modules: the tree, attributes, state, copies, files. The archive is PyTorch's
(tests/cases/networks_residual.pt)."""

import copy
import io
import pickle

import pytest

import linkboy
import recorded


@pytest.fixture
def net():
    return linkboy.load(recorded.case("networks_residual"))


@pytest.fixture
def x():
    return linkboy.load(recorded.case("networks_residual", ".io"))["calls"][0]["args"][0]


def test_tree(net, torch):
    theirs = torch.jit.load(recorded.case("networks_residual"))
    for names in ("named_modules", "named_children", "named_parameters", "named_buffers"):
        assert [n for n, _ in getattr(net, names)()] == [n for n, _ in getattr(theirs, names)()]
    assert list(net.state_dict()) == list(theirs.state_dict())
    assert repr(net) == repr(theirs) and net.code == theirs.code and net.original_name == theirs.original_name
    for (_, ours), (_, wanted) in zip(net.named_parameters(), theirs.named_parameters()):
        assert ours.tolist() == wanted.tolist() and tuple(ours.shape) == tuple(wanted.shape)


def test_training_reaches_every_module(net):
    assert net.train().training and all(m.training for m in net.modules())
    assert not net.eval().training and not any(m.training for m in net.modules())


def test_attributes_are_typed(net):
    with pytest.raises(RuntimeError, match="Could not cast attribute 'training' to type bool"):
        net.training = "yes"
    net.note = "mine"  # no attribute of the program: the Python object's own
    assert net.note == "mine" and net._own_attributes() == {"note": "mine"}
    with pytest.raises(AttributeError, match="nothing"):
        net.nothing
    name, parameter = next(iter(net.named_parameters()))
    assert net.get_parameter(name)._identity() == parameter._identity()
    child = next(iter(net.children()))
    assert child is next(iter(net.children()))


def test_a_parameter_is_replaced(net, x):
    name, parameter = next(iter(net.named_parameters()))
    before = net.eval()(x)
    path, _, last = name.rpartition(".")
    setattr(net.get_submodule(path), last, linkboy.zeros_like(parameter))
    assert not linkboy.equal(net(x), before)
    setattr(net.get_submodule(path), last, parameter)
    assert linkboy.equal(net(x), before)


def test_copies(net, x):
    before = net.eval()(x)
    deep = copy.deepcopy(net)
    for parameter in deep.parameters():
        parameter.zero_()
    assert linkboy.equal(net(x), before) and not linkboy.equal(deep(x), before)
    shallow = copy.copy(net)
    assert next(shallow.parameters())._identity() == next(net.parameters())._identity()
    assert linkboy.equal(pickle.loads(pickle.dumps(net))(x), before)


def test_state_dict(net, x):
    before = net.eval()(x)
    state = {name: tensor.clone() for name, tensor in net.state_dict().items()}
    for parameter in net.parameters():
        parameter.fill_(0.5)
    assert not linkboy.equal(net(x), before)
    assert repr(net.load_state_dict(state)) == "<All keys matched successfully>"
    assert linkboy.equal(net(x), before)
    first = next(iter(state))
    state["nothing"] = state.pop(first)
    with pytest.raises(RuntimeError, match=f'Missing key\\(s\\) in state_dict: "{first}"'):
        net.load_state_dict(state)
    found = net.load_state_dict(state, strict=False)
    assert found.missing_keys == [first] and found.unexpected_keys == ["nothing"]


def test_state_dict_of_arrays(net, np):
    state = {
        name: np.zeros(tuple(t.shape), dtype=str(t.dtype).split(".")[1])
        for name, t in net.state_dict().items()
    }
    net.load_state_dict(state)
    assert all(not t.any() for t in net.state_dict().values())


def test_files(net, x, tmp_path):
    before = net.eval()(x)
    path = tmp_path / "net.pt"
    net.save(path)
    assert linkboy.equal(linkboy.load(path)(x), before)
    buffer = io.BytesIO()
    linkboy.jit.save(net, buffer, _extra_files={"note.txt": "hello"})
    buffer.seek(0)
    extra = {"note.txt": "", "none.txt": ""}
    assert linkboy.equal(linkboy.jit.load(buffer, _extra_files=extra)(x), before)
    assert extra == {"note.txt": b"hello", "none.txt": b""}
    with pytest.raises(OSError):
        net.save(tmp_path / "no" / "such" / "folder.pt")


def test_pytorch_opens_what_was_saved(net, x, tmp_path, torch):
    net.eval().save(tmp_path / "net.pt")
    theirs = torch.jit.load(tmp_path / "net.pt")
    wanted = theirs(torch.from_dlpack(x))
    assert torch.allclose(net(torch.from_dlpack(x)), wanted, atol=1e-6)
    assert theirs.code == net.code


def test_data(tmp_path):
    data = {"a": linkboy.arange(3), "b": [1, 2.5, None, "x"], "c": (True, 1 + 2j)}
    linkboy.save(data, tmp_path / "data.pt")
    back = linkboy.load(tmp_path / "data.pt")
    assert back["a"].tolist() == [0, 1, 2] and back["b"] == data["b"] and back["c"] == data["c"]


def test_data_for_pytorch(tmp_path, torch):
    linkboy.save({"a": linkboy.arange(3), "b": [1, "x"]}, tmp_path / "data.pt")
    back = torch.load(tmp_path / "data.pt")
    assert back["a"].equal(torch.arange(3)) and back["b"] == [1, "x"]
    torch.save({"a": torch.arange(3).t(), "b": (1, "x")}, tmp_path / "theirs.pt")
    assert linkboy.load(tmp_path / "theirs.pt")["a"].tolist() == [0, 1, 2]


def test_containers():
    net = linkboy.load(recorded.case("networks_perceptron"))
    sequential = next(m for m in net.modules() if m.original_name == "Sequential")
    assert len(sequential) == len(list(sequential.children())) and sequential[0] is next(iter(sequential))
    with pytest.raises(NotImplementedError):
        len(net)
