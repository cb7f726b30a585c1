#!/usr/bin/env python3
"""Hold linkboy.script against PyTorch's compiler on whole libraries of models.

    PYTHONPATH=build/python python3 scripts/check_libraries.py [--library torchvision|timm] [--limit N] [PATTERN ...]

Of torchvision every builder of classification, segmentation and video models is taken, of timm the smallest model
of each family; those that torch.jit.script refuses are left out. Each model is compiled by both in a process of its
own; outputs are held against those of PyTorch's script on one random input, and code against code, method by method
and submodule by submodule. Prints what differs, then a line of sums. Needs torch, and the library.
"""
import argparse
import difflib
import fnmatch
import os
import pickle
import time
import traceback
import warnings

import torch

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

        torchvision.library_of_operators = library  # as long as the module lives
    return torchvision


def torchvision_models():
    """(name, builder, size of the input) of classification, segmentation and video models."""
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
        yield name, lambda builder=builder, extra=extra: builder(weights=None, **extra), size


def timm_models():
    """The same of timm: the model with the fewest parameters of each family (its file)."""
    import_torchvision()
    import timm

    for family in timm.list_modules():
        names = [n for n in timm.list_models(module=family)]
        sized = []
        for name in names:
            try:
                with torch.device("meta"):
                    model = timm.create_model(name)
                sized.append((sum(p.numel() for p in model.parameters()), name, model.default_cfg))
            except Exception:  # noqa: BLE001 - a model that timm cannot make here is not its smallest
                continue
        if sized:
            _, name, config = min(sized, key=lambda s: s[:2])
            yield name, lambda name=name: timm.create_model(name), (1, *config.get("input_size", (3, 224, 224)))


def flat(value):
    if isinstance(value, dict):
        return [t for v in value.values() for t in flat(v)]
    if isinstance(value, (list, tuple)):
        return [t for v in value for t in flat(v)]
    return [value] if isinstance(value, torch.Tensor) else []


def codes(script):
    """{(path, method): code} of a script's modules."""
    found = {}
    for path, module in script.named_modules():
        try:
            found[path] = module.code
        except (AttributeError, RuntimeError):
            continue
    return found


def compare(builder, size):
    """A dict of what was seen: `refused` by PyTorch, `error` of ours, same `outputs`, same `code`, times."""
    import linkboy

    torch.manual_seed(0)
    model = builder().eval()
    seen = {}
    start = time.perf_counter()
    try:
        theirs = torch.jit.script(model)
    except Exception as error:  # noqa: BLE001 - whatever it says, there is nothing to compare
        return {"refused": str(error)}
    seen["theirs"] = time.perf_counter() - start
    start = time.perf_counter()
    try:
        ours = linkboy.script(model)
    except Exception:  # noqa: BLE001 - the report tells it
        return seen | {"error": traceback.format_exc()[-3000:]}
    seen["ours"] = time.perf_counter() - start
    a, b = codes(theirs), codes(ours)
    different = [path for path in a if a[path] != b.get(path)]
    seen["code"] = not different
    if different:
        theirs_and_ours = [str(c.get(different[0])).splitlines() for c in (a, b)]
        seen["different"] = f"at {different[0] or 'the top'}:\n" + "\n".join(difflib.unified_diff(*theirs_and_ours, n=1, lineterm=""))
    x = torch.randn(size)
    with torch.no_grad():
        try:
            want = flat(theirs(x))
        except Exception as error:  # noqa: BLE001
            return seen | {"outputs": True, "note": f"PyTorch does not run it: {str(error)[-200:]}"}
        try:
            got = flat(ours(x))
        except Exception:  # noqa: BLE001
            return seen | {"outputs": False, "note": traceback.format_exc()[-1500:]}
    close = len(want) == len(got) and all(torch.allclose(g, w, 1e-3, 1e-3 * float(w.abs().max() or 1)) for g, w in zip(got, want))
    if not close:
        seen["note"] = f"{[tuple(t.shape) for t in got]} {[float((g - w).abs().max()) for g, w in zip(got, want) if g.shape == w.shape]}"
    return seen | {"outputs": close}


def apart(work, *args):
    """work(*args) in a process of its own; the names that a compiler gives depend on what it compiled before."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.close(reading)
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


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("patterns", nargs="*", metavar="PATTERN")
    parser.add_argument("--library", choices=("torchvision", "timm"), default="torchvision")
    parser.add_argument("--limit", type=int, help="no more models than these")
    parser.add_argument("-v", "--verbose", action="store_true", help="what differs, whole")
    given = parser.parse_args()
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    models = torchvision_models() if given.library == "torchvision" else timm_models()
    total = compiled = outputs = code = 0
    times = []
    for name, builder, size in models:
        if given.patterns and not any(fnmatch.fnmatchcase(name, p) for p in given.patterns):
            continue
        if given.limit is not None and total >= given.limit:
            break
        seen = apart(compare, builder, size)
        if "refused" in seen:
            continue
        total += 1
        compiled += "error" not in seen
        outputs += seen.get("outputs", False)
        code += seen.get("code", False)
        if "ours" in seen:
            times.append(seen["ours"] / seen["theirs"])
        good = seen.get("outputs") and seen.get("code")
        ratio = f"{seen['ours'] / seen['theirs']:5.2f}" if "ours" in seen else "     "
        print(f"{'ok  ' if good else 'FAIL'} {ratio} {name}", seen.get("note", ""), flush=True)
        for key in ("error", "different"):
            if key in seen:
                print("    " + seen[key][-3000 if given.verbose else -700:].replace("\n", "\n    "), flush=True)
    times.sort()
    print(f"{total} models: {compiled} compiled, {outputs} with the same outputs, {code} with the same code;"
          f" median time to compile / PyTorch's: {times[len(times) // 2] if times else 0:.2f}")
    return compiled < total


if __name__ == "__main__":
    raise SystemExit(main())
