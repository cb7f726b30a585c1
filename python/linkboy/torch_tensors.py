"""torch tensors that DLPack can't carry, sparse and quantized ones: taken apart there, put together here, and
back."""

from __future__ import annotations

from linkboy import _C

_COMPRESSED = {
    "sparse_csr": ("crow_indices", "col_indices"),
    "sparse_csc": ("ccol_indices", "row_indices"),
    "sparse_bsr": ("crow_indices", "col_indices"),
    "sparse_bsc": ("ccol_indices", "row_indices"),
}


def _name(layout) -> str:
    return str(layout).split(".")[1]


def _call(op: str, *args, **kwargs):
    return _C.operator(f"aten::{op}", -1, False)(*args, **kwargs)


def taken(tensor):
    """A linkboy.Tensor of a torch tensor; plain parts share their memory."""
    layout = _name(tensor.layout)
    if layout == "sparse_coo":
        indices, values = _C.from_object(tensor._indices()), _C.from_object(tensor._values().detach())
        made = _call("_sparse_coo_tensor_unsafe", indices, values, list(tensor.shape), dtype=values.dtype)
        return _call("_coalesced_", made, True) if tensor.is_coalesced() else made
    if layout in _COMPRESSED:
        parts = [_C.from_object(getattr(tensor, name)()) for name in _COMPRESSED[layout]]
        values = _C.from_object(tensor.values().detach())
        return _call(f"_{layout}_tensor_unsafe", *parts, values, list(tensor.shape), dtype=values.dtype)
    if tensor.is_quantized and _name(tensor.qscheme()).startswith("per_tensor"):
        whole = _C.from_object(tensor.int_repr())
        return _call("_make_per_tensor_quantized_tensor", whole, tensor.q_scale(), tensor.q_zero_point())
    if tensor.is_quantized:
        parts = [
            _C.from_object(t)
            for t in (tensor.int_repr(), tensor.q_per_channel_scales(), tensor.q_per_channel_zero_points())
        ]
        return _call("_make_per_channel_quantized_tensor", *parts, tensor.q_per_channel_axis())
    raise TypeError(
        f"a torch tensor of layout {tensor.layout} and dtype {tensor.dtype} can't be passed to a program"
    )


def given(tensor):
    """A torch tensor of a linkboy.Tensor; plain parts share their memory."""
    import torch

    layout, plain = _name(tensor.layout), torch.from_dlpack
    if layout == "sparse_coo":
        indices, values = plain(tensor._indices()), plain(tensor._values())
        made = torch.sparse_coo_tensor(indices, values, tuple(tensor.shape), check_invariants=False)
        return made._coalesced_(tensor.is_coalesced())
    if layout in _COMPRESSED:
        parts = [plain(getattr(tensor, name)()) for name in _COMPRESSED[layout]]
        return torch.sparse_compressed_tensor(
            *parts, plain(tensor.values()), tuple(tensor.shape), layout=getattr(torch, layout)
        )
    if tensor.is_quantized and _call("qscheme", tensor) == 0:
        return torch._make_per_tensor_quantized_tensor(
            plain(tensor.int_repr()), tensor.q_scale(), tensor.q_zero_point()
        )
    if tensor.is_quantized:
        parts = [
            plain(t)
            for t in (tensor.int_repr(), tensor.q_per_channel_scales(), tensor.q_per_channel_zero_points())
        ]
        return torch._make_per_channel_quantized_tensor(*parts, tensor.q_per_channel_axis())
    return tensor
