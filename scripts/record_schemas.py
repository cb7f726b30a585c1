"""Make or update src/ops/rows/*.rows from an installed PyTorch.

A row is `SCHEMA`, or `SCHEMA => KERNEL [trait ...]` (src/ops/README.md). Schemas are facts about PyTorch and are
recorded by this script; what stands right of `=>` is ours and is kept. Overloads of one operator stand together in
the order of PyTorch's registration, because the first overload that fits a call is the one that PyTorch takes.
Operators that PyTorch does not show (torchvision's) keep their rows as they are.

Usage: python3 scripts/record_schemas.py            update the files
       python3 scripts/record_schemas.py --check    say what would change, change nothing
"""

import argparse
import pathlib
import sys

ROWS = pathlib.Path(__file__).resolve().parent.parent / "src" / "ops" / "rows"
NAMESPACES = {
    "_quantized", "aten", "mkl", "mkldnn", "mkldnn_prepacked", "onednn", "onnx", "prim", "quantization",
    "quantized", "sparse",
}
# Letters with so many operators that one file would not be read (first name of the second file).
SPLITS = {"c": "aten::co", "f": "aten::fl", "l": "aten::li", "s": "aten::sl"}
HEADERS = {
    "prim.rows": "prim::, the operators of the language itself",
    "quantized.rows": "quantized:: and _quantized::",
    "torchvision.rows": "torchvision::, written by hand from torchvision/csrc/ops (not recorded)",
    "others.rows": "the small namespaces",
}
# What torch/csrc/jit/ir/ir.cpp, Node::hasSideEffects, answers yes to: its own list of kinds and every operator
# registered with conservative alias analysis (found by asking dead code elimination about each schema).
SIDE_EFFECTS = {
    "aten::_get_cpu_capability", "aten::backward", "aten::dist_backward", "aten::get_autocast_dtype",
    "aten::is_autocast_cpu_enabled", "aten::is_autocast_enabled", "aten::is_grad_enabled", "aten::manual_seed",
    "aten::save", "aten::set_grad_enabled", "aten::wait", "aten::warn", "mkldnn::_is_mkldnn_acl_supported",
    "mkldnn::_is_mkldnn_bf16_supported", "mkldnn::_is_mkldnn_fp16_supported", "prim::AddStatValue",
    "prim::BailOut", "prim::BailoutTemplate", "prim::IgnoredPythonOp", "prim::Print", "prim::PythonOp",
    "prim::RaiseException", "prim::StaticRuntimeCopyOuts", "prim::TimePoint", "prim::rpc_async",
    "prim::rpc_remote", "prim::rpc_sync",
}
# Operators that reach outside the process: files, the clock, the network. Off while an archive loads.
SYSTEM = {
    "aten::dist_backward", "aten::from_file", "aten::save", "aten::to_here", "prim::TimePoint",
    "prim::rpc_async", "prim::rpc_remote", "prim::rpc_sync",
}


def file_of(name):
    """The row file in which operator `name` (with namespace) belongs."""
    namespace, short = name.split("::", 1)
    if namespace in ("prim", "torchvision"):
        return f"{namespace}.rows"
    if namespace in ("quantized", "_quantized"):
        return "quantized.rows"
    if namespace != "aten":
        return "others.rows"
    if short.startswith("__"):
        return "aten_dunder.rows"
    if short.startswith("_"):
        return "aten_private.rows"
    letter = short[0].lower()
    if letter in SPLITS:
        second = SPLITS[letter]
        low = second[len("aten::"):]
        return f"aten_{low}.rows" if short.lower() >= low else f"aten_{letter}.rows"
    if letter in "jkvwxyz":
        return "aten_jkvwxyz.rows"
    return f"aten_{letter}.rows"


def split_row(line):
    """(schema, what follows ' => ' or '')."""
    schema, _, tail = line.partition(" => ")
    return schema.strip(), tail.strip()


def name_of(schema):
    return schema.split("(", 1)[0].split(".", 1)[0]


def read_rows():
    """schema -> tail for all rows on disk, in file order."""
    rows = {}
    for path in sorted(ROWS.glob("*.rows")):
        for line in path.read_text().splitlines():
            if line.startswith(" "):
                rows[schema] += "\n" + line
            elif line.strip() and not line.startswith("#"):
                schema, tail = split_row(line)
                rows[schema] = tail
    return rows


def is_random(torch, schema):
    """Whether PyTorch tags the operator as drawing random numbers."""
    try:
        found = torch._C._get_operation_overload(schema.name, schema.overload_name)
    except RuntimeError:
        return False
    return found is not None and any(str(t) == "Tag.nondeterministic_seeded" for t in found[2])


def recorded_traits(torch, schema):
    """Traits that PyTorch itself knows of an operator."""
    wanted = [
        ("random", is_random(torch, schema)),
        ("side_effects", schema.name in SIDE_EFFECTS),
        ("system", schema.name in SYSTEM),
    ]
    return [trait for trait, has in wanted if has]


def recorded_rows():
    """operator name -> [(schema text, traits)] in PyTorch's registration order."""
    import torch

    names = {s.name: None for s in torch._C._jit_get_all_schemas() if s.name.split("::")[0] in NAMESPACES}
    return {
        name: [(str(s), recorded_traits(torch, s)) for s in torch._C._jit_get_schemas_for_operator(name)]
        for name in names
    }


def with_recorded(tail, traits):
    """A row's tail (what stands behind =>, and the lines of source under it) with PyTorch's traits added where they are missing."""
    first, newline, source = tail.partition("\n")
    words = first.split()
    if not traits:
        return tail
    words = words or ["-"]
    return " ".join(words + [t for t in traits if t not in words[1:]]) + newline + source


def new_files(old, recorded):
    """file name -> lines."""
    by_name = {}
    for schema, tail in old.items():
        by_name.setdefault(name_of(schema), []).append((schema, tail))
    for name, schemas in recorded.items():
        by_name[name] = [(s, with_recorded(old.get(s, ""), traits)) for s, traits in schemas]
    files = {}
    for name in sorted(by_name, key=lambda n: (n.split("::")[0], n.split("::")[1].lower(), n)):
        lines = [f"{s} => {tail}" if tail else s for s, tail in by_name[name]]
        files.setdefault(file_of(name), []).extend(lines)
    return files


def header(file_name):
    what = HEADERS.get(file_name, "aten::, " + file_name[len("aten_"):-len(".rows")])
    return f"# Operators, one a line (src/ops/README.md): {what}.\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="change nothing; exit 1 if something would change")
    check = parser.parse_args().check
    old = read_rows()
    recorded = recorded_rows()
    lost = [s for s, tail in old.items() if tail and name_of(s) in recorded
            and s not in {text for text, _ in recorded[name_of(s)]}]
    for schema in lost:
        print(f"PyTorch no longer has (its kernel is dropped): {schema}", file=sys.stderr)
    changed = 0
    for file_name, lines in new_files(old, recorded).items():
        text = header(file_name) + "\n".join(lines) + "\n"
        path = ROWS / file_name
        if path.exists() and path.read_text() == text:
            continue
        changed += 1
        print(("would change " if check else "wrote ") + file_name)
        if not check:
            path.write_text(text)
    return 1 if check and changed else 0


if __name__ == "__main__":
    sys.exit(main())
