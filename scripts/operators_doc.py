#!/usr/bin/env python3
"""Writes docs/OPERATORS.md from what `linkboy ops --json` says: python3 scripts/operators_doc.py [--check] [--tool build/linkboy]

--check changes nothing and says with its exit status whether the page is up to date. The table of accuracy is docs/accuracy.tsv, which
scripts/measure_ulp.py makes.
"""
import argparse
import csv
import json
import os
import re
import subprocess
import sys

TOP = os.path.normpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
PAGE = os.path.join(TOP, "docs", "OPERATORS.md")
ACCURACY = os.path.join(TOP, "docs", "accuracy.tsv")
STATES = {
    "kernel": "a kernel of its own, or one shared with its family",
    "derived": "made by rule of the functional operator: in-place, `out=`, `_copy`",
    "decomposed": "other operators put together, in TorchScript",
    "interpreter": "an instruction of the interpreter",
    "graph only": "only PyTorch's own passes put it into graphs: no archive holds it",
    "refused": "PyTorch itself has it for other devices only: raises as PyTorch's CPU does",
    "missing": "known, printed and saved, but not run",
}
MARKS = {"kernel": "", "derived": "'", "decomposed": "+", "interpreter": "", "graph only": "~", "refused": "-", "missing": "!"}
FAMILIES = [  # the first that fits; the rest goes by namespace
    ("Linear algebra", r"aten::(_?linalg_|cholesky|lu_|_lu|qr|svd|_?triangular|matrix_|inverse|pinverse|det$|logdet|slogdet|geqrf|ormqr|orgqr|chain_matmul)"),
    ("Products of matrices", r"aten::(.*mm|mv|addm|addbmm|baddbmm|bmm|dot|vdot|matmul|ger|addr|outer|inner|einsum|tensordot|kron|.*linear|_weight_int)"),
    ("Fourier transforms", r"aten::(_?fft_|_fft|stft|istft)"),
    ("Special functions", r"aten::(special_|_?lgamma|digamma|polygamma|mvlgamma|igamma|erf|i0|zeta|_?standard_gamma|_dirichlet)"),
    ("Lists of tensors at once", r"aten::(_foreach|_fused_(adam|sgd|adagrad)|_amp_)"),
    ("Sparse and nested tensors", r"aten::(.*sparse|.*csr|.*csc|.*bsr|.*bsc|.*coo|.*coalesce|.*nested|.*jagged|_nnz|.*indices_copy|crow_|col_indices|ccol_|row_indices|"
     r"values|smm|sspaddmm|hspmm|_?indices|_?values|_dim[IV]|dense_dim)"),
    ("Quantisation", r"(aten::(.*quanti|q_|_?int_repr|qscheme|fbgemm|.*fake_quant|_make_per|_empty_(affine|per)|.*qparams|_saturate|_dyn_quant))"),
    ("Convolutions", r"aten::(.*conv|.*unfold|.*im2col|.*col2im)"),
    ("Pooling and padding", r"aten::(.*pool|.*pad)"),
    ("Norms and softmax", r"aten::(.*batch_norm|.*layer_norm|.*group_norm|.*instance_norm|.*rms_norm|.*softmax|.*softmin|renorm|_?weight_norm|norm_except|"
     r"local_response)"),
    ("Losses", r"aten::(.*_loss|.*cross_entropy|kl_div|.*hinge|cosine_embedding)"),
    ("Attention and recurrence", r"aten::(.*attention|.*sdp|.*lstm|.*gru|.*rnn|_transform|_masked_softmax)"),
    ("Resampling", r"aten::(.*upsample|.*interpolate|.*grid|pixel_|.*affine_grid|channel_shuffle|native_channel)"),
    ("Embeddings", r"aten::.*embedding"),
    ("Random numbers", r"aten::(rand|bernoulli|multinomial|normal|uniform|random|exponential|cauchy|geometric|log_normal|poisson|binomial|.*dropout|rrelu|"
     r"_sobol|_sample)"),
    ("Factories and conversions", r"aten::(new_|empty|zeros|ones|full|arange|linspace|logspace|eye|tri[lu]_indices|.*_window|scalar_tensor|tensor$|as_tensor|to$|_to|"
     r"type_as|from_|range|complex|polar|_efficientzerotensor|_cast)"),
    ("Views and shapes", r"aten::(view|reshape|permute|transpose|t$|.*squeeze|expand|narrow|select|slice|split|chunk|unbind|movedim|swap|flatten|unflatten|"
     r".*_copy|as_strided|diagonal|diag|flip|rot90|roll|tile|repeat|stack|cat|concat|[hvd]stack|[hvd]split|atleast|broadcast|size|stride|dim$|contiguous|"
     r"unsafe|tensor_split|column_stack|block_diag|meshgrid|ravel|adjoint|m[TH]$|numpy_T|matrix_H|real|imag|conj|resolve|alias|detach|lift)"),
    ("Indexing", r"aten::(index|gather|scatter|take|put|masked|where|nonzero|bucketize|searchsorted|unique|_unique|argwhere|isin)"),
    ("Reductions and sorting", r"aten::(sum|mean|prod|max|min|amax|amin|aminmax|argm|all|any|std|var|median|nanm|nans|mode|kthvalue|topk|sort|argsort|msort|cum|"
     r"_cum|logcumsum|logsumexp|norm|count_nonzero|hist|bincount|quantile|nanq|corrcoef|cov|diff|gradient|trapz|trapezoid|cdist|pdist|.*dist)"),
    ("Elementwise", r"aten::(?!_|[a-z]*(str|list|dict))[a-z0-9_]*_?$"),
    ("Private operators", r"aten::_"),
]


def name_of(row):
    return row["schema"].split("(")[0]


def takes_tensor(row):
    return "Tensor" in row["schema"]


def family_of(name, rows):
    namespace = name.split("::")[0]
    if namespace != "aten":
        return {"quantized": "Quantisation: quantized::", "_quantized": "Quantisation: _quantized::", "prim": "prim::",
                "torchvision": "torchvision::"}.get(namespace, "Other namespaces")
    if not any(map(takes_tensor, rows)):
        return "Numbers, strings, lists and dicts"
    return next((title for title, pattern in FAMILIES if re.match(pattern, name)), "Other")


def in_words(dtypes):
    classes = {"bool": ["bool"], "int": ["uint8", "int8", "int16", "int32", "int64"], "half": ["float16", "bfloat16"], "float": ["float32", "float64"],
               "complex": ["complex64", "complex128"]}
    words, rest = [], list(dtypes)
    for word, members in classes.items():
        if all(m in rest for m in members):
            words.append(word)
            rest = [d for d in rest if d not in members]
    return " ".join(words + rest)


def overloads(rows):
    words = []
    for row in rows:
        overload = name_of(row).partition(".")[2] or "·"
        words.append(overload + MARKS[row["state"]])
    return " ".join(words)


def dtypes_of(rows):
    """The dtypes of the operator's overloads, the most usual set first; sets that differ are told apart."""
    known = [in_words(r["dtypes"]) for r in rows if r["dtypes"]]
    return max(known, key=known.count) if known else ""


def by_name(rows):
    found = {}
    for row in rows:
        found.setdefault(name_of(row).split(".")[0].removesuffix("_") if not name_of(row).split(".")[0].endswith("__")
                         else name_of(row).split(".")[0], []).append(row)
    return found


def head(rows):
    yield "# Operators\n\nMade by `scripts/operators_doc.py` from `linkboy ops --json`; do not edit.\n"
    yield f"\nPyTorch 2.13 has {len(rows)} operator schemas that a TorchScript program can name. What linkboy does with them:\n\n"
    yield "| state | schemas | mark | |\n|---|---:|:-:|---|\n"
    for state, meaning in STATES.items():
        count = sum(r["state"] == state for r in rows)
        yield f"| {state} | {count} | {'`' + MARKS[state] + '`' if MARKS[state] else ''} | {meaning} |\n"
    yield ("\nBelow, a line is an operator with its overloads (`·` is the one without a name; in-place forms stand with the functional ones, as "
           "`name_`), and the dtypes that its first tensor may have, as PyTorch takes them on the CPU and as the recorded cases hold linkboy to them: "
           "int is uint8 and int8 to int64, half float16 and bfloat16, float float32 and float64, complex complex64 and complex128.\n")


def line(name, rows):
    short = name.split("::")[1] if name.startswith("aten::") else name
    plain = [r for r in rows if not name_of(r).split(".")[0].endswith("_") or name.endswith("__")]
    in_place = [r for r in rows if r not in plain]
    words = overloads(plain) + (f" · in place: {overloads(in_place)}" if in_place else "")
    return f"| {short} | {words} | {dtypes_of(rows)} |\n"


def families(rows):
    grouped = {}
    for name, found in by_name(rows).items():
        grouped.setdefault(family_of(name, found), []).append((name, found))
    order = [title for title, _ in FAMILIES] + sorted(set(grouped) - {title for title, _ in FAMILIES})
    for title in order:
        if title in grouped:
            yield f"\n## {title}\n\n| operator | overloads | dtypes |\n|---|---|---|\n"
            yield from (line(name, found) for name, found in sorted(grouped[title]))


def accuracy():
    if not os.path.exists(ACCURACY):
        return
    yield ("\n## Accuracy\n\nHow far results are from PyTorch's, in units of the last place of PyTorch's result, over small and large numbers, the neighbours "
           "of whole numbers and numbers of every magnitude (`scripts/measure_ulp.py`). \"Differ in kind\": one is NaN or infinite and the other is not.\n\n"
           "| function | dtype | most ulp | % over 4 ulp | differ in kind | farthest at |\n|---|---|---:|---:|---:|---|\n")
    with open(ACCURACY, encoding="utf-8", newline="") as file:
        for row in list(csv.reader(file, delimiter="\t"))[1:]:
            yield f"| {' | '.join(row)} |\n"


def page(tool):
    rows = json.loads(subprocess.run([tool, "ops", "--json"], capture_output=True, text=True, check=True).stdout)
    return "".join([*head(rows), *families(rows), *accuracy()])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--tool", default=os.path.join(TOP, "build", "linkboy"))
    given = parser.parse_args()
    text = page(given.tool)
    if given.check:
        with open(PAGE, encoding="utf-8") as file:
            return 0 if file.read() == text else "docs/OPERATORS.md is not up to date: python3 scripts/operators_doc.py"
    with open(PAGE, "w", encoding="utf-8") as file:
        file.write(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
