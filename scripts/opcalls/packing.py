"""Many operators in one archive: a method each, a few calls each, small enough to be committed.

Tensors that no call writes to lie in one storage a dtype, equal ones once; the archive is deflated. An operator that writes or
gives out a view of an argument keeps its arguments in storages of their own, as it may see how large those are.
"""
import io
import zipfile

import torch

from recording import duplicate

CALLS = 5
MOST_BYTES = 3000  # of a call's tensors; the smallest ones are taken anyway


def method_of(operator):
    """The method of an operator's archive: aten::add.Tensor is add__Tensor, prim::max.int prim_max__int, append.t for floats append__t_of_float."""
    namespace, rest = operator.overload.split("::")
    prefix = "" if namespace == "aten" else namespace.strip("_") + ("_c_" if namespace.startswith("_") else "_")
    return prefix + rest.replace(".", "__") + "_of_" * (operator.name != operator.overload) + operator.name[len(operator.overload):].strip("_")


def tensors_in(value):
    if isinstance(value, torch.Tensor):
        yield value
    elif isinstance(value, (list, tuple)):
        for v in value:
            yield from tensors_in(v)
    elif isinstance(value, dict):
        for pair in value.items():
            yield from tensors_in(pair)


def weight_of(call):
    return sum(t.numel() * t.element_size() if t.layout == torch.strided else 400 for k in ("args", "output", "args_after")
               for t in tensors_in(call.get(k)))


def looks(call):
    """What a call shows: calls that show the same are not both needed."""
    return tuple((str(t.dtype), t.ndim, t.numel() == 0, t.layout == torch.strided and t.is_contiguous()) for t in tensors_in(call["args"]))


DTYPES = {torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64, torch.float16, torch.float32, torch.float64, torch.complex32,
          torch.complex64, torch.complex128, torch.bool, torch.qint8, torch.quint8, torch.qint32, torch.bfloat16}


def sound(tensor):
    """Whether a reader that trusts nobody takes the tensor: its dtype is known, and the parts of a sparse one fit each other."""
    try:
        if tensor.layout == torch.sparse_coo:
            torch._validate_sparse_coo_tensor_args(tensor._indices(), tensor._values(), tensor.shape, tensor.is_coalesced())
        elif tensor.layout != torch.strided:
            rows = tensor.layout in (torch.sparse_csr, torch.sparse_bsr)
            first, second = (tensor.crow_indices(), tensor.col_indices()) if rows else (tensor.ccol_indices(), tensor.row_indices())
            torch._validate_sparse_compressed_tensor_args(first, second, tensor.values(), tensor.shape, tensor.layout)
        return tensor.dtype in DTYPES
    except RuntimeError:
        return False


def chosen(calls, count=CALLS):
    """A few calls, unlike each other and small, one that raises among them."""
    calls = [c for c in calls if all(sound(t) for k in ("args", "output", "args_after") for t in tensors_in(c.get(k)))]
    light = [c for c in calls if weight_of(c) <= MOST_BYTES] or sorted(calls, key=weight_of)[:2]
    good, bad = [c for c in light if "output" in c], [c for c in light if "raises" in c]
    take, seen = [], set()
    for call in good:
        if looks(call) not in seen and len(take) < count - bool(bad):
            take.append(call)
            seen.add(looks(call))
    for call in good:
        if len(take) < min(3, count - bool(bad)) and not any(call is t for t in take):
            take.append(call)
    return take + bad[:max(1, 2 - len(take))]


class Pool:
    """Tensors laid into one storage a dtype."""

    def __init__(self):
        self.flat, self.used, self.known = {}, {}, {}

    def place(self, tensor):
        if tensor.layout != torch.strided or tensor.is_quantized or tensor.is_conj() or tensor.is_neg() or not tensor.numel():
            return tensor
        extent = 1 + sum((n - 1) * s for n, s in zip(tensor.shape, tensor.stride()))
        data = tensor.detach().as_strided((extent,), (1,)).clone()
        key = (tensor.dtype, tuple(tensor.shape), tensor.stride(), bytes(data.untyped_storage()))
        if key not in self.known:
            at = self.used.get(tensor.dtype, 0)
            self.flat.setdefault(tensor.dtype, []).append(data)
            self.used[tensor.dtype] = at + extent
            self.known[key] = (tensor.dtype, tuple(tensor.shape), tensor.stride(), at)
        return Placed(self, self.known[key])

    def close(self):
        self.whole = {dtype: torch.cat(pieces) for dtype, pieces in self.flat.items()}
        self.views = {}

    def view(self, where):
        if where not in self.views:
            dtype, shape, stride, at = where
            self.views[where] = self.whole[dtype].as_strided(shape, stride, at)
        return self.views[where]


class Placed:
    def __init__(self, pool, where):
        self.pool, self.where = pool, where


def mapped(value, change, kind):
    if isinstance(value, kind):
        return change(value)
    if isinstance(value, (list, tuple)):
        return type(value)(mapped(v, change, kind) for v in value)
    if isinstance(value, dict):
        return {k: mapped(v, change, kind) for k, v in value.items()}
    return value


def pooled(calls_by_operator):
    """All calls in a row, their tensors in a pool where that cannot be seen."""
    pool, calls = Pool(), []
    for operator, found in calls_by_operator:
        text = str(operator.schema)
        aliased = "(a" in text or "!" in text or "strided" in text or "storage" in text
        for call in found:
            call = {k: v for k, v in call.items() if k != "kwargs" or v}
            if "raises" in call:
                call["raises"] = {**call["raises"], "text": call["raises"]["message"]}
            calls.append({k: v if k == "args" and aliased else mapped(v, pool.place, torch.Tensor) for k, v in call.items()})
            calls[-1]["method"] = method_of(operator)
    pool.close()
    return [mapped(call, lambda p: p.pool.view(p.where), Placed) for call in calls]


def deflated(data):
    """The same archive with every record deflated."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as given, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as to:
        for name in given.namelist():
            to.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), given.read(name), zipfile.ZIP_DEFLATED)
    return out.getvalue()


TRIED = (torch.bool, torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64, torch.float16, torch.float32, torch.float64, torch.bfloat16,
         torch.complex64, torch.complex128)
CLASSES = {"bool": TRIED[:1], "int": TRIED[1:6], "half": (torch.float16, torch.bfloat16), "float": TRIED[7:9], "complex": TRIED[10:]}


def is_plain(value):
    return isinstance(value, torch.Tensor) and value.layout == torch.strided


def cast(value, was, dtype):
    """The value with every plain tensor of the one dtype in another: what `linkboy verify --dtypes` does, too."""
    if is_plain(value) and value.dtype == was:
        return value.to(dtype, copy=True)
    if isinstance(value, (list, tuple)):
        return type(value)(cast(v, was, dtype) for v in value)
    return duplicate(value)


def accepted(function, calls):
    """The dtypes that PyTorch takes in the first call that answers; None where there is no tensor whose dtype could be another."""
    call = next((c for c in calls if "output" in c), None)
    first = next((t for t in tensors_in(call["args"]) if is_plain(t)), None) if call else None
    if first is None or first.is_quantized or first.dtype not in TRIED:
        return None
    return [d for d in TRIED if answers(function, cast(call["args"], first.dtype, d), call["seed"])]


def answers(function, args, seed):
    torch.default_generator.manual_seed(seed)
    try:
        with torch.no_grad():
            function(*args)
        return True
    except Exception:  # whatever it is, the dtype is refused
        return False


def words_of(dtypes):
    """dtypes in the words of accepted.dtypes: a class where all of it is taken."""
    words, rest = [], list(dtypes)
    for word, members in CLASSES.items():
        if all(m in rest for m in members):
            words.append(word)
            rest = [d for d in rest if d not in members]
    return " ".join(words + [str(d).removeprefix("torch.") for d in rest])


def archive(operators):
    """The bytes of an archive with a method for each operator."""
    module = torch.jit.ScriptModule()
    for operator in operators:
        head, body = operator.text.split("(", 1)
        module.define(f"def {method_of(operator)}(self{', ' * (not body.startswith(')'))}{body}")
    buffer = io.BytesIO()
    torch.jit.save(module, buffer)
    return deflated(buffer.getvalue())


def pack(operators, calls_of, accepted_of, stem):
    """Writes stem.pt and stem.io; the dtypes that each operator takes."""
    found = [(operator, chosen(calls_of(operator))) for operator in operators]
    found = [(operator, calls) for operator, calls in found if calls]
    operators = [operator for operator, _ in found]
    dtypes = [(operator, accepted_of(operator, calls)) for operator, calls in found]
    dtypes = [(operator, taken) for operator, taken in dtypes if taken is not None]
    named = {method_of(o): " ".join(str(d).removeprefix("torch.") for d in taken) for o, taken in dtypes}
    buffer = io.BytesIO()
    torch.save({"calls": pooled(found), "dtypes": named}, buffer)
    for ending, data in ((".pt", archive(operators)), (".io", deflated(buffer.getvalue()))):
        with open(stem + ending, "wb") as file:
            file.write(data)
    return {operator.overload: words_of(taken) for operator, taken in dtypes if taken}
