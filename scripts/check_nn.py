#!/usr/bin/env python3
"""Rebuild a corpus's layers with linkboy.nn: python3 scripts/check_nn.py [--build DIR] [-v] CORPUS [PATTERN ...]

For every archive of CORPUS/modules that nn_recipes.txt says how to make:

    outputs     the layer, made by linkboy.nn and given the recorded weights, answers each recorded call as PyTorch did, state and
                random numbers included (or, of a trace and where PyTorch is installed, as PyTorch's layer does)
    weights     it has PyTorch's initial weights to the bit for the same seed (where PyTorch is installed)
    code        every section `code` of the recording is what linkboy.script makes of the layer (of archives that were scripted)

Prints what does not hold, then a line per kind. A PATTERN is a glob on names.
"""
import argparse
import fnmatch
import glob
import io
import math
import os
import re
import sys
import warnings
from typing import Tuple

HERE = os.path.dirname(os.path.abspath(__file__))
CHECKS = ("outputs", "weights", "code")
ENDS = re.compile(r"(_train|_f64|__traced)+$")
TOLERANCES = {  # (relative, absolute), as torch.testing.assert_close has them
    "float16": (1e-3, 1e-5), "bfloat16": (1.6e-2, 1e-5), "float32": (1.3e-6, 1e-5), "float64": (1e-7, 1e-7),
}
# The binding of compiled modules refuses these before a layer sees them.
REFUSED_BY_TYPE = re.compile(r"Cast error details|Expected a value of type|expected at most|missing value for|Unknown keyword")


def wrappers(torch):
    """Classes that the recordings put around layers."""
    nn = torch.nn

    class Rnn(nn.Module):
        def __init__(self, rnn):
            super().__init__()
            self.rnn = rnn

        def forward(self, x):
            return self.rnn(x)

    class RnnState(Rnn):
        def forward(self, x, h):
            return self.rnn(x, h)

    class RnnStates(Rnn):
        def forward(self, x, h: Tuple[torch.Tensor, torch.Tensor]):
            return self.rnn(x, h)

    class RnnPacked(Rnn):
        def forward(self, x, lengths, h: int = 0):
            packed = nn.utils.rnn.pack_padded_sequence(x, lengths, True, False)
            out, state = self.rnn(packed)
            return nn.utils.rnn.pad_packed_sequence(out, True), state

    class Tracked(nn.Module):
        def __init__(self, norm):
            super().__init__()
            self.norm = norm

        def forward(self, x):
            y = self.norm(x)
            return y, self.norm.running_mean, self.norm.running_var, self.norm.num_batches_tracked

    class Shared(nn.Module):
        def __init__(self):
            super().__init__()
            self.one = nn.Linear(3, 3)
            self.two = self.one
            self.out = nn.Linear(3, 3, bias=False)
            self.out.weight = self.one.weight

        def forward(self, x):
            return self.out(self.two(self.one(x)))

    class Inner(nn.Module):
        def __init__(self):
            super().__init__()
            self.lin = nn.Linear(3, 3)
            self.register_buffer("count", torch.zeros(()))

        def forward(self, x):
            self.count += 1
            return torch.relu(self.lin(x)) + self.count

    class Listed(nn.Module):
        def __init__(self):
            super().__init__()
            self.blocks = nn.ModuleList([Inner() for _ in range(3)])
            self.named = nn.ModuleDict({"a": nn.Linear(3, 2), "b": nn.Tanh()})

        def forward(self, x):
            for i, block in enumerate(self.blocks):
                x = block(x) * (i + 1)
            for name, m in self.named.items():
                if name == "a":
                    x = m(x)
                else:
                    x = x + m(x)
            return x, len(self.blocks)

    class Parameters(nn.Module):
        def __init__(self):
            super().__init__()
            self.scale = nn.Parameter(torch.ones(()))
            self.register_buffer("shift", torch.zeros(3))
            self.w = nn.ParameterList([torch.zeros(3, 3), torch.zeros(3, 3)])

        def forward(self, x):
            for w in self.w:
                x = torch.matmul(x, w)
            return x * self.scale + self.shift

    kinds = (Rnn, RnnState, RnnStates, RnnPacked, Tracked, Shared, Listed, Parameters)
    return {kind.__name__: kind for kind in kinds} | {"torch": torch, "nn": nn}


def recipes():
    with open(os.path.join(HERE, "nn_recipes.txt"), encoding="utf-8") as file:
        lines = [line.strip() for line in file if not line.startswith("#")]
    return dict(line.split(": ", 1) for line in lines)


def sections(path):
    """{title: text} of a recording's texts."""
    with open(path, encoding="utf-8") as file:
        parts = re.split(r"^--- (.*)\n", file.read(), flags=re.M)
    return dict(zip(parts[1::2], parts[2::2]))


def near(recorded, given, tolerance):
    if recorded == given or (math.isnan(recorded) and math.isnan(given)):
        return True
    return abs(recorded - given) <= tolerance[1] + tolerance[0] * abs(recorded)


def equal(linkboy, recorded, given, tolerance):
    """Whether an answer is the recorded one, within the recording's tolerance."""
    if isinstance(recorded, linkboy.Tensor):
        if not isinstance(given, linkboy.Tensor) or (recorded.dtype, recorded.shape) != (given.dtype, given.shape):
            return False
        rtol, atol = tolerance or TOLERANCES.get(str(recorded.dtype).split(".")[1], (0, 0))
        return linkboy.allclose(given.detach().double(), recorded.double(), rtol=rtol, atol=atol, equal_nan=True)
    if isinstance(recorded, (list, tuple)):
        return (isinstance(given, (list, tuple)) and len(recorded) == len(given)
                and all(equal(linkboy, r, g, tolerance) for r, g in zip(recorded, given)))
    if isinstance(recorded, float) and isinstance(given, float):
        return near(recorded, given, tolerance or TOLERANCES["float64"])
    return recorded == given


def wrong_call(linkboy, layer, call):
    """What is wrong with one call; None."""
    raises = call.get("raises")
    if raises and REFUSED_BY_TYPE.search(raises["text"]):
        return None
    linkboy.manual_seed(call["seed"])
    try:
        answer = getattr(layer, call["method"])(*call["args"], **call["kwargs"])
    except Exception as error:
        return None if raises else f"{type(error).__name__}: {error}"
    if raises:
        return f"answers where PyTorch raises {raises['message']}"
    return None if equal(linkboy, call["output"], answer, call.get("tolerance")) else "another answer"


def wrong_calls(linkboy, layer, calls):
    """What is wrong with the first call that is not answered as recorded; None."""
    for number, call in enumerate(calls):
        wrong = wrong_call(linkboy, layer, call)
        if wrong:
            return f"call {number}: {wrong}"
    return None


def make(torch, recipe, name):
    torch.manual_seed(0)
    layer = eval(recipe, wrappers(torch))
    if "_f64" in name:
        layer.double()
    return layer


def torch_answers(torch, stem, recipe):
    """What PyTorch's own layer answers to the recorded calls, one by one, as linkboy's tensors: a trace has put numbers into its
    graph that the layer asks of its module or its input each time, so that the layer may answer otherwise."""
    name = os.path.basename(stem)
    layer = make(torch, recipe, name).train("_train" in name)
    layer.load_state_dict(torch.jit.load(stem + ".pt").state_dict())
    for call in torch.load(stem + ".io", weights_only=False)["calls"]:
        torch.manual_seed(call["seed"])
        with torch.no_grad():
            try:
                answer = getattr(layer, call["method"])(*call["args"], **call["kwargs"])
            except Exception as error:
                yield {"raises": {"text": str(error), "message": str(error)}}
                continue
        yield {"raises": None, "output": as_linkboy(torch, answer)}


def as_linkboy(torch, answer):
    import linkboy

    if isinstance(answer, (list, tuple)):
        return tuple(as_linkboy(torch, item) for item in answer)
    return linkboy.from_dlpack(answer.contiguous().clone()) if isinstance(answer, torch.Tensor) else answer


def check_outputs(linkboy, torch, stem, recipe):
    name = os.path.basename(stem)
    program = linkboy.load(stem + ".pt")
    layer = make(linkboy, recipe, name).train("_train" in name)
    layer.load_state_dict(program.state_dict())
    wrong = wrong_calls(linkboy, layer, linkboy.load(stem + ".io")["calls"])
    if wrong and name.endswith("__traced") and torch is not None:
        layer.load_state_dict(program.state_dict())
        calls = zip(linkboy.load(stem + ".io")["calls"], torch_answers(torch, stem, recipe))
        wrong = wrong_calls(linkboy, layer, [recorded | answer for recorded, answer in calls])
    return wrong


def check_weights(linkboy, torch, stem, recipe):
    name = os.path.basename(stem)
    wanted, given = make(torch, recipe, name).state_dict(), make(linkboy, recipe, name).state_dict()
    if list(wanted) != list(given):
        return f"{list(given)}, PyTorch: {list(wanted)}"
    for key, tensor in wanted.items():
        if tensor.numpy().tobytes() != given[key].numpy().tobytes():
            return f"other bits in {key}"
    return None


def check_code(linkboy, stem, recipe):
    name = os.path.basename(stem)
    layer = make(linkboy, recipe, name).train("_train" in name)
    saved = io.BytesIO()
    linkboy.jit.save(linkboy.jit.script(layer), saved)  # what was recorded is the texts after loading
    saved.seek(0)
    program, wanted = linkboy.jit.load(saved), sections(stem + ".expect")
    for title, text in wanted.items():
        if re.fullmatch(r"code \w*[a-z]", title):  # own methods; __len__ and the like are Python's
            method = getattr(program, title[5:], None)
            if method is None or re.sub(r"___torch_mangle_\d+\.", "", method.code.strip()) != re.sub(
                    r"___torch_mangle_\d+\.", "", text.strip()):
                return f"section {title} differs"
    return None


def attempt(check, *args):
    try:
        return check(*args)
    except Exception as error:
        return f"{type(error).__name__}: {str(error).strip().splitlines()[-1] if str(error).strip() else ''}"


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus")
    parser.add_argument("patterns", nargs="*", metavar="PATTERN")
    parser.add_argument("--build", default="build")
    return parser.parse_args()


def main():
    options = arguments()
    sys.path.insert(0, os.path.join(options.build, "python"))
    warnings.simplefilter("ignore")
    import linkboy
    try:
        import torch
    except ImportError:
        torch = None
    known, unknown, counts = recipes(), 0, {check: [0, 0] for check in CHECKS}
    for path in sorted(glob.glob(os.path.join(options.corpus, "modules", "*.pt"))):
        stem, name = path[:-3], os.path.basename(path)[:-3]
        if options.patterns and not any(fnmatch.fnmatch(name, pattern) for pattern in options.patterns):
            continue
        recipe = known.get(ENDS.sub("", name))
        if recipe is None:
            unknown += 1
            continue
        results = {"outputs": attempt(check_outputs, linkboy, torch, stem, recipe)}
        if torch is not None:
            results["weights"] = attempt(check_weights, linkboy, torch, stem, recipe)
        if hasattr(linkboy.jit, "script") and not name.endswith("__traced"):
            results["code"] = attempt(check_code, linkboy, stem, recipe)
        for check, wrong in results.items():
            counts[check][0] += wrong is None
            counts[check][1] += 1
            if wrong:
                print(f"{name} {check}: {wrong}")
    for check, (good, of) in counts.items():
        if of:
            print(f"  {check:8} {good:4} of {of:4}  {100 * good / of:6.2f}%")
    print(f"{unknown} archives without a recipe")


if __name__ == "__main__":
    main()
