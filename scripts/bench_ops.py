#!/usr/bin/env python3
"""Times common operators against PyTorch in one run, one thread: python3 scripts/bench_ops.py [BUILD] [--only GLOB] [--limit 1.5] [--json FILE]

Every case is a scripted function on tensors of about a million elements. PyTorch and linkboy take turns on it (`linkboy bench` makes
as many calls as PyTorch made), so that a noisy machine is noisy for both; a turn's figure is its least time, the ratio the median over the turns.
The table is sorted by ratio; what is above the limit is named at the end. Needs PyTorch.
"""
import argparse
import fnmatch
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time

import torch

MILLION = 1 << 20
SQUARE = (1024, 1024)


def rand(*shape, dtype=torch.float32):
    return torch.rand(shape).to(dtype)


def whole(high, *shape):
    return torch.randint(0, high, shape)


def unary(names):
    return [(name, "x: Tensor", f"torch.{name}(x)", lambda: (rand(*SQUARE) * 0.9 + 0.05,)) for name in names]


def binary(names):
    return [(name, "x: Tensor, y: Tensor", f"torch.{name}(x, y)", lambda: (rand(*SQUARE) + 0.5, rand(*SQUARE) + 0.5)) for name in names]


def on_square(cases):
    return [(name, "x: Tensor", code, lambda: (rand(*SQUARE),)) for name, code in cases]


# (name, parameters, expression, arguments)
CASES = unary("""abs neg exp log log1p expm1 sqrt rsqrt reciprocal sin cos tan tanh sigmoid erf floor ceil round trunc sign relu
    log2 log10 asin acos atan sinh cosh frac square isnan isfinite logical_not lgamma digamma erfinv logit""".split())
CASES += binary("add sub mul div maximum minimum pow atan2 fmod remainder eq lt logical_and floor_divide hypot".split())
CASES += on_square([
    ("gelu", "torch.gelu(x)"), ("gelu tanh", "torch.gelu(x, approximate='tanh')"), ("silu", "torch.silu(x)"),
    ("hardswish", "torch.hardswish(x)"), ("hardsigmoid", "torch.hardsigmoid(x)"), ("leaky_relu", "torch.leaky_relu(x, 0.1)"),
    ("elu", "torch.elu(x)"), ("softplus", "torch.softplus(x)"), ("mish", "torch.mish(x)"), ("clamp", "torch.clamp(x, 0.2, 0.8)"),
    ("add scalar", "x + 2.5"), ("mul scalar", "x * 2.5"), ("pow 2", "x ** 2"), ("pow 0.5", "x ** 0.5"), ("pow 3.3", "x ** 3.3"),
    ("x > 0.5", "x > 0.5"), ("where", "torch.where(x > 0.5, x, x)"), ("masked_fill", "torch.masked_fill(x, x > 0.5, 0.)"),
    ("sum", "torch.sum(x)"), ("sum dim 0", "torch.sum(x, 0)"), ("sum dim 1", "torch.sum(x, 1)"), ("mean dim 1", "torch.mean(x, 1)"),
    ("mean dim 0", "torch.mean(x, 0)"), ("max", "torch.max(x)"), ("max dim 1", "torch.max(x, 1)"), ("max dim 0", "torch.max(x, 0)"),
    ("amax dim 1", "torch.amax(x, 1)"), ("amin dim 0", "torch.amin(x, 0)"), ("argmax", "torch.argmax(x)"), ("argmax dim 1", "torch.argmax(x, 1)"),
    ("prod dim 1", "torch.prod(x, 1)"), ("var dim 1", "torch.var(x, 1)"), ("std", "torch.std(x)"), ("norm", "torch.norm(x)"),
    ("var_mean dim 0", "torch.var_mean(x, [0])"), ("logsumexp", "torch.logsumexp(x, 1)"), ("any", "torch.any(x > 2.)"), ("all dim 1", "torch.all(x > 0.1, 1)"),
    ("count_nonzero", "torch.count_nonzero(x)"), ("cumsum dim 1", "torch.cumsum(x, 1)"), ("cumsum dim 0", "torch.cumsum(x, 0)"),
    ("cumprod", "torch.cumprod(x, 1)"), ("softmax dim 1", "torch.softmax(x, 1)"), ("softmax dim 0", "torch.softmax(x, 0)"),
    ("log_softmax", "torch.log_softmax(x, 1)"), ("layer_norm", "torch.layer_norm(x, [1024])"),
    ("sort dim 1", "torch.sort(x, 1)"), ("sort flat", "torch.sort(x.view(-1))"), ("argsort", "torch.argsort(x, 1)"), ("topk 10", "torch.topk(x, 10, 1)"),
    ("kthvalue", "torch.kthvalue(x, 100, 1)"), ("median dim 1", "torch.median(x, 1)"), ("unique", "torch._unique2((x * 1000).long())[0]"),
    ("nonzero", "torch.nonzero(x > 0.9)"), ("clone", "torch.clone(x)"), ("contiguous of t", "x.t().contiguous()"), ("to double", "x.to(torch.double)"),
    ("to half", "x.to(torch.half)"), ("to bfloat16", "x.to(torch.bfloat16)"), ("to int64", "(x * 100).to(torch.long)"), ("cat dim 0", "torch.cat([x, x], 0)"),
    ("cat dim 1", "torch.cat([x, x], 1)"), ("stack", "torch.stack([x, x], 1)"), ("flip", "torch.flip(x, [1])"), ("roll", "torch.roll(x, 3, 1)"),
    ("tril", "torch.tril(x)"), ("repeat", "x[:256].repeat(4, 1)"), ("pad constant", "torch.constant_pad_nd(x, [1, 1, 1, 1], 0.)"),
    ("permute copy", "x.view(64, 16, 1024).permute(1, 2, 0).contiguous()"), ("zeros_like", "torch.zeros_like(x)"), ("x.t() + x", "x.t() + x"),
    ("row + x", "x[0] + x"), ("column + x", "x[:, :1] + x"), ("rand_like", "torch.rand_like(x)"), ("randn_like", "torch.randn_like(x)"),
    ("dropout", "torch.dropout(x, 0.5, True)"), ("bernoulli", "torch.bernoulli(x)"), ("cdist 256", "torch.cdist(x[:256, :64], x[256:512, :64])"),
    ("fft", "torch.fft_fft(x)"), ("rfft", "torch.fft_rfft(x)"), ("histc", "torch.histc(x, 100)"), ("add_ of itself", "x.clone().add_(1.0)"),
    ("bucketize", "torch.bucketize(x, torch.linspace(0., 1., 100))"), ("glu", "torch.glu(x, 1)"), ("var all", "torch.var(x)"),
])
CASES += [
    ("embedding", "w: Tensor, i: Tensor", "torch.embedding(w, i)", lambda: (rand(5000, 512), whole(5000, 2048))),
    ("index_select", "x: Tensor, i: Tensor", "torch.index_select(x, 0, i)", lambda: (rand(*SQUARE), whole(1024, 1024))),
    ("index_select dim 1", "x: Tensor, i: Tensor", "torch.index_select(x, 1, i)", lambda: (rand(*SQUARE), whole(1024, 1024))),
    ("gather", "x: Tensor, i: Tensor", "torch.gather(x, 1, i)", lambda: (rand(*SQUARE), whole(1024, *SQUARE))),
    ("scatter", "x: Tensor, i: Tensor", "torch.scatter(x, 1, i, x)", lambda: (rand(*SQUARE), whole(1024, *SQUARE))),
    ("scatter_add", "x: Tensor, i: Tensor", "torch.scatter_add(x, 1, i, x)", lambda: (rand(*SQUARE), whole(1024, *SQUARE))),
    ("index_add", "x: Tensor, i: Tensor", "torch.index_add(x, 0, i, x)", lambda: (rand(*SQUARE), whole(1024, 1024))),
    ("x[i]", "x: Tensor, i: Tensor", "x[i]", lambda: (rand(*SQUARE), whole(1024, 1024))),
    ("x[mask]", "x: Tensor, m: Tensor", "x[m]", lambda: (rand(*SQUARE), rand(*SQUARE) > 0.5)),
    ("masked_select", "x: Tensor, m: Tensor", "torch.masked_select(x, m)", lambda: (rand(*SQUARE), rand(*SQUARE) > 0.5)),
    ("one_hot", "i: Tensor", "torch.one_hot(i, 512)", lambda: (whole(512, 2048),)),
    ("take_along_dim", "x: Tensor, i: Tensor", "torch.take_along_dim(x, i, 1)", lambda: (rand(*SQUARE), whole(1024, *SQUARE))),
    ("int add", "x: Tensor, y: Tensor", "x + y", lambda: (whole(100, *SQUARE), whole(100, *SQUARE))),
    ("int mul scalar", "x: Tensor", "x * 3", lambda: (whole(100, *SQUARE),)),
    ("int sum", "x: Tensor", "torch.sum(x)", lambda: (whole(100, *SQUARE),)),
    ("int eq", "x: Tensor, y: Tensor", "x == y", lambda: (whole(9, *SQUARE), whole(9, *SQUARE))),
    ("int sort", "x: Tensor", "torch.sort(x, 1)", lambda: (whole(1000, *SQUARE),)),
    ("int bitwise_and", "x: Tensor, y: Tensor", "x & y", lambda: (whole(99, *SQUARE), whole(99, *SQUARE))),
    ("double exp", "x: Tensor", "torch.exp(x)", lambda: (rand(*SQUARE, dtype=torch.float64),)),
    ("double add", "x: Tensor, y: Tensor", "x + y", lambda: (rand(*SQUARE, dtype=torch.float64), rand(*SQUARE, dtype=torch.float64))),
    ("double sum dim 1", "x: Tensor", "torch.sum(x, 1)", lambda: (rand(*SQUARE, dtype=torch.float64),)),
    ("half add", "x: Tensor, y: Tensor", "x + y", lambda: (rand(*SQUARE, dtype=torch.half), rand(*SQUARE, dtype=torch.half))),
    ("bfloat16 mul", "x: Tensor, y: Tensor", "x * y", lambda: (rand(*SQUARE, dtype=torch.bfloat16), rand(*SQUARE, dtype=torch.bfloat16))),
    ("bfloat16 gelu", "x: Tensor", "torch.gelu(x)", lambda: (rand(*SQUARE, dtype=torch.bfloat16),)),
    ("complex mul", "x: Tensor, y: Tensor", "x * y", lambda: (rand(512, 1024, dtype=torch.complex64), rand(512, 1024, dtype=torch.complex64))),
    ("uint8 to float / 255", "x: Tensor", "x.to(torch.float) / 255.", lambda: (whole(255, *SQUARE).to(torch.uint8),)),
    ("bool and", "x: Tensor, y: Tensor", "x & y", lambda: (rand(*SQUARE) > 0.5, rand(*SQUARE) > 0.5)),
    ("addcmul", "x: Tensor, y: Tensor", "torch.addcmul(x, y, y)", lambda: (rand(*SQUARE), rand(*SQUARE))),
    ("lerp", "x: Tensor, y: Tensor", "torch.lerp(x, y, 0.3)", lambda: (rand(*SQUARE), rand(*SQUARE))),
    ("mse_loss", "x: Tensor, y: Tensor", "torch.mse_loss(x, y)", lambda: (rand(*SQUARE), rand(*SQUARE))),
    ("cross_entropy", "x: Tensor, y: Tensor", "torch.cross_entropy_loss(x, y)", lambda: (rand(*SQUARE), whole(1024, 1024))),
    ("cosine_similarity", "x: Tensor, y: Tensor", "torch.cosine_similarity(x, y, 1)", lambda: (rand(*SQUARE), rand(*SQUARE))),
    ("batch_norm", "x: Tensor, m: Tensor, v: Tensor", "torch.batch_norm(x, None, None, m, v, False, 0.1, 1e-5, False)",
     lambda: (rand(8, 32, 64, 64), rand(32), rand(32) + 0.5)),
    ("group_norm", "x: Tensor", "torch.group_norm(x, 8)", lambda: (rand(8, 32, 64, 64),)),
    ("instance_norm", "x: Tensor", "torch.instance_norm(x, None, None, None, None, True, 0.1, 1e-5, False)", lambda: (rand(8, 32, 64, 64),)),
    ("max_pool2d", "x: Tensor", "torch.max_pool2d(x, [2, 2])", lambda: (rand(8, 32, 64, 64),)),
    ("avg_pool2d", "x: Tensor", "torch.avg_pool2d(x, [3, 3], [2, 2])", lambda: (rand(8, 32, 64, 64),)),
    ("adaptive_avg_pool2d", "x: Tensor", "torch.adaptive_avg_pool2d(x, [1, 1])", lambda: (rand(8, 32, 64, 64),)),
    ("upsample nearest", "x: Tensor", "torch.upsample_nearest2d(x, [128, 128])", lambda: (rand(4, 16, 64, 64),)),
    ("upsample bilinear", "x: Tensor", "torch.upsample_bilinear2d(x, [128, 128], False)", lambda: (rand(4, 16, 64, 64),)),
    ("pixel_shuffle", "x: Tensor", "torch.pixel_shuffle(x, 2)", lambda: (rand(4, 64, 64, 64),)),
    ("attention", "q: Tensor", "torch.scaled_dot_product_attention(q, q, q)", lambda: (rand(8, 8, 256, 64),)),
    ("mm 512", "x: Tensor", "torch.mm(x, x)", lambda: (rand(512, 512),)),
    ("bmm", "x: Tensor", "torch.bmm(x, x)", lambda: (rand(64, 128, 128),)),
    ("mv", "x: Tensor, y: Tensor", "torch.mv(x, y)", lambda: (rand(*SQUARE), rand(1024))),
    ("dot", "x: Tensor, y: Tensor", "torch.dot(x, y)", lambda: (rand(MILLION), rand(MILLION))),
    ("einsum", "x: Tensor, y: Tensor", "torch.einsum('bij,bjk->bik', [x, y])", lambda: (rand(16, 128, 128), rand(16, 128, 128))),
    ("outer", "x: Tensor", "torch.outer(x, x)", lambda: (rand(1024),)),
    ("triu", "x: Tensor", "torch.triu(x)", lambda: (rand(*SQUARE),)),
    ("arange", "x: Tensor", "torch.arange(x.numel())", lambda: (rand(*SQUARE),)),
    ("full_like", "x: Tensor", "torch.full_like(x, 1.5)", lambda: (rand(*SQUARE),)),
]


def archive_of(folder, index, parameters, expression, arguments):
    """Writes the function as an archive, and its arguments; gives both paths."""
    operators = re.sub(r"torch\.(\w+)\(", r"torch.ops.aten.\1(", expression)
    unit = torch.jit.CompilationUnit(f"def forward({parameters}):\n    return {operators}\n")
    path = os.path.join(folder, f"op{index}")
    archive, inputs = path + ".pt", path + ".inputs.pt"
    torch.jit.save(unit.forward, archive)
    torch.save(tuple(arguments), inputs)
    return archive, inputs


def time_linkboy(tool, archive, inputs, calls):
    done = subprocess.run([tool, "bench", archive, "--inputs", inputs, "--calls", str(calls), "--json"], capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(done.stderr.strip().splitlines()[-1] if done.stderr.strip() else f"exit {done.returncode}")
    return json.loads(done.stdout)["min_ms"]


def time_torch(function, arguments, seconds):
    """(least time in ms, calls made)"""
    best, calls, end = float("inf"), 0, time.perf_counter() + seconds
    with torch.no_grad():
        for _ in range(3):
            function(*arguments)
        while time.perf_counter() < end or calls < 5:
            start = time.perf_counter()
            function(*arguments)
            best = min(best, time.perf_counter() - start)
            calls += 1
    return best * 1e3, calls


def measure(tool, folder, index, case, given):
    _, parameters, expression, make = case
    torch.manual_seed(0)
    arguments = make()
    archive, inputs = archive_of(folder, index, parameters, expression, arguments)
    function = torch.jit.load(archive)
    turns = []
    for _ in range(given.turns):
        theirs, calls = time_torch(function, arguments, given.seconds)
        turns.append((time_linkboy(tool, archive, inputs, min(calls, 2000)), theirs))
    ours, theirs = (statistics.median(t) for t in zip(*turns))
    return ours, theirs, statistics.median(a / b for a, b in turns)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", nargs="?", default="build")
    parser.add_argument("--only", default="*", metavar="GLOB", help="names of cases")
    parser.add_argument("--limit", type=float, default=1.5, help="ratio above which a case is named")
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=0.1, help="per turn and side")
    parser.add_argument("--json", metavar="FILE")
    return parser.parse_args()


def main():
    given = arguments()
    torch.set_num_threads(1)
    tool = os.path.join(given.build, "linkboy")
    rows, failed = [], []
    with tempfile.TemporaryDirectory() as folder:
        for index, case in enumerate(CASES):
            if not fnmatch.fnmatchcase(case[0], given.only):
                continue
            try:
                rows.append((case[0], *measure(tool, folder, index, case, given)))
            except Exception as error:  # noqa: BLE001 - a case that one side refuses is said, not hidden
                failed.append(f"{case[0]}: {str(error).splitlines()[-1]}")
    rows.sort(key=lambda row: -row[3])
    print(f"{'operator':24} {'linkboy ms':>11} {'PyTorch ms':>11} {'ratio':>7}")
    for name, ours, theirs, ratio in rows:
        print(f"{name:24} {ours:11.3f} {theirs:11.3f} {ratio:7.2f}{'  above' if ratio > given.limit else ''}")
    above = [row for row in rows if row[3] > given.limit]
    print(f"{len(rows)} operators, {len(above)} above {given.limit} x PyTorch: {', '.join(r[0] for r in above) or 'none'}")
    print("".join(f"refused: {text}\n" for text in failed), end="")
    if given.json:
        with open(given.json, "w", encoding="utf-8") as file:
            json.dump([dict(zip(("operator", "linkboy_ms", "pytorch_ms", "ratio"), row)) for row in rows], file, indent=1)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
