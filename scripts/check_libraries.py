#!/usr/bin/env python3
"""Hold linkboy.script against PyTorch's compiler on whole libraries of models.

    PYTHONPATH=build/python python3 scripts/check_libraries.py [--library torchvision|detection|timm|transformers]
        [--cache FILE] [--deep N] [--limit N] [PATTERN ...]
    PYTHONPATH=build/python python3 scripts/check_libraries.py --functions PACKAGE [--sample N] [PATTERN ...]

Of torchvision every builder of classification, segmentation and video models is taken (`detection`: its detectors), of
timm a small model of each family, of transformers a small configuration of each model; those that torch.jit.script refuses
are left out. Each model is compiled by both in a process of its own; outputs are held against those of PyTorch's script on one
random input, and code against code, method by method and submodule by submodule. Of the first N models (`--deep`) the graphs
of all submodules are compared too (canonical, and inlined at the top), and what linkboy saves is loaded by PyTorch, run and its
code compared. Prints what differs, then a line of sums. FILE keeps what takes long to find out: what PyTorch refuses, and which
models of timm are small. Needs torch, and the library.

With `--functions` everything of a package is taken that a person may script (public_objects.py): texts are compared, and what
PyTorch refuses must be refused with a code and a place, or compile.
"""
import argparse
import difflib
import fnmatch
import io
import json
import os
import pickle
import random
import signal
import time
import traceback
import warnings

import torch

import linkboy
import public_objects
from check_script import placed, text_of, torch_text_of

OPERATORS_OF_TORCHVISION = (
    "nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "roi_align(Tensor input, Tensor rois, float spatial_scale, SymInt pooled_height, SymInt pooled_width, int sampling_ratio,"
    " bool aligned) -> Tensor",
    "roi_pool(Tensor input, Tensor rois, float spatial_scale, SymInt pooled_height, SymInt pooled_width) -> (Tensor, Tensor)",
    "ps_roi_align(Tensor input, Tensor rois, float spatial_scale, SymInt pooled_height, SymInt pooled_width, int sampling_ratio)"
    " -> (Tensor, Tensor)",
    "ps_roi_pool(Tensor input, Tensor rois, float spatial_scale, SymInt pooled_height, SymInt pooled_width) -> (Tensor, Tensor)",
    "deform_conv2d(Tensor input, Tensor weight, Tensor offset, Tensor mask, Tensor bias, SymInt stride_h, SymInt stride_w,"
    " SymInt pad_h, SymInt pad_w, SymInt dilation_h, SymInt dilation_w, SymInt groups, SymInt offset_groups, bool use_mask) -> Tensor",
    "box_iou_rotated(Tensor boxes1, Tensor boxes2) -> Tensor",
    "_roi_align_backward(Tensor grad, Tensor rois, float spatial_scale, SymInt pooled_height, SymInt pooled_width, SymInt batch_size,"
    " SymInt channels, SymInt height, SymInt width, int sampling_ratio, bool aligned) -> Tensor",
    "_roi_pool_backward(Tensor grad, Tensor rois, Tensor argmax, float spatial_scale, SymInt pooled_height, SymInt pooled_width,"
    " SymInt batch_size, SymInt channels, SymInt height, SymInt width) -> Tensor",
    "_ps_roi_align_backward(Tensor grad, Tensor rois, Tensor channel_mapping, float spatial_scale, SymInt pooled_height,"
    " SymInt pooled_width, int sampling_ratio, SymInt batch_size, SymInt channels, SymInt height, SymInt width) -> Tensor",
    "_ps_roi_pool_backward(Tensor grad, Tensor rois, Tensor channel_mapping, float spatial_scale, SymInt pooled_height,"
    " SymInt pooled_width, SymInt batch_size, SymInt channels, SymInt height, SymInt width) -> Tensor",
    "_deform_conv2d_backward(Tensor grad, Tensor input, Tensor weight, Tensor offset, Tensor mask, Tensor bias, SymInt stride_h,"
    " SymInt stride_w, SymInt pad_h, SymInt pad_w, SymInt dilation_h, SymInt dilation_w, SymInt groups, SymInt offset_groups,"
    " bool use_mask) -> (Tensor, Tensor, Tensor, Tensor, Tensor)",
)


def import_torchvision():
    """torchvision, also where its C++ library was built for another torch and does not load."""
    try:
        import torchvision
    except RuntimeError:
        library = torch.library.Library("torchvision", "DEF")
        for schema in OPERATORS_OF_TORCHVISION:
            library.define(schema)
        import torchvision

        torchvision.extension._has_ops = has_operators
        torchvision.library_of_operators = library  # as long as the module lives
    return torchvision


def has_operators():
    return True


def torchvision_models(cache):
    """(name, builder, arguments) of classification, segmentation and video models."""
    torchvision = import_torchvision()
    for name in torchvision.models.list_models():
        builder = torchvision.models.get_model_builder(name)
        folder = builder.__module__
        if ".detection" in folder or ".optical_flow" in folder or ".quantization" in folder:
            continue
        video = ".video" in folder
        size = (1, 3, 16, 224, 224) if video and "mvit" in name or "swin3d" in name else (1, 3, 16, 112, 112) if video else (1, 3, 224, 224)
        size = (1, 3, 299, 299) if name == "inception_v3" else (1, 3, 14, 224, 224) if name == "s3d" else size
        extra = {"weights_backbone": None} if ".segmentation" in folder else {}
        extra |= {"init_weights": False} if name in ("inception_v3", "googlenet") else {}
        yield name, lambda builder=builder, extra=extra: builder(weights=None, **extra), lambda size=size: (torch.randn(size),)


def detection_models(cache):
    """The same of torchvision's detectors, to be compiled only: operators that are no more than declared do not run."""
    models = import_torchvision().models
    for name in models.list_models(models.detection):
        builder = models.get_model_builder(name)
        yield name, lambda builder=builder: builder(weights=None, weights_backbone=None), None


SMALL = "test atto femto pico xxxs xxs nano _t0 zepto tiny xs _000 _002 small _s pit_ti _ti _xx lite 18 20 26 50".split()


def smallest_of_timm(timm, family):
    """The name of the model with the fewest parameters of a family, of those that are called small; None where none can be made here."""

    def rank(name):
        return next((i for i, word in enumerate(SMALL) if word in name), len(SMALL)), len(name)

    sized = []
    for name in sorted(timm.list_models(module=family), key=rank)[:4]:
        try:
            with torch.device("meta"):
                model = timm.create_model(name)
            sized.append((sum(p.numel() for p in model.parameters()), name))
        except Exception:  # noqa: BLE001 - a model that timm cannot make here is not its smallest
            continue
    return min(sized)[1] if sized else None


def timm_models(cache):
    """The same of timm: the model with the fewest parameters of each family (its file)."""
    import_torchvision()
    import timm

    for family in timm.list_modules():
        name = cache.get(f"timm family {family}", "")
        if name == "":
            name = cache[f"timm family {family}"] = smallest_of_timm(timm, family)
        if name is not None:
            config = timm.get_pretrained_cfg(name, allow_unregistered=True)
            channels, *sides = config.input_size
            size = (1, channels, *(sides if config.fixed_input_size else (side if side % 32 else min(side, 256) for side in sides)))
            yield name, lambda name=name: timm.create_model(name), lambda size=size: (torch.randn(size),)


def transformers_models(cache):
    """The same of transformers: each model's bare network with a small configuration."""
    import_torchvision()
    from transformers import AutoConfig, AutoModel
    from transformers.models.auto.modeling_auto import MODEL_MAPPING_NAMES

    small = dict(hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=37, vocab_size=99, max_position_embeddings=64)
    for name in MODEL_MAPPING_NAMES:
        def build(name=name):
            config = AutoConfig.for_model(name, **small, return_dict=False, attn_implementation="eager")
            return AutoModel.from_config(config)
        yield name, build, lambda: (torch.randint(0, 99, (1, 7)),)


def flat(value):
    if isinstance(value, dict):
        return [t for v in value.values() for t in flat(v)]
    if isinstance(value, (list, tuple)):
        return [t for v in value for t in flat(v)]
    return [value] if isinstance(value, torch.Tensor) else []


def texts(script, text, kind):
    """{title: text} of the methods called forward of a script's modules, or of a function; `text` gives a section's text."""
    found = {}
    if not isinstance(script, torch.nn.Module):
        return {f"{kind} {script.name}": text(script, f"{kind} {script.name}")}
    for path, _ in script.named_modules():
        title = f"{kind} {path}.forward" if path else f"{kind} forward"
        try:
            found[title] = text(script, title)
        except (AttributeError, RuntimeError):  # a container, which is never called
            continue
    return found


def difference(theirs, ours, kind):
    """The first module of which the text of a kind differs, as the lines that differ; None."""
    for title, text in texts(theirs, torch_text_of, kind).items():
        mine = text_of(ours, title)
        if placed(mine) != placed(text):
            lines = difflib.unified_diff(placed(text).splitlines(), placed(mine).splitlines(), n=1, lineterm="")
            return f"{title}:\n" + "\n".join(lines)
    return None


def answers(program, arguments):
    """(tensors of the answer, None) or (None, what was raised)."""
    torch.manual_seed(1)
    with torch.no_grad():
        try:
            return flat(program(*arguments)), None
        except Exception:  # noqa: BLE001 - the report tells it
            return None, traceback.format_exc()[-1500:]


def close(got, want):
    return len(want) == len(got) and all(
        g.shape == w.shape and torch.allclose(g.double(), w.double(), 1e-3, 1e-3 * float(w.abs().max() if w.numel() else 1))
        for g, w in zip(got, want)
    )


def saved_and_loaded(program):
    """PyTorch's reading of what a program, of either side, is saved as."""
    file = io.BytesIO()
    (torch.jit.save if isinstance(program, torch.nn.Module) else linkboy.save)(program, file)
    file.seek(0)
    return torch.jit.load(file)


def compare_deeply(theirs, ours, arguments, want, seen):
    """Adds whether graphs are equal, and whether PyTorch finds in our archive what it finds in its own."""
    wrong = difference(theirs, ours, "canonical")
    if wrong is None:
        inlined = torch_text_of(theirs, "inlined forward"), text_of(ours, "inlined forward")
        wrong = None if placed(inlined[0]) == placed(inlined[1]) else "inlined forward"
    seen["graphs"] = wrong is None
    mine, other = saved_and_loaded(ours), saved_and_loaded(theirs)
    got, raised = answers(mine, arguments)
    codes = [{path: module.code for path, module in m.named_modules() if hasattr(module, "code")} for m in (mine, other)]
    seen["saved"] = codes[0] == codes[1] and raised is None and close(got, want)
    if wrong or not seen["saved"]:
        seen["different"] = wrong or raised or "what was saved"


def compare(builder, make_arguments, deep):
    """A dict of what was seen: `refused` by PyTorch, `error` of ours, same `outputs`, same `code`, times."""
    torch.manual_seed(0)
    try:
        model = builder().eval()
        start = time.perf_counter()
        theirs = torch.jit.script(model)
    except Exception as error:  # noqa: BLE001 - whatever it says, and whoever, there is nothing to compare
        return {"refused": str(error)[-300:]}
    seen = {"theirs": time.perf_counter() - start}
    start = time.perf_counter()
    try:
        ours = linkboy.script(model)
    except Exception:  # noqa: BLE001 - the report tells it
        return seen | {"error": traceback.format_exc()[-3000:]}
    seen["ours"] = time.perf_counter() - start
    different = difference(theirs, ours, "code")
    seen |= {"code": different is None, "different": different}
    if make_arguments is None:
        return seen
    arguments = make_arguments()
    want, raised = answers(theirs, arguments)
    if raised:
        return seen | {"outputs": True, "note": f"PyTorch does not run it: {raised[-200:]}"}
    got, raised = answers(ours, arguments)
    seen["outputs"] = raised is None and close(got, want)
    if not seen["outputs"]:
        seen["note"] = raised or f"{[tuple(t.shape) for t in got]} {[float((g - w).abs().max()) for g, w in zip(got, want) if g.shape == w.shape]}"
    if deep:
        compare_deeply(theirs, ours, arguments, want, seen)
    return seen


def compare_object(builder):
    """A dict of what was seen of a function or module: `refused` by PyTorch, `error` of ours and whether it is
    `clean`, same `code` and `canonical` graph, times."""
    torch.manual_seed(0)
    try:
        given = builder()
    except Exception as error:  # noqa: BLE001
        return {"unbuilt": str(error)}
    seen, theirs = {}, None
    start = time.process_time()
    try:
        theirs = torch.jit.script(given)
    except Exception as error:  # noqa: BLE001
        seen["refused"] = str(error)[-300:]
    seen["theirs"] = time.process_time() - start
    start = time.process_time()
    try:
        ours = linkboy.script(given)
    except Exception as error:  # noqa: BLE001 - the report tells it
        clean = getattr(error, "code", None) == "compile" and "error[LB" in str(error)
        return seen | {"clean": clean, "error": traceback.format_exc()[-3000:]}
    seen["ours"] = time.process_time() - start
    for kind in ("code", "canonical") if theirs is not None else ():
        different = difference(theirs, ours, kind)
        seen[kind] = different is None
        seen["different"] = seen.get("different") or different
    return seen


def warmed(x: torch.Tensor):
    return x


def check_functions(package, patterns, sample, verbose):
    """Holds both compilers against each other on what a package offers; whether anything is worse than PyTorch."""
    import_torchvision()
    found = [(n, t) for n, t in public_objects.objects(package) if is_asked(n, patterns)]
    if sample:
        random.Random(0).shuffle(found)
    torch.jit.script(warmed), linkboy.script(warmed)  # what is done once is in no one's time
    all_seen = []
    for name, thing in found[:sample]:
        seen = apart(compare_object, lambda thing=thing: public_objects.made(thing), limit=120)
        bad = not seen.get("clean", True) if "refused" in seen else not seen.get("canonical", "unbuilt" in seen)
        all_seen.append(seen | {"bad": bad})
        if bad or verbose:
            report(name, seen, verbose)
    taken = [seen for seen in all_seen if "refused" not in seen and "unbuilt" not in seen]
    refused = [seen for seen in all_seen if "refused" in seen]
    compiled, code, graphs = (sum(bool(seen.get(key)) for seen in taken) for key in ("ours", "code", "canonical"))
    slower = sum(seen.get("ours", 0) > seen["theirs"] for seen in taken if "theirs" in seen)
    print(f"{package}: {len(all_seen)} objects, of which PyTorch scripts {len(taken)}: {compiled} compiled, {code} with the"
          f" same code, {graphs} with the same graph, {slower} slower; of {len(refused)} others"
          f" {sum('ours' in seen for seen in refused)} compiled, {sum(seen['bad'] for seen in refused)} refused without a code")
    return any(seen["bad"] for seen in all_seen)


def apart(work, *args, limit=0):
    """work(*args) in a process of its own; the names that a compiler gives depend on what it compiled before. It is ended after
    `limit` seconds of work, if that is not 0."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.close(reading)
        signal.setitimer(signal.ITIMER_PROF, limit)
        try:
            result = work(*args)
        except BaseException:  # noqa: BLE001
            result = {"error": traceback.format_exc()[-3000:]}
        with os.fdopen(writing, "wb") as out:
            pickle.dump(result, out)
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as data:
        text = data.read()
    os.waitpid(child, 0)
    return pickle.loads(text) if text else {"error": "the process died"}


def open_cache(path):
    if path and os.path.exists(path):
        with open(path, encoding="utf-8") as file:
            return json.load(file)
    return {}


def save_cache(path, cache):
    if path:
        with open(path, "w", encoding="utf-8") as file:
            json.dump(cache, file, indent=1)


def is_asked(name, patterns) -> bool:
    return not patterns or any(fnmatch.fnmatchcase(name, p) for p in patterns)


def chosen(given, cache):
    """(name, builder, arguments) of the models that are asked for and that PyTorch is not known to refuse."""
    for name, builder, arguments in LIBRARIES[given.library](cache):
        if is_asked(name, given.patterns) and f"refused {given.library} {name}" not in cache:
            yield name, builder, arguments


def report(name, seen, verbose):
    good = seen.get("outputs", True) and seen.get("code", "refused" in seen) and seen.get("clean", True) and seen.get("graphs", True) and seen.get("saved", True)
    ratio = f"{seen['ours'] / seen['theirs']:5.2f}" if "ours" in seen else "     "
    print(f"{'ok  ' if good else 'FAIL'} {ratio} {name}", seen.get("note", ""), flush=True)
    for key in ("error", "different"):
        if seen.get(key):
            print("    " + seen[key][-3000 if verbose else -700:].replace("\n", "\n    "), flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("patterns", nargs="*", metavar="PATTERN")
    parser.add_argument("--library", choices=LIBRARIES, default="torchvision")
    parser.add_argument("--limit", type=int, help="no more models than these")
    parser.add_argument("--deep", type=int, default=0, metavar="N", help="graphs and saving, too, of the first N models")
    parser.add_argument("--cache", metavar="FILE", help="what is slow to find out, kept from run to run")
    parser.add_argument("-v", "--verbose", action="store_true", help="what differs, whole")
    parser.add_argument("--functions", metavar="PACKAGE", help="all functions and modules of this package instead of models")
    parser.add_argument("--sample", type=int, metavar="N", help="N of them, always the same")
    given = parser.parse_args()
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    if given.functions:
        return check_functions(given.functions, given.patterns, given.sample, given.verbose)
    cache = open_cache(given.cache)
    all_seen = []
    for name, builder, arguments in chosen(given, cache):
        if given.limit is not None and len(all_seen) >= given.limit:
            break
        seen = apart(compare, builder, arguments, len(all_seen) < given.deep)
        if "refused" in seen:
            cache[f"refused {given.library} {name}"] = seen["refused"]
            save_cache(given.cache, cache)
            continue
        all_seen.append(seen)
        report(name, seen, given.verbose)
    save_cache(given.cache, cache)
    times = sorted(seen["ours"] / seen["theirs"] for seen in all_seen if "ours" in seen)
    compiled = sum("error" not in seen for seen in all_seen)
    outputs, code, graphs, saved = (sum(seen.get(key, False) for seen in all_seen) for key in ("outputs", "code", "graphs", "saved"))
    print(f"{len(all_seen)} models: {compiled} compiled, {outputs} with the same outputs, {code} with the same code;"
          f" median time to compile / PyTorch's: {times[len(times) // 2] if times else 0:.2f}")
    if given.deep:
        print(f"of {min(given.deep, len(all_seen))}: {graphs} with the same graphs, {saved} saved and loaded alike")
    return compiled < len(all_seen)


LIBRARIES = {"torchvision": torchvision_models, "detection": detection_models, "timm": timm_models, "transformers": transformers_models}

if __name__ == "__main__":
    raise SystemExit(main())
