"""Record what PyTorch's operators on numbers, strings, lists and dicts give: tests/ops/scalar.txt.

One line a call, read by tests/c/scalar_ops.c:

    aten::add.int(1, 2) -> 3
    aten::append.t([int: 1], 2) -> [int: 1, 2] & [int: 1, 2]
    aten::floordiv.int(1, 0) ! division by 0

Results are separated by `;`; after `&` stand the arguments that the schema says are written; after `!` stands the
message, or nothing where PyTorch's process dies. Floats are hexadecimal, so nothing is lost.

Usage: python3 scripts/record_scalar_ops.py [--cases N] [--seed N] [--only REGEX] [--out FILE]
"""

import argparse
import math
import os
import pathlib
import pickle
import random
import re
import signal

import torch

INT_MIN, INT_MAX = -(2**63), 2**63 - 1
INTS = [0, 1, -1, 2, -2, 3, 7, -7, 10, 64, 65, 255, 97, 2**31, 2**40 + 3, INT_MAX, INT_MIN, INT_MIN + 1]
SMALL_INTS = [0, 1, -1, 2, -2, 3, -3, 5, -5, 7, 100, -100]
FLOATS = [0.0, -0.0, 1.0, -1.0, 0.5, 1.5, 2.5, -2.5, 7.3, -7.3, 0.1, 3.0, 1e20, -1e20, 1e300, 5e-324,
          math.inf, -math.inf, math.nan]
COMPLEXES = [0j, 1 + 0j, 1j, -1 - 2j, 0.5 + 2.5j, complex(-0.0, 3), complex(1e200, 1e200), complex(math.inf, 1)]
STRINGS = ["", "a", "b", " ", ",", "ab", "A", "Hello World", "hello world", "HELLO", "  pad\t\n", "a,b,,c", "aXbXc", "l", "lo",
           "12", "-7", "12x", " 5", "3.5", "1e3", "inf", "nan", "x=1\ny=2\r\nz", "a\tbc\td", "Title Case", "x1", "été", "0x1f",
           "aaaa", "aa", "_id", "\x0b\x0c"]
DEVICES = ["cpu", "cuda", "cuda:1", "meta", "cpu:0"]
FORMATS = ["{}", "a{}b{}", "no", "{} {} {}", "{{}}", "{0}"]
PERCENTS = ["%d", "%s and %s", "%f", "%e", "%E", "%c", "%%", "%i%%", "%x", "%", "%F", "%5d", "%s"]
SKIPPED = {
    "aten::save", "aten::warn", "aten::manual_seed", "prim::TimePoint", "prim::Print", "aten::_print", "prim::id",
    "aten::set_grad_enabled", "prim::AddStatValue", "aten::_get_cpu_capability", "prim::BailoutTemplate",
    "aten::_cufft_get_plan_cache_size", "aten::_cufft_get_plan_cache_max_size", "prim::ModuleContainerIndex",
    "aten::_cufft_set_plan_cache_max_size", "aten::_cufft_clear_plan_cache", "aten::get_autocast_dtype",
    "prim::IgnoredPythonOp", "aten::is_autocast_enabled", "aten::is_autocast_cpu_enabled", "prim::Uninitialized",
    "aten::_get_tracing_state", "aten::is_scripting", "aten::has_torch_function", "prim::RaiseException",
    "aten::is_vulkan_available", "aten::_nnpack_available", "aten::is_grad_enabled", "aten::hash", "prim::ReductionSizes",
}
ELEMENTS = ["int", "str", "float"]  # what a type variable stands for, in turn


def strip_alias(text):
    """A schema's type without `(a!)`, `(b -> *)`, `(*)`."""
    return re.sub(r"\((\*|[a-z*|]+!?( -> [a-z*|]+)?)\)", "", text).replace("[ ]", "[]").replace(" []", "[]")


def split_top(text):
    parts, depth, start = [], 0, 0
    for i, c in enumerate(text):
        depth += c in "([{" and 1 or (c in ")]}" and -1 or 0)
        if c == "," and depth == 0:
            parts.append(text[start:i])
            start = i + 1
    return [p.strip() for p in parts + [text[start:]] if p.strip()]


def parse_schema(text):
    """name, overload, [(type, written)], [result type]"""
    full, rest = text.split("(", 1)
    arguments, results = rest.rsplit(") -> ", 1)
    name, _, overload = full.partition(".")
    parsed = []
    for argument in split_top(arguments):
        if argument == "*":
            continue
        argument = re.sub(r"=('.*'|\".*\"|[^=]*)$", "", argument)
        kind = argument if argument == "..." else argument.rsplit(" ", 1)[0]
        parsed.append((strip_alias(kind).strip(), "!" in kind))
    results = strip_alias(results)
    if results.startswith("(") and not results.endswith("]"):
        kinds = split_top(results[1:-1])
    else:
        kinds = [results]
    return name, overload, parsed, [k if k[0] == "(" or k.startswith("Dict(") else k.split(" ")[0] for k in kinds if k]


def dict_kinds(kind):
    return split_top(kind[len("Dict("):-1])


def pick(rng, kind, name):
    """A value of a type, as Python has it."""
    if kind.endswith("?"):
        return None if rng.random() < 0.3 else pick(rng, kind[:-1], name)
    if kind.endswith("[]"):
        count = rng.choice([0, 1, 2, 3, 4])
        return [pick(rng, kind[:-2], name) for _ in range(count)]
    if kind.startswith("Dict("):
        key, value = dict_kinds(kind)
        return {pick(rng, key, name): pick(rng, value, name) for _ in range(rng.choice([0, 1, 2, 3]))}
    if kind.startswith("("):
        return tuple(pick(rng, k, name) for k in split_top(kind[1:-1]))
    small = re.search(r"Delete|getitem|insert|pop|slice|_set_item|mul|rangelist|center|just|zfill|tabs|split|replace|count|"
                      r"find|index|with|StringIndex|range_length|select|ldexp|broadcast|infer_size|ReductionSizes", name)
    if kind == "int":
        return rng.choice(SMALL_INTS if small else INTS)
    if kind == "Scalar":
        kinds = ["int", "float"] if name in ("aten::eq", "aten::ne") else ["int", "float", "int", "float", "complex"]
        return pick(rng, rng.choice(kinds), name)
    pools = {"Device": [torch.device(d) for d in DEVICES], "float": FLOATS, "bool": [True, False], "complex": COMPLEXES, "str": STRINGS}
    return rng.choice(pools[kind])


def concrete(kind, element):
    return re.sub(r"\b(tVal|t1|t2|t)\b", element, kind).replace("SymInt", "int")


def show(value, kind):
    """A value in the text form of the table."""
    if kind.endswith("?"):
        return "none" if value is None else show(value, kind[:-1])
    if value is None:
        return "none"
    if kind.endswith("[]"):
        return "[" + kind[:-2] + ": " + ", ".join(show(v, kind[:-2]) for v in value) + "]"
    if kind.startswith("Dict("):
        key, item = dict_kinds(kind)
        return "{" + key + "," + item + ": " + ", ".join(
            show(k, key) + ": " + show(v, item) for k, v in value.items()) + "}"
    if kind.startswith("("):
        return "(" + ", ".join(show(v, k) for v, k in zip(value, split_top(kind[1:-1]))) + ")"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return "f:" + value.hex()
    if isinstance(value, complex):
        return f"c:{value.real.hex()}:{value.imag.hex()}"
    if isinstance(value, torch.device):
        return "d:" + str(value)
    return '"' + "".join(c if c.isascii() and c.isprintable() and c not in '"\\' else
                         "".join(f"\\x{b:02x}" for b in c.encode()) for c in value) + '"'


def function_of(name, argument_kinds, written, result_kinds):
    """An operator as a function of a graph that also returns what it writes."""
    inputs = ", ".join(f"%a{i} : {k}" for i, k in enumerate(argument_kinds))
    outputs = ", ".join(f"%r{i} : {k}" for i, k in enumerate(result_kinds))
    call = f"{name}(" + ", ".join(f"%a{i}" for i in range(len(argument_kinds))) + ")"
    returned = [f"%r{i}" for i in range(len(result_kinds))] + [f"%a{i}" for i, w in enumerate(written) if w]
    types = ", ".join(list(result_kinds) + [k for k, w in zip(argument_kinds, written) if w])
    text = (f"graph({inputs}):\n  " + (f"{outputs} = " if outputs else "") + call + "\n"
            f"  %t : ({types}) = prim::TupleConstruct({', '.join(returned)})\n  return (%t)\n")
    return torch._C._create_function_from_graph("f", torch._C.parse_ir(text))


def message_of(error):
    text = str(error)
    found = re.search(r"RuntimeError: (.*)\Z", text, re.S)
    text = (found.group(1) if found else text).removesuffix("\n")
    return text.replace("\n", "\\n").replace("\r", "\\r")


def run_case(function, arguments, argument_kinds, written, result_kinds):
    try:
        got = function(*arguments)
    except UnicodeDecodeError:
        return None
    except (RuntimeError, IndexError, ValueError, MemoryError) as error:
        return "! " + message_of(error)
    results = [show(v, k) for v, k in zip(got, result_kinds)]
    after = [show(v, k) for v, k in zip(got[len(result_kinds):], [k for k, w in zip(argument_kinds, written) if w])]
    return ("-> " + " ; ".join(results) + (" & " + " ; ".join(after) if after else "")).rstrip()


def run_in_child(writer, function, cases, kinds, written, result_kinds):
    """Never returns."""
    status = 3
    try:
        signal.alarm(20)
        with os.fdopen(writer, "wb") as out:
            for case in cases:
                pickle.dump(run_case(function, case, kinds, written, result_kinds), out)
                out.flush()
        status = 0
    finally:
        os._exit(status)


def run_forked(function, cases, kinds, written, result_kinds):
    """Results of all cases; a case that kills the process gives `!`."""
    results = []
    while len(results) < len(cases):
        reader, writer = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(reader)
            run_in_child(writer, function, cases[len(results):], kinds, written, result_kinds)
        os.close(writer)
        with os.fdopen(reader, "rb") as stream:
            try:
                while True:
                    results.append(pickle.load(stream))
            except EOFError:
                pass
        if os.waitpid(child, 0)[1] != 0:
            results.append("!")
    return results


def variadic_cases(rng, name, count):
    """format and percentFormat: a format and values of any type."""
    for _ in range(count * 6):
        kinds = ["int", "float", "bool", "complex", "str", "int[]", "float?", "(int, str)", "Dict(str, float)", "bool[]"]
        if name == "aten::format":
            chosen = rng.choices(kinds, k=rng.choice([0, 1, 2, 3]))
            yield ["str"] + chosen, [rng.choice(FORMATS)] + [pick(rng, k, name) for k in chosen]
        else:
            kind = rng.choice(kinds + ["(float, int)", "(str, str)", "(int)"])
            yield ["str", kind], [rng.choice(PERCENTS), pick(rng, kind, name)]


def case_of(rng, kinds, name):
    """Arguments of one call; a second string is often a part of the first, a key often one of the dict's."""
    case = [pick(rng, k, name) for k in kinds]
    if len(case) > 1 and rng.random() < 0.6:
        if kinds[:2] == ["str", "str"] and case[0]:
            start = rng.randrange(len(case[0]))
            case[1] = case[0][start:start + rng.choice([1, 1, 2, 3])]
        elif kinds[0].startswith("Dict(") and kinds[1] == dict_kinds(kinds[0])[0] and case[0]:
            case[1] = rng.choice(list(case[0]))
        elif kinds[0].endswith("[]") and kinds[1] == kinds[0][:-2] and case[0] and not isinstance(case[1], int):
            case[1] = rng.choice(case[0])
    if "mul" in name:
        case = [min(c, 3) if isinstance(c, int) else c for c in case]
    return case


def lines_of(schema, rng, count):
    name, overload, arguments, result_kinds = parse_schema(schema)
    full = name + ("." + overload if overload else "")
    if any(k == "..." for k, _ in arguments):
        for kinds, case in variadic_cases(rng, name, count):
            function = function_of(name, kinds, [False] * len(kinds), result_kinds)
            result = run_forked(function, [case], kinds, [False] * len(kinds), result_kinds)[0]
            if result:
                yield f"{full}({', '.join(show(v, k) for v, k in zip(case, kinds))}) {result}"
        return
    generic = re.search(r"\b(t|t1|tVal)\b", " ".join(k for k, _ in arguments))
    for element in ELEMENTS if generic else ["int"]:
        kinds = [concrete(k, element) for k, _ in arguments]
        results = [concrete(k, element) for k in result_kinds]
        written = [w for _, w in arguments]
        function = function_of(name, kinds, written, results)
        cases = [case_of(rng, kinds, name) for _ in range(count)]
        if full == "aten::device":
            cases = [[d] for d in DEVICES + ["gpu", "cuda:x", "cpu:1", "", "cuda:01", "meta:3"]]
        got = run_forked(function, cases, kinds, written, results)
        for case, result in zip(cases, got):
            if result is not None:
                yield f"{full}({', '.join(show(v, k) for v, k in zip(case, kinds))}) {result}"


def wanted(schema):
    name = schema.split("(")[0].split(".")[0]
    if not re.match(r"(aten|prim)::", schema) or name in SKIPPED:
        return False
    if name in ("aten::format", "aten::percentFormat"):
        return True
    return not re.search(r"with_index|aten::sort(ed)?.any|Tensor|RRef|Generator|Future|Await|Any|\.\.\.|ScalarType|SymInt|Layout", schema)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--cases", type=int, default=6)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", default=".")
    parser.add_argument("--out", default=str(pathlib.Path(__file__).resolve().parent.parent / "tests/ops/scalar.txt"))
    options = parser.parse_args()
    torch.set_num_threads(1)
    pathlib.Path(options.out).parent.mkdir(parents=True, exist_ok=True)
    written = set()
    with open(options.out, "w") as out:
        out.write("# What PyTorch gives, recorded by scripts/record_scalar_ops.py; not written by hand.\n")
        for schema in map(str, torch._C._jit_get_all_schemas()):
            if not wanted(schema) or not re.search(options.only, schema):
                continue
            rng = random.Random(f"{options.seed} {schema}")
            try:
                for line in lines_of(schema, rng, options.cases):
                    if line not in written:
                        written.add(line)
                        out.write(line + "\n")
            except (RuntimeError, KeyError) as error:
                print(f"{schema}: {str(error).strip().splitlines()[0]}")


if __name__ == "__main__":
    main()
