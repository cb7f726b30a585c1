#!/usr/bin/env python3
"""What a call from Python costs: a function of one operator on a 4-element tensor, by linkboy and by
torch.jit, in turns.

    PYTHONPATH=build/python python3 scripts/bench_call.py [ROUNDS]

The program is saved by torch.jit and loaded by both. Prints the median nanoseconds of a call for each pair,
and the ratios to torch.jit's ScriptFunction called with a torch tensor (the limit is 0.5). Needs torch.
"""

import os
import statistics
import sys
import tempfile
import time

import torch

import linkboy

CALLS = 2000


class Relu(torch.nn.Module):
    def forward(self, x):
        return torch.relu(x)


@torch.jit.script
def relu(x):
    return torch.relu(x)


def lap(function, argument):
    """Nanoseconds of a call."""
    start = time.perf_counter_ns()
    for _ in range(CALLS):
        function(argument)
    return (time.perf_counter_ns() - start) / CALLS


def contenders(folder):
    """{name: (callable, argument)}"""
    path = os.path.join(folder, "relu.pt")
    torch.jit.script(Relu()).save(path)
    ours, theirs = linkboy.load(path), torch.jit.load(path)
    x, y = torch.ones(4), linkboy.ones(4)
    import numpy

    array = numpy.ones(4, dtype=numpy.float32)
    return {
        "torch.jit function": (relu, x),
        "torch.jit module": (theirs, x),
        "torch eager": (torch.relu, x),
        "linkboy module": (ours, y),
        "linkboy method": (ours.forward, y),
        "linkboy module, torch tensor": (ours, x),
        "linkboy module, NumPy array": (ours, array),
        "linkboy eager": (linkboy.relu, y),
        "linkboy x + y": (y.__add__, y),
        "torch x + y": (x.__add__, x),
    }


def main():
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 30
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder, torch.no_grad():
        pairs = contenders(folder)
        laps = {name: [] for name in pairs}
        for number in range(rounds):
            for name, (function, argument) in pairs.items():
                took = lap(function, argument)
                if number:  # the first round warms up
                    laps[name].append(took)
    base = statistics.median(laps["torch.jit function"])
    for name, times in laps.items():
        print(f"{name:32} {statistics.median(times):8.0f} ns   {statistics.median(times) / base:5.2f}")


if __name__ == "__main__":
    main()
