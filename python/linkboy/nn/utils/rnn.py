"""Sequences of different lengths in one batch: padded to one length, or packed without padding."""

import warnings
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple, Optional, Union

import linkboy
from linkboy import Tensor


class PackedSequence_(NamedTuple):
    """The fields of PackedSequence; compiled code knows it under this name."""

    data: Tensor
    batch_sizes: Tensor
    sorted_indices: Optional[Tensor]
    unsorted_indices: Optional[Tensor]


def _of_all(function: Callable[[Tensor], Tensor], *tensors: Optional[Tensor]) -> list:
    return [None if tensor is None else function(tensor) for tensor in tensors]


class PackedSequence(PackedSequence_):
    """Sequences step by step: the first elements of all of them in `data`, longest first, then the second ones, ...

    `batch_sizes` says how many have an element at each step; `sorted_indices` how the batch was sorted, and
    `unsorted_indices` how to undo that. Made by pack_padded_sequence and pack_sequence.
    """

    def __new__(
        cls,
        data: Any,
        batch_sizes: Optional[Tensor] = None,
        sorted_indices: Optional[Tensor] = None,
        unsorted_indices: Optional[Tensor] = None,
    ) -> "PackedSequence":
        return super().__new__(
            cls, *_packed_sequence_init_args(data, batch_sizes, sorted_indices, unsorted_indices)
        )

    def to(self, *args: Any, **kwargs: Any) -> "PackedSequence":
        """With the data as Tensor.to makes it."""
        data = self.data.to(*args, **kwargs)
        if data is self.data:
            return self
        indices = _of_all(lambda t: t.to(data.device), self.sorted_indices, self.unsorted_indices)
        return type(self)(data, self.batch_sizes, *indices)

    def cpu(self) -> "PackedSequence":
        """Where it is anyway."""
        return self

    def double(self) -> "PackedSequence":
        """With float64 data."""
        return self.to(dtype=linkboy.double)

    def float(self) -> "PackedSequence":
        """With float32 data."""
        return self.to(dtype=linkboy.float)

    def half(self) -> "PackedSequence":
        """With float16 data."""
        return self.to(dtype=linkboy.half)

    @property
    def is_cuda(self) -> bool:
        """Never."""
        return self.data.is_cuda


def _packed_sequence_init_args(
    data: Tensor,
    batch_sizes: Optional[Tensor] = None,
    sorted_indices: Optional[Tensor] = None,
    unsorted_indices: Optional[Tensor] = None,
) -> tuple[Tensor, Tensor, Optional[Tensor], Optional[Tensor]]:
    """The four fields, the last one computed where it is None; `data` may be a pair (data, batch_sizes)."""
    if unsorted_indices is None:
        unsorted_indices = invert_permutation(sorted_indices)

    if batch_sizes is not None:
        if batch_sizes.device.type != "cpu":
            raise ValueError(
                "batch_sizes should always be on CPU. "
                "Instances of PackedSequence should never be created manually. "
                "They should be instantiated by functions like pack_sequence "
                "and pack_padded_sequences in nn.utils.rnn. "
                "https://pytorch.org/docs/stable/nn.html#torch.nn.utils.rnn.pack_sequence"
            )
        return data, batch_sizes, sorted_indices, unsorted_indices
    else:
        if not (isinstance(data, (list, tuple)) and len(data) == 2):
            raise AssertionError("Expected data to be a list or tuple of length 2")
        return data[0], data[1], sorted_indices, unsorted_indices


def _packed_sequence_init(
    data: Tensor,
    batch_sizes: Optional[Tensor] = None,
    sorted_indices: Optional[Tensor] = None,
    unsorted_indices: Optional[Tensor] = None,
) -> PackedSequence:
    data, batch_sizes, sorted_indices, unsorted_indices = _packed_sequence_init_args(
        data, batch_sizes, sorted_indices, unsorted_indices
    )
    return PackedSequence(data, batch_sizes, sorted_indices, unsorted_indices)


def invert_permutation(permutation: Optional[Tensor]) -> Optional[Tensor]:
    """The permutation (N) that undoes this one."""
    if permutation is None:
        return None
    output = linkboy.empty_like(permutation, memory_format=linkboy.contiguous_format)
    output.scatter_(0, permutation, linkboy.arange(0, permutation.numel(), device=permutation.device))
    return output


def pack_padded_sequence(
    input: Tensor,
    lengths: Union[Tensor, list[int]],
    batch_first: bool = False,
    enforce_sorted: bool = True,
) -> PackedSequence:
    """Packs a padded batch (T, N, *), or (N, T, *), of sequences of `lengths`.

    With `enforce_sorted` lengths must fall, else RuntimeError; without it the batch is sorted first.
    """
    if not isinstance(lengths, Tensor):
        if linkboy.jit.is_tracing():
            warnings.warn(
                "pack_padded_sequence has been called with a Python list of sequence lengths. The tracer cannot "
                "track the data flow of Python values, and it will treat them as constants, likely rendering "
                "the trace incorrect for any other combination of lengths.",
                stacklevel=2,
            )
        lengths = linkboy.as_tensor(lengths, dtype=linkboy.int64, device="cpu")
    else:
        lengths = lengths.to(dtype=linkboy.int64)

    if enforce_sorted:
        sorted_indices = None
    else:
        lengths, sorted_indices = linkboy.sort(lengths, descending=True)
        sorted_indices = sorted_indices.to(input.device)
        batch_dim = 0 if batch_first else 1
        input = input.index_select(batch_dim, sorted_indices)

    data, batch_sizes = linkboy._pack_padded_sequence(input, lengths, batch_first)
    return _packed_sequence_init(data, batch_sizes, sorted_indices, None)


def pad_packed_sequence(
    sequence: PackedSequence,
    batch_first: bool = False,
    padding_value: float = 0.0,
    total_length: Optional[int] = None,
) -> tuple[Tensor, Tensor]:
    """The padded batch (T, N, *), or (N, T, *), and its lengths (N), in the order before packing.

    Raises ValueError where `total_length` is less than the longest sequence.
    """
    max_seq_length = sequence.batch_sizes.size(0)
    if total_length is not None:
        if total_length < max_seq_length:
            raise ValueError(
                "Expected total_length to be at least the length "
                "of the longest sequence in input, but got "
                f"total_length={total_length} and max sequence length being {max_seq_length}"
            )
        max_seq_length = total_length
    padded_output, lengths = linkboy._pad_packed_sequence(
        sequence.data, sequence.batch_sizes, batch_first, padding_value, max_seq_length
    )
    unsorted_indices = sequence.unsorted_indices
    if unsorted_indices is not None:
        batch_dim = 0 if batch_first else 1
        return (
            padded_output.index_select(batch_dim, unsorted_indices),
            lengths[unsorted_indices.cpu()],
        )
    return padded_output, lengths


def pad_sequence(
    sequences: Union[Tensor, list[Tensor]],
    batch_first: bool = False,
    padding_value: float = 0.0,
    padding_side: str = "right",
) -> Tensor:
    """Sequences (t, *) of different lengths as one batch (T, N, *), or (N, T, *)."""
    if not (linkboy.jit.is_tracing() or linkboy.jit.is_scripting()):
        if not isinstance(sequences, Iterable):
            raise RuntimeError(
                f"pad_sequence: Expected iterable for input sequences, but got arg of type: {type(sequences)}"
            )
        sequences = tuple(sequences)
    else:
        if isinstance(sequences, Tensor):
            sequences = sequences.unbind(0)
    return linkboy.ops.aten.pad_sequence(sequences, batch_first, padding_value, padding_side)


def unpad_sequence(padded_sequences: Tensor, lengths: Tensor, batch_first: bool = False) -> list[Tensor]:
    """The sequences of a padded batch (T, N, *), or (N, T, *)."""
    batch = padded_sequences if batch_first else padded_sequences.transpose(0, 1)
    return [sequence[:length] for sequence, length in zip(batch, lengths.tolist())]


def pack_sequence(sequences: list[Tensor], enforce_sorted: bool = True) -> PackedSequence:
    """pack_padded_sequence of a list of sequences (t, *)."""
    lengths = linkboy.as_tensor([v.size(0) for v in sequences])
    return pack_padded_sequence(pad_sequence(sequences), lengths, enforce_sorted=enforce_sorted)


def unpack_sequence(packed_sequences: PackedSequence) -> list[Tensor]:
    """The sequences that were packed."""
    padded_sequences, lengths = pad_packed_sequence(packed_sequences, batch_first=True)
    return unpad_sequence(padded_sequences, lengths, batch_first=True)
