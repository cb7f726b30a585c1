"""A fully connected network, 32 -> 10 -> 1, scripted and timed; beside PyTorch's own script where torch is installed.

Both are called in turns in one process, so that the machine's moods fall on both.
"""
import statistics
import time

import linkboy
import linkboy.nn as nn


def network(nn):
    """The network of either library: the layers have the same names."""

    class FullyConnected(nn.Module):
        def __init__(self):
            super().__init__()
            self.hidden = nn.Linear(32, 10)
            self.out = nn.Linear(10, 1)

        def forward(self, x):
            return self.out(self.hidden(x).relu()).sigmoid()

    return FullyConnected().eval()


def scripted(library):
    """A call of the scripted network on a fixed batch of 16, by name of the library's."""
    library.manual_seed(0)
    model = library.jit.script(network(library.nn))
    x = library.linspace(-1.0, 1.0, 16 * 32).reshape(16, 32)
    return model, x


def microseconds(call, times=200):
    start = time.perf_counter()
    for _ in range(times):
        call()
    return (time.perf_counter() - start) / times * 1e6


def main():
    model, x = scripted(linkboy)
    ours = model(x)
    assert tuple(ours.shape) == (16, 1)
    contenders = {"linkboy": lambda: model(x)}
    try:
        import torch
    except ImportError:
        print("torch is not installed: linkboy alone is timed")
    else:
        torch.set_num_threads(1)
        theirs, y = scripted(torch)
        assert abs(theirs(y).detach().numpy() - ours.numpy()).max() < 1e-6, "the same seed gives the same network"
        contenders["torch"] = lambda: theirs(y)
    times = {name: [] for name in contenders}
    for _ in range(15):
        for name, call in contenders.items():
            with (torch if name == "torch" else linkboy).no_grad():
                times[name].append(microseconds(call))
    for name, values in times.items():
        print(f"{name:8} {statistics.median(values):8.1f} microseconds a call")


if __name__ == "__main__":
    main()
