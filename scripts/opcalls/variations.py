"""Other calls from one that works: what else an operator must take, and what it must refuse."""
import torch

OTHER_SHAPE = (7, 5, 2, 3)


def over_tensors(values, change):
    """The values with every plain tensor changed."""
    def changed(value):
        if isinstance(value, torch.Tensor) and value.layout == torch.strided and not value.is_quantized:
            return change(value)
        if isinstance(value, list):
            return [changed(v) for v in value]
        return value
    return [changed(v) for v in values]


def stepped(tensor):
    """Every second element of a tensor twice as large in each dimension."""
    if not tensor.ndim or not tensor.numel():
        return tensor
    wide = torch.zeros([2 * n for n in tensor.shape], dtype=tensor.dtype)
    view = wide[tuple(slice(None, None, 2) for _ in tensor.shape)]
    return view.copy_(tensor)


def transposed(tensor):
    """The same values with the first dimension the innermost in memory."""
    back = tuple(reversed(range(tensor.ndim)))
    return tensor.permute(back).contiguous().permute(back) if tensor.ndim > 1 else tensor


def expanded(tensor):
    return tensor[:1].expand(tensor.shape) if tensor.ndim and tensor.numel() else tensor


def channels_last(tensor):
    if tensor.ndim == 4:
        return tensor.contiguous(memory_format=torch.channels_last)
    return tensor.contiguous(memory_format=torch.channels_last_3d) if tensor.ndim == 5 else tensor


def scalar(tensor):
    return tensor.flatten()[0].clone() if tensor.numel() else torch.zeros((), dtype=tensor.dtype)


def empty(tensor):
    return tensor[:0].clone() if tensor.ndim else tensor


def filled(shape, dtype):
    if dtype.is_floating_point or dtype.is_complex:
        return torch.randn(shape, dtype=dtype)
    return torch.randint(0, 2, shape, dtype=torch.uint8).to(dtype)


def special(tensor):
    """NaN, infinities and a negative zero in the first places."""
    if not tensor.is_floating_point() or tensor.numel() < 4:
        return tensor
    tensor = tensor.contiguous().clone()
    tensor.view(-1)[:4] = torch.tensor([float("nan"), float("inf"), -float("inf"), -0.0]).to(tensor.dtype)
    return tensor


def tensor_places(operator, values):
    return [at for at, v in enumerate(values) if isinstance(v, torch.Tensor) and not v.is_quantized and v.layout == torch.strided]


def with_value(values, at, value):
    return [*values[:at], value, *values[at + 1:]]


def of_memory(values):
    """The same values in other places of memory."""
    for change in (stepped, transposed, channels_last, expanded):
        yield over_tensors(values, change)


def of_shape(operator, values):
    yield over_tensors(values, scalar)
    yield over_tensors(values, empty)
    yield over_tensors(values, special)
    places = tensor_places(operator, values)
    if not places:
        return
    first, last = places[0], places[-1]
    dtype = values[last].dtype
    if first == last:
        yield with_value(values, first, filled(OTHER_SHAPE, dtype))
    else:
        yield with_value(values, last, filled(OTHER_SHAPE, dtype))
    yield with_value(values, first, filled(values[first].shape, torch.bool))
    if values[first].dtype.is_floating_point:
        yield with_value(values, first, filled(values[first].shape, torch.int64))


def of_numbers(operator, values):
    """Dimensions and indices out of range, and no lists at all."""
    for at, (argument, value) in enumerate(zip(operator.args, values)):
        if argument.name in ("dim", "axis", "dim0", "start_dim") and type(value) is int:
            yield with_value(values, at, 9)
        elif argument.name in ("dims", "dim") and isinstance(value, list) and value and type(value[0]) is int:
            yield with_value(values, at, [*value, value[0]])
        elif argument.name in ("index", "indices") and isinstance(value, torch.Tensor) and value.dtype == torch.int64 and value.numel():
            wrong = value.contiguous().clone()
            wrong.view(-1)[-1] = 77
            yield with_value(values, at, wrong)
        elif argument.name in ("kernel_size", "stride", "size", "output_size", "dilation") and isinstance(value, list) and value:
            yield with_value(values, at, [-value[0], *value[1:]])


def variations(operator, values):
    torch.manual_seed(7)
    for found in (of_memory(values), of_shape(operator, values), of_numbers(operator, values)):
        yield from found


def sizes_for_random(operator, values):
    """Sizes around what PyTorch fills in one go (16), with a seed each, for operators that draw numbers."""
    for seed, count in enumerate((1, 15, 16, 17, 40), 1):
        for dtype in (torch.float32, torch.float64, torch.int64):
            yield seed, [resized(v, count, dtype) for v in values]


def resized(value, count, dtype):
    if isinstance(value, torch.Tensor):
        return value.flatten()[:1].to(dtype).repeat(count) if value.numel() else filled((count,), dtype)
    return value
