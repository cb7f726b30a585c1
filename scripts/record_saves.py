#!/usr/bin/env python3
"""Records what PyTorch makes of archives when it saves them again, into tests/saves/: python3 scripts/record_saves.py

Needs PyTorch (2.13.0, CPU); the tests themselves need none. Written are

    older_N.pt     tests/cases/saves_versions.pt as an archive of version N, whose operators mean what they meant then
    extra.pt       an archive with extra files
    state.pt       a state dict of torch.save, with what else it carries
    faulty.pt      faulty state dicts by name; state.tsv: what load_state_dict says of them
    expected.tsv   for these and all of tests/cases/: what tests/saves.py compares copies with
"""
import io
import os
import sys
import warnings
import zipfile

import torch
from torch import nn

TOP = os.path.normpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
TESTS = os.path.join(TOP, "tests")
sys.path.insert(0, TESTS)

import saves  # noqa: E402
from record import plain_script_paths  # noqa: E402

OUT = os.path.join(TESTS, "saves")
OLDER = (3, 4, 7, 9)
EXTRA = {"notes.txt": "notes\n", "a": "", "labels/de.json": '["eins", "zwei"]', "zz": "z" * 300, "m": "\u00e9"}
HEAD = """# What PyTorch made of each archive when it saved it again (scripts/record_saves.py): archive, the copy's number ("-": its
# debug files differ from ours), digest of names and bytes of all other records (tests/saves.py).
"""


def older(version):
    """saves_versions.pt with another version record; the bytes of everything else stay."""
    path = os.path.join(OUT, f"older_{version}.pt")
    with zipfile.ZipFile(os.path.join(TESTS, "cases", "saves_versions.pt")) as from_, zipfile.ZipFile(path, "w") as to:
        for name in from_.namelist():
            if not name.endswith(("/.data/version", "/version", "/.data/serialization_id")):
                to.writestr(zipfile.ZipInfo(name), from_.read(name))
        to.writestr(zipfile.ZipInfo("archive/" + ("version" if version < 6 else ".data/version")), f"{version}\n")
    return path


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Linear(3, 2)
        self.norm = nn.BatchNorm1d(2)
        self.scale = nn.Parameter(torch.tensor(2.0))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.norm(self.first(x)) * self.scale


def with_extra():
    path = os.path.join(OUT, "extra.pt")
    torch.manual_seed(0)
    torch.jit.save(torch.jit.script(Net().eval()), path, _extra_files=EXTRA)
    return path


def resaved(path):
    with zipfile.ZipFile(path) as zipped:
        names = [name.split("/", 1)[1] for name in zipped.namelist()]
    extra = dict.fromkeys(sorted(n[len("extra/"):] for n in names if n.startswith("extra/")), "")
    module = torch.jit.load(path, _extra_files=extra)
    buffer = io.BytesIO()
    torch.jit.save(module, buffer, _extra_files=extra)
    return buffer


def faults(state):
    """Faulty state dicts by name."""
    def changed(**other):
        return {**state, **{k.replace("__", "."): v for k, v in other.items()}}
    yield "missing", {k: v for k, v in state.items() if k not in ("first.bias", "norm.running_mean")}
    yield "unexpected", changed(first__other=torch.ones(1), nothing__weight=torch.ones(1), odd=torch.ones(1))
    yield "sizes", changed(first__weight=torch.ones(2, 4), scale=torch.ones(2))
    yield "kinds", changed(first__bias=3, norm__weight="x")
    yield "all", {**{k: v for k, v in state.items() if k != "scale"}, "first.weight": torch.ones(3), "more": torch.ones(1)}
    yield "none", changed(scale=torch.ones(1))


def state_dicts(extra):
    """state.pt, faulty.pt (all the faulty ones by name), and state.tsv: what PyTorch says of each."""
    module = torch.jit.load(extra)
    state = module.state_dict()
    torch.save(state, os.path.join(OUT, "state.pt"))
    torch.save(dict(faults(dict(state))), os.path.join(OUT, "faulty.pt"))
    with open(os.path.join(OUT, "state.tsv"), "w", encoding="utf-8") as file:
        file.write("\t".join(["names", *state]) + "\n")
        for name, faulty in faults(dict(state)):
            for strict in (True, False):
                try:
                    torch.jit.load(extra).load_state_dict(faulty, strict=strict)
                    said = ""
                except RuntimeError as error:
                    said = str(error)
                file.write(f"{name}\t{'strict' if strict else 'lax'}\t{said.encode('unicode_escape').decode()}\n")


def main():
    warnings.simplefilter("ignore")
    plain_script_paths()
    torch.set_num_threads(1)
    os.makedirs(OUT, exist_ok=True)
    extra = with_extra()
    state_dicts(extra)
    old = [older(version) for version in OLDER]
    cases = [os.path.join(TESTS, "cases", n) for n in sorted(os.listdir(os.path.join(TESTS, "cases"))) if n.endswith(".pt")]
    with open(os.path.join(OUT, "expected.tsv"), "w", encoding="utf-8") as file:
        file.write(HEAD)
        for path in [extra, *old, *cases]:
            try:
                copy = resaved(path)
            except RuntimeError as error:  # operators of torchvision, where that is not installed
                print(f"{path} is left out: {str(error).strip().splitlines()[0]}", file=sys.stderr)
                continue
            number = "-" if path in old else saves.number(copy)
            file.write(f"{os.path.relpath(path, TESTS)}\t{number}\t{saves.digest(copy)}\n")


if __name__ == "__main__":
    main()
