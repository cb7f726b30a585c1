"""Programs and data to files and back: torch.save, torch.load, torch.jit.save, torch.jit.load."""

from __future__ import annotations

import os
from typing import Any, Dict, Mapping, Optional

from linkboy import _C
from linkboy.module import ScriptModule


def check_location(map_location) -> None:
    """There is one device, the CPU: everything comes to it, and nothing can be sent elsewhere."""
    kind = str(map_location).split(":")[0]
    if (
        map_location is not None
        and not callable(map_location)
        and not isinstance(map_location, dict)
        and kind != "cpu"
    ):
        raise RuntimeError(f"map_location {map_location!r}: linkboy has tensors on the CPU alone")


def _is_path(f) -> bool:
    return isinstance(f, (str, bytes, os.PathLike))


def extra_bytes(files: Optional[Mapping[str, Any]]) -> Optional[Dict[str, bytes]]:
    """Extra files with texts as UTF-8."""
    if files is None:
        return None
    return {name: data.encode() if isinstance(data, str) else bytes(data) for name, data in files.items()}


def load_program(
    f, map_location=None, _extra_files: Optional[dict] = None, _restore_shapes=False
) -> ScriptModule:
    """Loads what torch.jit.save wrote, from a path or a file that can be read (torch.jit.load).

    The values of `_extra_files` become the files of these names that were saved beside the program, as bytes.
    Raises OSError when the file can't be read, RuntimeError when it is damaged, NotImplementedError when it
    holds data and no program. Memory of a file on disk is mapped, not copied.
    """
    check_location(map_location)
    module = _C.load_path(f) if _is_path(f) else _C.load_bytes(f.read())
    if _extra_files:
        found = _C.extra_files(module)
        for name in _extra_files:
            _extra_files[name] = found.get(name, b"")
    return module


def save_program(m: ScriptModule, f, _extra_files: Optional[Mapping[str, Any]] = None) -> None:
    """Saves a module, or a function as one, to a path or a file that can be written: an archive that PyTorch opens (torch.jit.save).

    A file on disk is replaced as a whole or not at all. Raises OSError when it can't be written.
    """
    extras = extra_bytes(_extra_files)
    m = m._module() if isinstance(m, _C.Function) else m
    if _is_path(f):
        _C.save_module(m, f, extras)
    else:
        f.write(_C.save_module(m, None, extras))


def load(f, map_location=None, pickle_module=None, *, weights_only=True, mmap=None, **pickle_load_args):
    """Loads data of torch.save (tensors, numbers, strings in lists, tuples, dicts), or a program of
    torch.jit.save as a ScriptModule (torch.load, torch.jit.load). Only what `weights_only=True` allows is
    ever read."""
    check_location(map_location)
    if _is_path(f):
        try:
            return _C.load_path(f)
        except NotImplementedError:  # it holds no program
            return _C.read_path(f)
    data = f.read()
    try:
        return _C.load_bytes(data)
    except NotImplementedError:
        return _C.read_bytes(data)


def save(obj, f, pickle_module=None, pickle_protocol=2, _use_new_zipfile_serialization=True) -> None:
    """Saves data so that torch.load(weights_only=True) reads it, or a ScriptModule as torch.jit.save does
    (torch.save)."""
    if isinstance(obj, ScriptModule):
        save_program(obj, f)
    elif _is_path(f):
        _C.write_value(obj, f)
    else:
        f.write(_C.write_value(obj, None))
