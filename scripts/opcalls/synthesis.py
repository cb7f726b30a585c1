"""Calls made up from the types and the names of arguments, for operators that no sample of OpInfo reaches.

A call is drawn from a theme: one shape and dtype that all of its tensors share unless a name says otherwise (indices are int64, a mask is bool).
Many draws are made; the recorder keeps those that PyTorch takes and a few of those it refuses.
"""
import random

import torch

INTS = [12, -7, -1, 1, 0, 3, 7, 100, 2]
FLOATS = [2.5, 0.0, 1e10, -2.0, float("inf"), float("nan"), -0.75, 0.001, 3.0]
COMPLEXES = [1 + 2j, -0.5j, 3 + 0j, 0j, -2.5 + 0.25j]
STRINGS = ["hello world hello", "aXbXc", "", "mississippi", "x", "lo", "\tTab\n", "  Ab1 ", "12", "héllo", "-3.5e2", "o", "a,b,,c", "{} of {}",
           "0x1F", "Title Case", "UPPER", "ss", "l"]
THEMES = [((3, 4), torch.float32), ((4,), torch.int64), ((), torch.bool), ((3,), torch.complex64), ((2, 3, 4), torch.float32),
          ((2, 3, 4, 5), torch.float32), ((0, 3), torch.float32), ((1, 2, 3, 4, 4), torch.float32), ((3, 3), torch.float64),
          ((3, 4), torch.bfloat16), ((3, 4), torch.float16), ((4, 4), torch.int32), ((3, 4), torch.uint8), ((7, 8), torch.float32)]
QUANTIZED_THEMES = [((3, 4), torch.quint8), ((3, 4), torch.qint8), ((3, 4), torch.qint32), ((1, 2, 6, 6), torch.quint8), ((2, 2), torch.float32),
                    ((1, 2, 6), torch.quint8), ((1, 2, 3, 3, 3), torch.quint8)]
INDEX_NAMES = ("index", "indices", "batch_sizes", "offsets", "lengths", "offset2bag", "bag_size", "target", "crow_indices", "col_indices",
               "ccol_indices", "row_indices", "repeats")
MASK_NAMES = ("mask", "condition", "output_mask", "src_key_padding_mask")
BY_NAME = {
    "dim": [0, 1, -1], "dim0": [0], "dim1": [1, -1], "axis": [0, 1], "dims": [[0], [0, 1]], "scale": [0.1, 0.2], "scales": [0.05],
    "zero_point": [3, 5], "output_zero_point": [0, 30], "output_scale": [1 / 256, 0.1], "dtype": [6, 7, 4, 11, None], "eps": [1e-5],
    "momentum": [0.1], "p": [0.5, 0.2, 0.0], "memory_format": [0, 1, None], "reduction": [0, 1, 2], "kernel_size": [[2], [2, 2], [2, 2, 2]],
    "stride": [[1], [2, 2], [1, 1, 1], [2]], "padding": [[0], [0, 0], [0, 0, 0], [1, 1]], "dilation": [[1], [1, 1], [1, 1, 1]],
    "output_size": [[2], [2, 2], [2, 2, 2], [4, 6]], "size": [[3, 4], [2, 3], [4], []], "shape": [[3, 4], [4, 3], [12]], "quant_min": [0, -128],
    "quant_max": [127, 255], "groups": [1], "num_classes": [-1, 5, 10], "n": [3, 0, 5, -1], "m": [4], "steps": [5, 0, 1], "end": [5, 3.5],
    "start": [0, 1], "step": [1, 2], "diagonal": [0, 1, -1], "offset": [0, 1, -1], "sections": [2], "chunks": [2, 3], "repeats": [[2, 1], [2]],
    "keepdim": [False, True], "training": [True, False], "train": [True, False], "bidirectional": [False, True], "alpha": [1, 2],
    "reduce": ["sum", "mean", "amax"], "indexing": ["ij", "xy"], "mode": ["constant", 0, 1, "reflect"], "rounding_mode": ["floor", "trunc", None],
    "approximate": ["none", "tanh"], "bits": [8], "bit_width": [8, 4], "sigma": [1.0, 0.5], "std": [1.0, 2.0], "mean": [0.0, 1.0],
    "from": [0, -3], "to": [7, 50], "high": [10, 100], "low": [0, -5], "lambd": [1.0, 0.5], "negative_slope": [0.01, 0.2], "threshold": [0.5, 1.0],
    "beta": [1.0, 12.0], "periodic": [True, False], "window_length": [8, 1, 0, 5], "num_samples": [2], "replacement": [True, False],
    "base": [10.0, 2.0], "min": [-1.0, 0], "max": [2.0, 3], "lower": [0.1], "upper": [0.3], "side": ["left", "right", None], "right": [False, True],
    "requires_grad": [False, True], "weights": [None], "half_to_float": [False], "align_corners": [False, True], "device": ["cpu"],
    "fill_value": [2, 0.5, True], "value": [2, 0.5], "key": None, "idx": None, "k": [1, 2], "max_iter": [10], "ord": [2, "fro", 1, None],
    "interpolation": ["linear", "nearest"], "UPLO": ["L", "U"], "norm": [None, "ortho"], "equation": ["ij,jk->ik"], "padding_idx": [-1, 0],
    "num_layers": [1], "has_biases": [True], "dropout": [0.0], "batch_first": [False, True], "N": [2], "C": [3], "HxW": [4], "group": [1, 3],
    "upscale_factor": [2], "downscale_factor": [2], "layout": [None], "non_blocking": [False], "copy": [False, True], "length": [2],
    "averaging_const": [0.01], "ch_axis": [0], "per_row_fake_quant": [False], "symmetric_quant": [False], "rate": [1.0], "generator": [None],
    "reduce_range": [False, True], "scale_x": [0.1], "exponent": [2, 0.5], "decimals": [1, 0, -1], "other": None, "factor": [2.0],
}


def tensor(shape, dtype, name, rng):
    """A tensor for the argument of this name."""
    if name in INDEX_NAMES and not dtype.is_complex:
        return torch.randint(0, 3, shape, dtype=torch.int64)
    if name in MASK_NAMES:
        return torch.rand(shape) > 0.5
    if dtype in (torch.quint8, torch.qint8, torch.qint32):
        zero = {torch.quint8: 64, torch.qint8: 3, torch.qint32: 0}[dtype]
        return torch.quantize_per_tensor(torch.randn(shape), 0.05, zero, dtype)
    if dtype == torch.bool:
        return torch.rand(shape) > 0.5
    if dtype.is_floating_point or dtype.is_complex:
        values = torch.randn(shape, dtype=dtype)
        return values.abs() if name in ("var", "running_var", "std") and not dtype.is_complex else values
    return torch.randint(0 if dtype == torch.uint8 else -4, 6, shape, dtype=dtype)


def element(kind, theme, name, rng):
    pools = {"int": INTS, "float": FLOATS, "complex": COMPLEXES, "str": STRINGS, "bool": [True, False]}
    if kind == "Tensor":
        return tensor(*theme, name, rng)
    if kind == "Device":
        return torch.device("cpu")
    if kind == "number":
        return rng.choice([rng.choice(INTS[:9]), rng.choice([2.5, -0.75, 3.0, 0.001])])
    return rng.choice(pools[kind])


def split_dict(kind):
    key, _, value = kind[len("Dict["):-1].partition(", ")
    return key, value


def fits(value, kind):
    """Whether a pooled value is of the type."""
    if kind.startswith("Optional["):
        return value is None or fits(value, kind[len("Optional["):-1])
    if kind.startswith("List["):
        return isinstance(value, list) and all(fits(v, kind[len("List["):-1]) for v in value)
    if kind == "number":
        return type(value) in (int, float)
    python = {"int": int, "float": float, "bool": bool, "str": str, "Tensor": torch.Tensor, "complex": complex}.get(kind)
    return python is not None and type(value) is python


def conforms(value, kind):
    """As `fits`, with what TorchScript takes in place: an int for a float or Scalar, a size list of either."""
    if kind.startswith("Optional["):
        return value is None or conforms(value, kind[len("Optional["):-1])
    if kind.startswith("List["):
        return isinstance(value, list) and all(conforms(v, kind[len("List["):-1]) for v in value)
    if kind == "number":
        return type(value) in (int, float, complex, bool)
    if kind == "Device":
        return isinstance(value, torch.device)
    return fits(value, kind) or kind == "float" and type(value) is int


def value(kind, theme, name, rng, count=0):
    pool = [v for v in BY_NAME.get(name) or [] if fits(v, kind) and (not count or not isinstance(v, list) or len(v) == count)]
    if pool and rng.random() < 0.9:
        return rng.choice(pool)
    if kind.startswith("Optional["):
        return None if rng.random() < 0.3 else value(kind[len("Optional["):-1], theme, name, rng, count)
    if kind.startswith("List["):
        inner = kind[len("List["):-1]
        count = count if count > 1 else 2 if "Tensor" in inner else rng.choice([2, 0, 1, 3, 4, 5])
        return [value(inner, theme, name, rng) for _ in range(count)]
    if kind.startswith("Dict["):
        key, inner = split_dict(kind)
        return {element(key, theme, name, rng): dict_value(inner, rng) for _ in range(rng.choice([1, 2, 3]))}
    if kind == "Any":
        return rng.choice([2.5, None, 3, "x", tensor(*theme, name, rng), [tensor(*theme, name, rng)]])
    return element(kind, theme, name, rng)


def dict_value(kind, rng):
    if kind == "Tensor":
        return (torch.randint(-5, 6, (rng.choice([1, 3]),)) / 2).to(torch.float32)
    return element(kind, None, "", rng)


def key_of(values, operator, rng):
    """A key or an element that is mostly there: the second argument is looked up in the first."""
    held = values[0] if values else None
    if isinstance(held, (dict, list)) and held and len(values) > 1 and operator.args[1].name in ("key", "idx", "el", "item") and rng.random() < 0.75:
        choices = list(held) if isinstance(held, dict) else held
        if operator.args[1].name == "idx" and isinstance(held, list):
            choices = list(range(-len(held), len(held)))
        values[1] = rng.choice(choices)
    return values


def draw(operator, theme, rng):
    return key_of([None if a.is_out else value(a.type, theme, a.name, rng, a.count) for a in operator.args], operator, rng)


def made_up(operator, count=40):
    """Calls drawn for an operator, always the same ones."""
    rng = random.Random(operator.name)
    torch.manual_seed(0)
    quantized = "quantized" in operator.schema.name or "q_" in operator.name or "dequantize" in operator.name
    themes = (QUANTIZED_THEMES + THEMES[:2]) if quantized else THEMES
    if not any("Tensor" in a.type for a in operator.args):
        themes = [THEMES[0]]
    for at in range(count):
        yield draw(operator, themes[at % len(themes)], rng)
