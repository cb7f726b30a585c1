"""What every recorder shares: a quiet PyTorch, values as torch.load(weights_only=True) reads them back, and a call performed.

A call is a dict: method, args, kwargs, seed, and then output or raises (type, message, text); args_after where the call changed an
argument; stdout where it printed; tolerance where the defaults of torch.testing do not do.
"""
import os
import sys
import tempfile

import torch

LEAVES = (bool, int, float, complex, str, type(None))


def quiet_machine():
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    torch.jit.set_fusion_strategy([("STATIC", 0), ("DYNAMIC", 0)])
    torch._C._jit_set_texpr_fuser_enabled(False)


def copied(tensor):
    """A copy that keeps the strides, those of stepped and expanded tensors too, which clone() makes dense."""
    form = tensor.detach().clone()
    if (tensor.layout != torch.strided or tensor.is_quantized or tensor.is_conj() or tensor.is_neg()
            or form.stride() == tensor.stride() or not tensor.numel()):
        return form
    extent = 1 + sum((n - 1) * s for n, s in zip(tensor.shape, tensor.stride()))
    if extent > 4 * tensor.numel() + 16:
        return form
    return tensor.detach().as_strided((extent,), (1,)).clone().as_strided(tensor.shape, tensor.stride())


def written(value):
    """`value` as torch.load(weights_only=True) reads it back: tensors copied, named tuples plain, objects as None."""
    if isinstance(value, torch.Tensor):
        return copied(value)
    if isinstance(value, LEAVES):
        return value
    if isinstance(value, (list, torch.Size)):
        return [written(v) for v in value]
    if isinstance(value, tuple):
        return tuple(written(v) for v in value)
    if isinstance(value, dict):
        return {written(k): written(v) for k, v in value.items()}
    if isinstance(value, (torch.device, torch.dtype)):
        return str(value)
    return None


def duplicate(value):
    """A value to be given to a call that may change it."""
    if isinstance(value, torch.Tensor):
        return copied(value)
    if isinstance(value, (list, tuple)):
        return type(value)(map(duplicate, value))
    if isinstance(value, dict):
        return {k: duplicate(v) for k, v in value.items()}
    return value


def parts(tensor):
    """The dense tensors that a tensor is made of."""
    if tensor.layout == torch.sparse_coo:
        return [tensor._indices(), tensor._values()]
    if tensor.layout in (torch.sparse_csr, torch.sparse_bsr):
        return [tensor.crow_indices(), tensor.col_indices(), tensor.values()]
    if tensor.layout in (torch.sparse_csc, torch.sparse_bsc):
        return [tensor.ccol_indices(), tensor.row_indices(), tensor.values()]
    return [tensor]


def numbers(tensor):
    """A tensor that torch.equal compares to the bit, NaN equal to NaN."""
    if tensor.is_quantized:
        return tensor
    tensor = torch.view_as_real(tensor.resolve_conj()) if tensor.is_complex() else tensor
    return torch.nan_to_num(tensor.float() if tensor.element_size() < 2 and tensor.is_floating_point() else tensor)


def same_tensor(a, b):
    return (isinstance(b, torch.Tensor) and a.dtype == b.dtype and a.shape == b.shape and a.layout == b.layout
            and all(torch.equal(numbers(x), numbers(y)) for x, y in zip(parts(a), parts(b))))


def alike(a, b):
    if isinstance(a, torch.Tensor):
        return same_tensor(a, b)
    if isinstance(a, (list, tuple)):
        return type(a) is type(b) and len(a) == len(b) and all(map(alike, a, b))
    if isinstance(a, dict):
        return len(a) == len(b) and all(map(alike, a.items(), b.items()))
    return a == b or (a != a and b != b)


class Stdout:
    """What the process itself writes to descriptor 1: TorchScript prints past Python's sys.stdout."""

    def __enter__(self):
        sys.stdout.flush()
        self.kept, self.file = os.dup(1), tempfile.TemporaryFile()
        os.dup2(self.file.fileno(), 1)
        return self

    def __exit__(self, *_):
        sys.stdout.flush()
        os.dup2(self.kept, 1)
        os.close(self.kept)
        self.file.seek(0)
        self.text = self.file.read().decode()


def failure(error):
    text = str(error).rstrip("\n")
    return {"type": type(error).__name__, "message": text.split("\n")[-1], "text": text}


def performed(module, call):
    """`call` completed with what the loaded module answers, unless it prints."""
    args, kwargs = duplicate(tuple(call["args"])), duplicate(call["kwargs"])
    done = {"method": call["method"], "args": written(tuple(call["args"])), "kwargs": written(call["kwargs"]), "seed": call["seed"]}
    if call.get("tolerance"):
        done["tolerance"] = call["tolerance"]
    torch.default_generator.manual_seed(call["seed"])  # torch.manual_seed asks for every device there might be
    with torch.no_grad():
        try:
            done["output"] = written(getattr(module, call["method"])(*args, **kwargs))
        except Exception as error:  # whatever PyTorch raises is the record
            done["raises"] = failure(error)
    after = written(tuple(args))
    if not alike(after, done["args"]):
        done["args_after"] = after
    return done


def perform(module, call):
    """As `performed`, with what the call printed."""
    with Stdout() as out:
        done = performed(module, call)
    if out.text:
        done["stdout"] = out.text
    return done
