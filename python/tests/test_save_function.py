"""A scripted function is saved as a module whose `forward` it is, and loaded again, here and by PyTorch."""
import io

import pytest

import linkboy


@linkboy.script
def larger(x: int, y: int) -> int:
    return x if x > y else y


def test_saved_and_loaded(tmp_path):
    path = tmp_path / "larger.pt"
    larger.save(str(path))
    assert linkboy.load(str(path))(3, 7) == 7
    assert linkboy.jit.load(io.BytesIO(larger.save_to_buffer()))(9, 7) == 9


def test_pytorch_loads_it():
    torch = pytest.importorskip("torch")
    assert torch.jit.load(io.BytesIO(larger.save_to_buffer()))(3, 7) == 7
