"""Arrays that have `__array_interface__` and no buffer (PIL's images, foreign arrays): their memory as a
memoryview."""

from __future__ import annotations

import ctypes
import math

_FORMATS = {"b1": "?", "i1": "b", "i2": "h", "i4": "i", "i8": "q", "u1": "B", "f4": "f", "f8": "d"}


class _Memory:
    """Keeps who owns the memory."""

    def __init__(self, owner, address: int, size: int):
        self.owner = owner
        self.bytes = (ctypes.c_char * size).from_address(address)
        self.bytes._owner = owner  # the buffer's exporter lives as long as any view of it


def view(owner) -> memoryview:
    """The memory of an object with `__array_interface__`, in its shape; TypeError for layouts and dtypes that
    need NumPy."""
    interface = owner.__array_interface__
    kind, shape = interface["typestr"], tuple(interface["shape"])
    form = _FORMATS.get(kind[1:])
    if form is None or kind[0] == ">" or interface.get("strides") is not None:
        raise TypeError(
            f"an array of {kind} with strides {interface.get('strides')} can't be taken: "
            "make it a contiguous NumPy array"
        )
    data, size = interface.get("data"), math.prod(shape) * int(kind[2:])
    if isinstance(data, tuple):
        data = _Memory(owner, data[0], size).bytes
    flat = memoryview(data if data is not None else owner).cast("B")
    return flat.cast(form, shape) if size else flat.cast(form)
