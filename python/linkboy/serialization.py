"""Programs and data from files."""
from __future__ import annotations

import os

from linkboy import _C
from linkboy.module import ScriptModule


def check_location(map_location) -> None:
    """There is one device, the CPU: everything comes to it, and nothing can be sent elsewhere."""
    kind = str(map_location).split(":")[0]
    if map_location is not None and not callable(map_location) and kind != "cpu":
        raise RuntimeError(f"map_location {map_location!r}: linkboy has tensors on the CPU alone")


def load_program(f, map_location=None) -> ScriptModule:
    """Loads what torch.jit.save wrote, from a path or a file that can be read (torch.jit.load).

    Raises OSError when the file can't be read, RuntimeError when it is damaged or no program. Memory of a file on disk
    is mapped, not copied.
    """
    check_location(map_location)
    if isinstance(f, (str, os.PathLike)):
        return _C.load_path(f)
    return _C.load_bytes(f.read())


def load(f, map_location=None):
    """Loads a program of torch.jit.save (a ScriptModule) or data of torch.save: tensors, numbers, strings in lists,
    tuples, dicts (torch.load, torch.jit.load)."""
    try:
        return load_program(f, map_location)
    except NotImplementedError:  # it holds no program
        return _C.read_value(f)
