"""torch tensors of every kind through a program that returns its argument: the same memory, the same
values."""

import pytest

import linkboy


@pytest.fixture
def same(torch, tmp_path):
    """A program that returns its argument, and one that adds 1 to it in place."""

    class Same(torch.nn.Module):
        def forward(self, x):
            return x

        @torch.jit.export
        def more(self, x):
            return x.add_(1)

    path = str(tmp_path / "same.pt")
    torch.jit.script(Same()).save(path)
    return linkboy.load(path)


DTYPES = [
    "float16",
    "float32",
    "float64",
    "bfloat16",
    "uint8",
    "int8",
    "int16",
    "int32",
    "int64",
    "bool",
    "complex64",
    "complex128",
]


@pytest.mark.parametrize("dtype", DTYPES)
def test_dtypes(same, torch, dtype):
    x = torch.arange(6).to(getattr(torch, dtype)).view(2, 3)
    for tensor in (x, x.t(), x[:, ::2], x[0, 0], x[:0]):
        back = same(tensor)
        assert back.dtype == tensor.dtype and back.stride() == tensor.stride() and torch.equal(back, tensor)
        assert back.numel() == 0 or back.data_ptr() == tensor.data_ptr()


def test_in_place(same, torch):
    x = torch.zeros(3, requires_grad=True)
    assert (
        same.more(x).data_ptr() == x.data_ptr() and x.tolist() == [1.0] * 3 and not same.more(x).requires_grad
    )
    y = torch.zeros(4)[::2]
    same.more(y)
    assert y.tolist() == [1.0, 1.0]


def test_lazy_conjugates(same, torch):
    z = torch.tensor([1 + 2j]).conj()
    assert torch.equal(same(z), z.resolve_conj()) and torch.equal(same(z.imag), z.imag.resolve_neg())


@pytest.mark.parametrize("layout", ["sparse_coo", "sparse_csr", "sparse_csc", "sparse_bsr", "sparse_bsc"])
def test_sparse(same, torch, layout):
    blocks = {"blocksize": (1, 2)} if "bs" in layout else {}
    x = torch.tensor([[0.0, 2.0], [3.0, 0.0]]).to_sparse(layout=getattr(torch, layout), **blocks)
    back = same(x)
    assert back.layout == x.layout and torch.equal(back.to_dense(), x.to_dense())


def test_quantized(same, torch):
    x = torch.tensor([[1.0, -2.0], [3.0, 4.0]])
    for q in (
        torch.quantize_per_tensor(x, 0.5, 3, torch.quint8),
        torch.quantize_per_tensor(x, 0.5, 3, torch.qint8),
        torch.quantize_per_channel(x, torch.tensor([0.5, 0.25]), torch.tensor([0, 1]), 0, torch.qint8),
    ):
        back = same(q)
        assert (
            back.dtype == q.dtype
            and torch.equal(back.int_repr(), q.int_repr())
            and torch.equal(back.dequantize(), q.dequantize())
        )


def test_in_containers(same, torch, np):
    assert isinstance(linkboy.relu(torch.ones(2)), torch.Tensor)
    assert isinstance(linkboy.cat([torch.ones(2), linkboy.ones(1)]), torch.Tensor)
    assert isinstance(linkboy.add(linkboy.ones(2), np.ones(2)), linkboy.Tensor)
    x = torch.ones(2)
    assert linkboy.relu_(x) is x


def test_both_ways(torch):
    x = linkboy.arange(6.0).view(2, 3)
    y = torch.from_dlpack(x)
    y[0, 0] = 7
    assert x[0, 0] == 7 and y.data_ptr() == x.data_ptr()
    assert linkboy.from_dlpack(y).data_ptr() == x.data_ptr()
    assert torch.tensor(x.tolist()).equal(y) and linkboy.as_tensor(y).tolist() == y.tolist()


def test_devices_and_dtypes_of_torch(torch):
    x = linkboy.zeros(2, dtype=torch.int32, device=torch.device("cpu"))
    assert x.dtype == linkboy.int32 and x.to(torch.float64).dtype == linkboy.float64
    assert linkboy.empty(2, 3, 4, 4, memory_format=torch.channels_last).is_contiguous(
        memory_format=torch.channels_last
    )
