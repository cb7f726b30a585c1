"""Recurrent cells of linkboy's tensors, into which PyTorch's tracer looks (aten/src/ATen/native/RNN.cpp)."""

from __future__ import annotations

from typing import Any, Callable

from linkboy import _C


def _op(name: str, *args: Any, **kwargs: Any) -> Any:
    return _C.operator(f"aten::{name}", -1, False)(*args, **kwargs)


def _gates(x: Any, h: Any, w_ih: Any, w_hh: Any, b_ih: Any, b_hh: Any) -> Any:
    hidden = _op("linear", h, w_hh, b_hh)
    return _op("add_.Tensor", hidden, _op("linear", x, w_ih, b_ih))


def _lstm_cell(input: Any, hx: Any, w_ih: Any, w_hh: Any, b_ih: Any = None, b_hh: Any = None) -> tuple:
    h, c = hx
    parts = _op("unsafe_chunk", _gates(input, h, w_ih, w_hh, b_ih, b_hh), 4, 1)
    take, keep = _op("sigmoid_", parts[0]), _op("sigmoid_", parts[1])
    new, out = _op("tanh_", parts[2]), _op("sigmoid_", parts[3])
    c = _op("mul.Tensor", keep, c)
    c = _op("add_.Tensor", c, _op("mul.Tensor", take, new))
    return _op("mul.Tensor", out, _op("tanh", c)), c


def _gru_cell(input: Any, hx: Any, w_ih: Any, w_hh: Any, b_ih: Any = None, b_hh: Any = None) -> Any:
    x = _op("unsafe_chunk", _op("linear", input, w_ih, b_ih), 3, 1)
    h = _op("unsafe_chunk", _op("linear", hx, w_hh, b_hh), 3, 1)
    reset = _op("sigmoid_", _op("add_.Tensor", h[0], x[0]))
    update = _op("sigmoid_", _op("add_.Tensor", h[1], x[1]))
    new = _op("tanh_", _op("add.Tensor", x[2], _op("mul_.Tensor", h[2], reset)))
    return _op("add_.Tensor", _op("mul_.Tensor", _op("sub.Tensor", hx, new), update), new)


def _rnn_cell(function: str) -> Callable:
    def cell(input: Any, hx: Any, w_ih: Any, w_hh: Any, b_ih: Any = None, b_hh: Any = None) -> Any:
        return _op(function, _gates(input, hx, w_ih, w_hh, b_ih, b_hh))

    return cell


CELLS = {
    "aten::lstm_cell": _lstm_cell,
    "aten::gru_cell": _gru_cell,
    "aten::rnn_tanh_cell": _rnn_cell("tanh"),
    "aten::rnn_relu_cell": _rnn_cell("relu"),
}
