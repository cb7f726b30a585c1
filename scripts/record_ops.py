#!/usr/bin/env python3
"""Records what PyTorch does with every operator into tests/ops/: python3 scripts/record_ops.py [--each FOLDER] [NAME-GLOB ...]

Needs PyTorch (2.13.0, CPU, is the version of record) and, for its operator database, the package expecttest.

One archive a file of src/ops/rows, with a method for each operator and a few of its calls; with --each one archive an operator (a
function with the schema's arguments by position, see opcalls/schemas.py) and all its calls, as record.py writes them. Calls come from PyTorch's own operator database, from operators of the
same family, from types and names, and from variations of all these; what is not the same twice is left out.
"""
import argparse
import ctypes
import fnmatch
import glob
import io
import itertools
import math
import os
import pickle
import select
import signal
import subprocess
import sys
import time
import traceback
import warnings

import torch

import recording
from opcalls import harvest, packing, recipes, schemas, synthesis, variations

TOP = os.path.normpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
M_PERTURB = -6               # mallopt: what free memory is filled with
LIMIT = 25                   # seconds without a word from a worker before it is taken for stuck
SUCCESSES, FAILURES = 10, 3  # calls kept of an operator
WIDER = {torch.float16: torch.float64, torch.bfloat16: torch.float64, torch.float32: torch.float64, torch.complex64: torch.complex128}
TOLERANCE = {torch.float16: (1e-3, 1e-5), torch.bfloat16: (1.6e-2, 1e-5), torch.float32: (1.3e-6, 1e-5), torch.complex64: (1.3e-6, 1e-5)}
PROCESSES = 2
MOST_LOST = 12               # calls of an operator that may kill PyTorch
MOST_BYTES = 40_000          # of a call's tensors


class Store:
    """All harvested calls, by overload and by family. A family is read when it is asked for: a worker may not live long."""

    def __init__(self, path, schema_of):
        with open(path, "rb") as file:
            self.families = pickle.load(file)
        self.schema_of = schema_of
        self.last = (None, {})

    def family(self, operator):
        name = recipes.family(operator.overload)
        if self.last[0] != name:
            found = self.families.get(name)
            self.last = (name, torch.load(io.BytesIO(found), weights_only=False) if found else {})
        return self.last[1]

    def own(self, operator):
        skipped = {a.name for a in operator.left_out}
        names = [a.name for a in operator.schema.arguments]
        for values in self.family(operator).get(operator.overload, []):
            if len(values) == len(names):
                yield [v for v, name in zip(values, names) if name not in skipped]

    def lent(self, operator):
        """Calls of the same family, matched by the names of arguments."""
        for overload, calls in self.family(operator).items():
            names = [a.name for a in self.schema_of[overload].arguments] if overload in self.schema_of else []
            for values in calls:
                found = fitted(operator, dict(zip(names, values)))
                if found is not None:
                    yield found


def stored(by_overload):
    """The bytes of a Store's file."""
    families = {}
    for name, calls in by_overload.items():
        families.setdefault(recipes.family(name), {})[name] = calls
    return pickle.dumps({name: in_bytes(calls) for name, calls in families.items()})


def in_bytes(value):
    buffer = io.BytesIO()
    torch.save(value, buffer)
    return buffer.getvalue()


def fitted(operator, by_name):
    """The operator's arguments out of values by name; None where one is missing or of another type. An out argument is None, to be made."""
    values = []
    for argument in operator.args:
        known = next((by_name[n] for n in (argument.local, argument.name) if n in by_name), by_name)
        if known is not by_name and synthesis.conforms(known, argument.type):
            values.append(known)
        elif argument.is_out:
            values.append(None)
        elif argument.has_default:
            values.append(argument.default)
        else:
            return None
    return values


def functional_of(operator):
    """PyTorch's operator without the out arguments, to learn from what they must be."""
    given = [a for a in operator.args if not a.is_out]
    packet = getattr(getattr(torch.ops, operator.schema.name.split("::")[0]), operator.schema.name.split("::")[1])
    for overload in packet.overloads():
        found = getattr(packet, overload)
        names = [a.name for a in found._schema.arguments if not schemas.left_out(a)]
        if names == [a.name for a in given]:
            return lambda values: found(**{a.name: v for a, v in zip(given, values)})
    return None


def outs_like(results, at):
    """Out arguments for these results: of no elements, as they are, and now and then of another dtype."""
    def like(result):
        if isinstance(result, (list, tuple)):
            return [like(r) for r in result]
        dtype = torch.int32 if at % 7 == 6 else result.dtype
        return torch.zeros(result.shape if at % 2 else (0,), dtype=dtype)
    return [like(r) for r in results]


def made_outs(operator, function, values, at):
    outs = [a for a in operator.args if a.is_out]
    given = [v for a, v in zip(operator.args, values) if not a.is_out]
    try:
        results = function(recording.duplicate(given))
        results = [results] if len(outs) == 1 else list(results)
        found = outs_like(results, at)
    except Exception:  # a call that is refused without outs is refused with them
        found = [[torch.zeros(0)] if "List" in a.type else torch.zeros(0) for a in outs]
    return found if len(found) == len(outs) else [torch.zeros(0) for _ in outs]


def with_outs(operator, function, values, at):
    """Values with the out arguments made, where they are not given."""
    if not any(a.is_out and v is None for a, v in zip(operator.args, values)):
        return values
    made = iter(made_outs(operator, function, values, at) if function else [torch.zeros(0) for a in operator.args if a.is_out])
    return [next(made) if a.is_out else v for a, v in zip(operator.args, values)]


def candidates(operator, store):
    """Calls to try, the best first."""
    function = functional_of(operator) if any(a.is_out for a in operator.args) else None
    ours = (fitted(operator, by_name) for by_name in recipes.recipes(operator))
    own, lent = list(store.own(operator)), list(store.lent(operator))
    if function:  # what is lent has outs to make; what is its own has them as the database left them
        own = [[None if a.is_out else v for a, v in zip(operator.args, values)] for values in own]
    for at, values in enumerate(itertools.chain(filter(None, ours), own, lent, synthesis.made_up(operator, 60))):
        yield with_outs(operator, function, values, at)


class Recorder:
    """One operator's archive, loaded, and the calls that it has answered."""

    def __init__(self, operator, function, announce):
        self.operator = operator
        self.method = "forward"
        buffer = io.BytesIO()
        torch.jit.save(function, buffer)
        self.data = buffer.getvalue()
        self.module = torch.jit.load(io.BytesIO(self.data))
        self.good, self.bad, self.seen = [], [], set()
        self.announce = announce
        self.attempts = 0

    def perform(self, values, seed):
        return recording.performed(self.module, {"method": self.method, "args": tuple(values), "kwargs": {}, "seed": seed})

    def go(self):
        """Says what comes next; False where that has killed a worker before."""
        self.attempts += 1
        return self.announce(self.attempts)

    def attempt(self, values, seed=0):
        """The call if it is of use: new, the same twice whatever memory holds, and readable."""
        key = (seed, signature(values))
        if key in self.seen or size(values) > MOST_BYTES:
            return None
        self.seen.add(key)
        if not self.go():
            return None
        try:
            return self.performed_twice(values, seed)
        except (RuntimeError, NotImplementedError):  # an answer that cannot be copied: a tensor of negative size, a layout half made
            return None
        finally:
            memory_holds(0)

    def performed_twice(self, values, seed):
        memory_holds(0x55)
        call = self.perform(values, seed)
        if "raises" in call:
            return call if is_refusal(call["raises"]) else None
        memory_holds(0x2A)
        again = self.perform(values, seed)
        return call if self.usable(call, again) else None

    def usable(self, call, again):
        return ("output" in again and recording.alike(call["output"], again["output"]) and size([call["output"]]) < MOST_BYTES
                and recording.alike(call.get("args_after"), again.get("args_after")))

    def keep(self, call, successes=SUCCESSES, failures=FAILURES):
        if call is None:
            return False
        place, most = (self.bad, failures) if "raises" in call else (self.good, successes)
        if len(place) >= most or "raises" in call and any(c["raises"]["message"] == call["raises"]["message"] for c in place):
            return False
        place.append(call)
        return True

    def draws(self, call):
        """Whether the call draws random numbers: another seed gives another answer."""
        if not self.go():
            return False
        other = self.perform(list(call["args"]), call["seed"] + 1)
        return "output" in other and not (recording.alike(other["output"], call["output"])
                                          and recording.alike(other.get("args_after"), call.get("args_after")))

    def widened(self, call):
        """The call with a tolerance where PyTorch's own error, measured against twice the precision, comes near the usual one."""
        if not self.go():
            return call
        exact = recording.performed(self.module, {**call, "args": wider(call["args"]), "kwargs": {}})
        found = excess([call["output"], call.get("args_after")], [exact.get("output"), exact.get("args_after")])
        return {**call, "tolerance": found} if found else call


def signature(values):
    return repr([(v.dtype, v.shape, v.stride() if v.layout == torch.strided else v.layout, v.dequantize().tolist() if v.is_quantized else
                  v.to_dense().tolist() if v.layout != torch.strided else v.tolist())
                 if isinstance(v, torch.Tensor) else signature(v) if isinstance(v, (list, tuple)) else v for v in values])


def size(values):
    return sum(t.numel() * t.element_size() if t.layout == torch.strided else 64 for t in harvest.tensors_in(values))


def is_refusal(raised):
    """PyTorch's own no, not Python's or TorchScript's about the way the call was put."""
    return raised["type"] != "TypeError" and "forward() Expected" not in raised["text"] and "INTERNAL ASSERT" not in raised["text"]


def readable(call):
    try:
        torch.load(io.BytesIO(in_bytes(call)), weights_only=True)
        return True
    except Exception:
        return False


def memory_holds(byte):
    ctypes.CDLL(None).mallopt(M_PERTURB, byte)


def wider(value):
    if isinstance(value, torch.Tensor):
        return value.to(WIDER[value.dtype]) if value.layout == torch.strided and value.dtype in WIDER else value
    if isinstance(value, (list, tuple)):
        return type(value)(map(wider, value))
    return value


def excess(given, exact):
    """A tolerance for `given`, or None where the usual one does."""
    worst = None
    for a, b in zip(harvest.tensors_in([given]), harvest.tensors_in([exact])):
        if a.dtype not in TOLERANCE or a.layout != torch.strided or a.shape != b.shape or not a.numel():
            continue
        rtol, atol = TOLERANCE[a.dtype]
        a, b = (t.to(torch.complex128 if t.is_complex() else torch.float64) for t in (a, b))
        away = torch.nan_to_num((a - b).abs() - rtol * b.abs(), 0.0, 0.0, 0.0).max().item()
        if away > atol / 4 and (worst is None or away > worst[1]):
            worst = (rtol, away)
    if worst is None or worst[1] > 1e6:
        return None
    step = 10.0 ** math.floor(math.log10(4 * worst[1]))
    return worst[0], float(f"{math.ceil(4 * worst[1] / step) * step:.1g}")


def record_operator(operator, store, announce):
    """A recorder with the calls of the operator; None where TorchScript cannot say it or no call is of use."""
    function = schemas.scripted(operator)
    if function is None:
        return None
    recorder = Recorder(operator, function, announce)
    failures = itertools.count()
    for values in candidates(operator, store):
        kept = recorder.keep(recorder.attempt(values), successes=8, failures=2)
        if len(recorder.good) >= 8 or not kept and next(failures) > 60:
            break
    random = bool(recorder.good) and recorder.draws(recorder.good[0])
    vary(recorder, random)
    calls = recorder.good if random else [recorder.widened(c) for c in recorder.good]
    return recorder, calls + recorder.bad


def vary(recorder, random):
    """More calls from the first good ones."""
    most = len(recorder.good) + 5
    for base in recorder.good[:1 if len(recorder.good) > 3 else 2]:
        for values in variations.variations(recorder.operator, list(base["args"])):
            recorder.keep(recorder.attempt(values), successes=most)
    if random:
        for seed, values in variations.sizes_for_random(recorder.operator, list(recorder.good[0]["args"])):
            recorder.keep(recorder.attempt(values, seed), successes=most + 12)


def write(recorder, calls, folder):
    calls = [c for c in calls if readable(c)]
    if not calls:
        return
    stem = os.path.join(folder, recorder.operator.stem)
    with open(stem + ".pt", "wb") as file:
        file.write(recorder.data)
    torch.save({"calls": calls}, stem + ".io")


# Workers: PyTorch itself can be killed or caught in a loop by a call, so the calls are made in processes that may be lost.

def worker_harvest(chunk, chunks, path):
    infos = harvest.all_infos()[chunk::chunks]
    found = {}
    for info in infos:
        print(info.name, flush=True)
        for name, calls in harvest.harvest([info]).items():
            found.setdefault(name, []).extend(calls)
    torch.save(found, path)


def recorded_in_child(operator, store, folder, skip, says):
    """In a child process: the archive of one operator. What is about to be called is said through the pipe first."""
    def announce(at):
        os.write(says, at.to_bytes(4, "little"))
        return at not in skip
    try:
        done = record_operator(operator, store, announce)
        if done:
            write(*done, folder)
    except Exception:  # one operator that cannot be recorded is no reason to lose the rest
        print(f"{operator.name}: {traceback.format_exc()}", file=sys.stderr, flush=True)
    os._exit(0)


def last_word(child, hears):
    """The number of the child's last call, and whether it came to its end by itself."""
    at = 0
    while True:
        ready, _, _ = select.select([hears], [], [], LIMIT)
        if not ready:
            os.kill(child, signal.SIGKILL)
        word = os.read(hears, 4096) if ready else b""
        if not word:
            return at, os.waitpid(child, 0)[1] == 0
        at = int.from_bytes(word[-4:], "little")


def record_guarded(operator, store, folder):
    """Records in child processes, each knowing which calls to leave out because they killed the one before or never came back."""
    skip = set()
    while len(skip) < MOST_LOST:
        hears, says = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(hears)
            recorded_in_child(operator, store, folder, skip, says)
        os.close(says)
        at, well = last_word(child, hears)
        os.close(hears)
        if well:
            return
        print(f"{operator.name}: PyTorch was lost in call {at}", file=sys.stderr, flush=True)
        skip.add(at)


def record_part(part, operators, store, folder):
    """One process's part of the operators."""
    for operator in operators[part::PROCESSES]:
        record_guarded(operator, store, folder)
    os._exit(0)


def name_of(schema):
    return schema.name + ("." + schema.overload_name if schema.overload_name else "")


def merged(parts):
    calls = harvest.Calls()
    for part in parts:
        for name, found in part.items():
            for values in found:
                calls.add(name, values)
    return dict(calls.by_overload)


def start(arguments, log):
    return subprocess.Popen([sys.executable, os.path.abspath(__file__), *arguments], stdout=open(log, "wb"), stderr=open(log + ".err", "ab"))


def harvest_all(work):
    """The harvested calls in a file of the folder `work`."""
    path = os.path.join(work, "harvest.pkl")
    if os.path.exists(path):
        return path
    chunks = 16
    for first in range(0, chunks, PROCESSES):
        running = [start(["--harvest", str(c), str(chunks), f"{path}.{c}"], f"{path}.{c}.log") for c in range(first, first + PROCESSES)]
        for process in running:
            process.wait()
    parts = []
    for chunk in range(chunks):
        if os.path.exists(f"{path}.{chunk}"):
            parts.append(torch.load(f"{path}.{chunk}", weights_only=False))
        else:
            print(f"harvest {chunk}: lost at {open(f'{path}.{chunk}.log').read().splitlines()[-1:]}", file=sys.stderr)
    with open(path, "wb") as file:
        file.write(stored(merged(parts)))
    return path


def record_each(folder, patterns, work):
    os.makedirs(work, exist_ok=True)
    os.makedirs(folder, exist_ok=True)
    store = Store(harvest_all(work), {name_of(s): s for s in torch._C._jit_get_all_schemas()})
    operators = [o for o in schemas.all_operators() if not os.path.exists(os.path.join(folder, o.stem + ".io")) and not patterns or any(fnmatch.fnmatchcase(o.name, p) for p in patterns)]
    children = []
    for part in range(PROCESSES):
        child = os.fork()
        if child == 0:
            record_part(part, operators, store, folder)
        children.append(child)
    for child in children:
        os.waitpid(child, 0)


def rows_file_of(rows):
    """The rows file that holds each overload."""
    found = {}
    for path in sorted(glob.glob(os.path.join(rows, "*.rows"))):
        with open(path, encoding="utf-8") as file:
            for line in file:
                if "(" in line and not line.startswith("#"):
                    found[line.split("(")[0]] = os.path.splitext(os.path.basename(path))[0]
    return found


def accepted_guarded(function, calls):
    """packing.accepted in a child: a dtype that nobody thought of may kill PyTorch. None where that happens."""
    hears, says = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(hears)
        found = packing.accepted(function, calls)
        os.write(says, b"-" if found is None else " ".join(str(packing.TRIED.index(d)) for d in found).encode() + b".")
        os._exit(0)
    os.close(says)
    ready, _, _ = select.select([hears], [], [], LIMIT)
    word = os.read(hears, 4096) if ready else b""
    if not ready:
        os.kill(child, signal.SIGKILL)
    os.close(hears)
    os.waitpid(child, 0)
    return [packing.TRIED[int(n)] for n in word[:-1].split()] if word.endswith(b".") else None


DTYPES_HEAD = """# The dtypes that the first tensor of an operator may have on PyTorch's CPU: int is int8 to int64 and uint8, half float16 and
# bfloat16, float float32 and float64, complex complex64 and complex128. Found by scripts/record_ops.py, which casts all tensors of the first
# one's dtype in the first recorded call; `linkboy verify --dtypes tests/ops` holds this library to it.
"""


def pack_all(recorded, out, patterns):
    """Packs what lies recorded one archive an operator, one archive a rows file, and lists the dtypes."""
    os.makedirs(out, exist_ok=True)
    rows = os.path.join(TOP, "src", "ops", "rows")
    files, by_file, dtypes = rows_file_of(rows), {}, {}
    for operator in schemas.all_operators():
        if operator.overload in files and os.path.exists(os.path.join(recorded, operator.stem + ".io")):
            by_file.setdefault(files[operator.overload], []).append(operator)
    for name, operators in sorted(by_file.items()):
        if patterns and not any(fnmatch.fnmatchcase(name, p) for p in patterns):
            continue
        functions = {o.name: schemas.scripted(o) for o in operators}
        operators = [o for o in operators if functions[o.name]]
        read = lambda o: torch.load(os.path.join(recorded, o.stem + ".io"), weights_only=True)["calls"]
        dtypes.update(packing.pack(operators, read, lambda o, calls: accepted_guarded(functions[o.name], calls), os.path.join(out, name)))
    if not patterns:
        with open(os.path.join(rows, "accepted.dtypes"), "w", encoding="utf-8") as file:
            file.write(DTYPES_HEAD + "".join(f"{name}: {dtypes[name]}\n" for name in sorted(dtypes)))
    print(f"{sum(e.stat().st_size for e in os.scandir(out)) // 1024} KB")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME-GLOB", help="operators (aten::add*), without --each rows files (aten_a)")
    parser.add_argument("--each", metavar="FOLDER", help="an archive for each operator, with all its calls")
    parser.add_argument("--recorded", metavar="FOLDER", help="pack what --each has left there, and record nothing")
    parser.add_argument("--out", default=os.path.join(TOP, "tests", "ops"), metavar="FOLDER")
    parser.add_argument("--work", default="/tmp/record_ops", metavar="FOLDER", help="where the harvest is kept between runs")
    parser.add_argument("--harvest", nargs=3, help=argparse.SUPPRESS)
    given = parser.parse_args()
    recording.quiet_machine()
    torch.use_deterministic_algorithms(False)
    warnings.simplefilter("ignore")
    if given.harvest:
        return worker_harvest(int(given.harvest[0]), int(given.harvest[1]), given.harvest[2])
    if given.each:
        return record_each(given.each, given.names, given.work)
    recorded = given.recorded or os.path.join(given.work, "each")
    if not given.recorded:
        record_each(recorded, [], given.work)
    return pack_all(recorded, given.out, given.names)


if __name__ == "__main__":
    sys.exit(main())
