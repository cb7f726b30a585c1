#!/usr/bin/env python3
"""Hold linkboy.trace against torch.jit.trace.

    PYTHONPATH=build/python python3 scripts/check_trace.py [--library NAME | --corpus DIR] [--limit N] [-v] [PATTERN ...]

Without --library five models are traced: ResNet-18, MobileNetV3, ViT of torchvision, BERT and GPT-2 of transformers.
With --corpus the layers of DIR/modules that nn_recipes.txt says how to make, each of torch.nn and of linkboy.nn, and
the functions and modules of DIR/lang/src with the tensors that were recorded for them. A PATTERN is a glob on names.

Models are traced by both in a process of their own; many of a corpus share one, and the numbers that PyTorch puts
into names of classes that came before are not compared there. Held against each other: what the programs give for the example and
for another input where there is one, and of each method of each submodule code, canonical graph and graph with value
numbers, then the warnings. What torch.jit.trace refuses is left out. Prints what differs, then a line of sums.
"""
import argparse
import copy
import difflib
import fnmatch
import glob
import itertools
import os
import re
import time
import traceback
import warnings

import torch

import check_nn
import check_script
from check_libraries import apart, flat, import_torchvision, timm_models, torchvision_models

COUNTS = ("outputs", "code", "canonical", "graph", "warnings")


# ---- what is traced: (name, function that gives the object and its lists of inputs) ----


def random_images(builder, arguments):
    """The model, its inputs and others of two images."""

    def make():
        return builder().eval(), [arguments(), tuple(torch.randn(2, *image.shape[1:]) for image in arguments())]

    return make


def small_model(name, **sizes):
    """A model of transformers with random weights, and sentences of two lengths."""

    def make():
        import_torchvision()
        import transformers

        config = getattr(transformers, name + "Config")(vocab_size=99, use_cache=False, return_dict=False, **sizes)
        model = getattr(transformers, name + "Model")(config).eval()
        return model, [(torch.randint(0, 99, shape),) for shape in ((1, 12), (2, 7))]

    return make


_ENCODER = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 64}
_BART = {"d_model": 32, "encoder_layers": 2, "decoder_layers": 2, "encoder_attention_heads": 4, "decoder_attention_heads": 4,
         "encoder_ffn_dim": 64, "decoder_ffn_dim": 64}
OF_TRANSFORMERS = {
    "Bert": _ENCODER,
    "GPT2": {"n_embd": 32, "n_layer": 2, "n_head": 4},
    "Roberta": _ENCODER,
    "Electra": _ENCODER | {"embedding_size": 16},
    "Albert": _ENCODER | {"embedding_size": 16},
    "DistilBert": {"dim": 32, "n_layers": 2, "n_heads": 4, "hidden_dim": 64},
    "MPNet": _ENCODER,
    "ConvBert": _ENCODER | {"embedding_size": 16},
    "Deberta": _ENCODER,
    "DebertaV2": _ENCODER,
    "Llama": _ENCODER | {"num_key_value_heads": 2},
    "Mistral": _ENCODER | {"num_key_value_heads": 2},
    "Qwen2": _ENCODER | {"num_key_value_heads": 2},
    "Gemma": _ENCODER | {"num_key_value_heads": 2, "head_dim": 8},
    "Phi": _ENCODER,
    "OPT": {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "ffn_dim": 64, "word_embed_proj_dim": 32},
    "GPTNeoX": _ENCODER,
    "GPTJ": {"n_embd": 32, "n_layer": 2, "n_head": 4, "rotary_dim": 4},
    "Bloom": {"hidden_size": 32, "n_layer": 2, "n_head": 4},
    "Bart": _BART,
}


def models_of_transformers():
    yield from ((name, small_model(name, **sizes)) for name, sizes in OF_TRANSFORMERS.items())


def five_models():
    for name, builder, arguments in torchvision_models({}):
        if name in ("resnet18", "mobilenet_v3_small", "vit_b_16"):
            yield name, random_images(builder, arguments)
    yield from list(models_of_transformers())[:2]


def models(library):
    if library is None:
        return five_models()
    if library == "transformers":
        return models_of_transformers()
    found = (torchvision_models if library == "torchvision" else timm_models)({})
    return ((name, random_images(builder, arguments)) for name, builder, arguments in found)


def tensors_alone(value):
    """Whether a value is a tensor, or a tuple, list or dict of such."""
    if isinstance(value, (list, tuple)):
        return bool(value) and all(map(tensors_alone, value))
    if isinstance(value, dict):
        return bool(value) and all(map(tensors_alone, value.values()))
    return isinstance(value, torch.Tensor)


def recorded_inputs(path):
    """The arguments of the calls of a recording that can be traced."""
    calls = torch.load(path, weights_only=True)["calls"]
    return [call["args"] for call in calls
            if call["method"] in ("forward", "f") and call["args"] and not call["kwargs"] and "raises" not in call
            and all(map(tensors_alone, call["args"]))]


def layer(stem, recipe, library):
    """A layer of torch.nn or linkboy.nn with the recorded weights."""

    def make():
        name = os.path.basename(stem)
        made = check_nn.make(library, recipe, name).train("_train" in name)
        state = torch.jit.load(stem + ".pt").state_dict()
        made.load_state_dict({key: theirs_or_ours(library, tensor) for key, tensor in state.items()})
        return made, recorded_inputs(stem + ".io")

    return make


def theirs_or_ours(library, value):
    """Tensors of torch as those of the library."""
    if library is torch:
        return value
    return mapped(library.as_tensor, value)


def mapped(function, value):
    if isinstance(value, (list, tuple)):
        return type(value)(mapped(function, item) for item in value)
    if isinstance(value, dict):
        return {key: mapped(function, item) for key, item in value.items()}
    return function(value) if isinstance(value, torch.Tensor) else value


def source(name):
    def make():
        with open(f"lang/{name}.front", encoding="utf-8") as file:
            wanted = check_script.sections(file.read())
        made = check_script.load_weights(check_script.entry(name, wanted), f"lang/{name}.pt")
        return made, recorded_inputs(f"lang/{name}.io")

    return make


def corpus():
    """(name, maker, maker of the same with linkboy.nn or None)"""
    import linkboy.nn

    known = check_nn.recipes()
    for path in sorted(glob.glob("modules/*__traced.pt")):
        stem = path[:-3]
        recipe = known.get(check_nn.ENDS.sub("", os.path.basename(stem)))
        if recipe is not None:
            yield os.path.basename(stem), layer(stem, recipe, torch)
            yield os.path.basename(stem) + "/linkboy.nn", layer(stem, recipe, torch), layer(stem, recipe, linkboy)
    for path in sorted(glob.glob("lang/src/*.py")):
        yield os.path.basename(path)[:-3], source(os.path.basename(path)[:-3])


# ---- texts ----


def torch_texts(traced):
    """{(path, method): {kind: text}}"""
    if isinstance(traced, torch.jit.ScriptFunction):
        return {("", ""): texts_of(traced)}
    return {(path, method): texts_of(module._c._get_method(method)) for path, module in traced.named_modules()
            for method in module._c._method_names()}


def texts_of(method):
    canonical = torch._C._jit_pass_canonicalize(method.graph).str(False)
    return {"code": method.code, "canonical": canonical, "graph": str(method.graph)}


def linkboy_texts(traced):
    if not hasattr(traced, "named_modules"):
        return {("", ""): own_texts(traced._text)}
    return {(path, method): own_texts(lambda number, m=module, name=method: m._text(number, name))
            for path, module in traced.named_modules() for method in module._method_names()}


def own_texts(text):
    return {kind: text(number) for number, kind in ((0, "code"), (2, "canonical"), (1, "graph"))}


def without_numbers(texts):
    """{where: {kind: text}} without the numbers that tell classes of one name apart."""
    return {where: {kind: re.sub(r"___torch_mangle_\d+\.", "", text) for kind, text in of.items()}
            for where, of in texts.items()}


def without_places(text):
    return re.sub(r"# \S+:\d+:\d+$", "#", text.replace("__torch__.linkboy.", "__torch__.torch."), flags=re.M)


def different_texts(theirs, ours, own):
    """{kind: what differs first}"""
    found = {}
    for kind in ("code", "canonical", "graph"):
        for where, texts in theirs.items():
            other = ours.get(where, {}).get(kind, "nothing\n")
            pair = [without_places(t) if own else t for t in (texts[kind], other)]
            if pair[0] != pair[1]:
                diff = difflib.unified_diff(*(t.splitlines() for t in pair), "PyTorch", "linkboy", n=1, lineterm="")
                found[kind] = f"{kind} of {'.'.join(filter(None, where)) or 'the function'}:\n" + "\n".join(diff)
                break
        else:
            if set(ours) != set(theirs):
                found[kind] = f"other methods: {sorted(set(ours) ^ set(theirs))}"
    return found


# ---- comparing ----


def traced_with_warnings(trace, made, inputs):
    torch.manual_seed(0)
    start = time.perf_counter()
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        traced = trace(made, inputs, check_trace=False)
    told = [where_told(w) for w in seen if w.category.__name__ == "TracerWarning"]
    return traced, told, time.perf_counter() - start


def where_told(warning):
    """(message, file, line); PyTorch gives a line of its own to what it says of results."""
    text = str(warning.message)
    return (text,) if text.startswith("Encountering a") else (text, warning.filename, warning.lineno)


def answers(program, inputs):
    """Flat list of tensors, or the error where it raises."""
    import linkboy

    torch.manual_seed(0)
    linkboy.manual_seed(0)
    with torch.no_grad():
        try:
            return flat(mapped_back(program(*inputs)))
        except Exception as error:  # noqa: BLE001
            return str(error)


def mapped_back(value):
    if isinstance(value, (list, tuple)):
        return [mapped_back(item) for item in value]
    if isinstance(value, dict):
        return [mapped_back(item) for item in value.values()]
    return torch.from_dlpack(value) if hasattr(value, "__dlpack__") and not isinstance(value, torch.Tensor) else value


def alike(ours, theirs):
    if isinstance(theirs, str):
        return isinstance(ours, str)
    if isinstance(ours, str) or len(ours) != len(theirs):
        return False
    pairs = list(zip(ours, theirs))
    return all(g.shape == w.shape and g.dtype == w.dtype for g, w in pairs) and all(
        torch.allclose(g, w, 1e-3, 1e-4 * scale(w), equal_nan=True) for g, w in pairs)


def scale(tensor):
    largest = float(tensor.abs().max()) if tensor.numel() and tensor.dtype != torch.bool else 1.0
    return largest if 0 < largest < float("inf") else 1.0


def compare_outputs(theirs, ours, all_inputs, convert):
    for number, inputs in enumerate(all_inputs):
        want = answers(theirs, copy.deepcopy(inputs))
        got = answers(ours, convert(copy.deepcopy(inputs)))
        if not alike(got, want):
            shown = [x if isinstance(x, str) else [tuple(t.shape) for t in x] for x in (got, want)]
            return f"input {number}: {shown[0]} for PyTorch's {shown[1]}"[:600]
    return None


def compare_all(cases):
    return [attempt(make, make_own) for _, make, make_own in cases]


def attempt(make, make_own):
    try:
        return compare(make, make_own, numbered=False)
    except Exception:  # noqa: BLE001 - the report tells it
        return {"error": traceback.format_exc()}


def compare(make, make_own=None, numbered=True):
    """What was seen of one: {"refused": ...}, or {"error": ...}, or {kind of COUNTS: what differs}."""
    import linkboy

    torch.manual_seed(0)
    try:
        made, all_inputs = make()
    except LookupError as error:  # of check_script.entry: the recording does not say how it is made
        return {"refused": str(error)}
    if not all_inputs:
        return {"refused": "no inputs"}
    torch.manual_seed(0)
    own = make_own()[0] if make_own else None
    other = own if own is not None else make()[0]  # a run in training mode changes the first one's buffers
    try:
        theirs, their_warnings, their_time = traced_with_warnings(torch.jit.trace, made, copy.deepcopy(all_inputs[0]))
    except Exception as error:  # noqa: BLE001
        return {"refused": str(error)}
    library = linkboy if own is not None else torch
    try:
        inputs = theirs_or_ours(library, copy.deepcopy(all_inputs[0]))
        ours, our_warnings, our_time = traced_with_warnings(linkboy.trace, other, inputs)
    except Exception:  # noqa: BLE001
        return {"error": traceback.format_exc()}
    texts = torch_texts(theirs), linkboy_texts(ours)
    seen = different_texts(*(texts if numbered else map(without_numbers, texts)), own is not None)
    seen["outputs"] = compare_outputs(theirs, ours, all_inputs, lambda inputs: theirs_or_ours(library, inputs))
    if own is None and our_warnings != their_warnings:
        diff = difflib.unified_diff(*([str(w) for w in told] for told in (their_warnings, our_warnings)), n=0, lineterm="")
        seen["warnings"] = "\n".join(diff)
    return seen | {"ratio": our_time / their_time}


def cases(given):
    found = ((*case, None)[:3] for case in (corpus() if given.corpus else models(given.library)))
    for name, make, make_own in found:
        if not given.patterns or any(fnmatch.fnmatchcase(name, p) for p in given.patterns):
            yield name, make, make_own


def results(given):
    """(name, what was seen) of all."""
    chosen = itertools.islice(cases(given), given.limit)
    if not given.corpus:
        yield from ((name, apart(compare, make, make_own)) for name, make, make_own in chosen)
        return
    while some := list(itertools.islice(chosen, 30)):
        seen = apart(compare_all, some)
        if isinstance(seen, dict):  # one of them ended the process
            seen = [apart(compare, make, make_own, False) for _, make, make_own in some]
        yield from zip((name for name, _, _ in some), seen)


def show(name, seen, verbose):
    wrong = [kind for kind in COUNTS if seen.get(kind)]
    ratio = f"{seen['ratio']:5.2f}" if "ratio" in seen else "     "
    if verbose or wrong or "error" in seen:
        print(f"{'FAIL' if wrong or 'error' in seen else 'ok  '} {ratio} {name} {', '.join(wrong)}", flush=True)
    for kind in ("error", *wrong):
        if kind in seen:
            print("    " + seen[kind][-5000 if verbose else -700:].replace("\n", "\n    "), flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("patterns", nargs="*", metavar="PATTERN")
    parser.add_argument("--library", choices=("torchvision", "timm", "transformers"))
    parser.add_argument("--corpus", metavar="DIR")
    parser.add_argument("--limit", type=int, help="no more than these")
    parser.add_argument("-v", "--verbose", action="store_true", help="all names, and what differs, whole")
    given = parser.parse_args()
    torch.set_num_threads(1)
    import linkboy.tracing.torch_host  # noqa: F401 - once, not in each process

    if given.corpus:
        os.chdir(given.corpus)
    total = refused = traced = 0
    good = dict.fromkeys(COUNTS, 0)
    ratios = []
    for name, seen in results(given):
        if "refused" in seen:
            refused += 1
            continue
        total += 1
        show(name, seen, given.verbose)
        if "error" not in seen:
            traced += 1
            ratios.append(seen["ratio"])
            for kind in COUNTS:
                good[kind] += not seen.get(kind)
    sums = ", ".join(f"{kind} {count}" for kind, count in good.items())
    print(f"{total}: traced {traced}; the same {sums}; left out {refused}; median time / PyTorch's"
          f" {sorted(ratios)[len(ratios) // 2] if ratios else 0:.2f}")
    return traced < total


if __name__ == "__main__":
    raise SystemExit(main())
