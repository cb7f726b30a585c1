"""Handles of registered hooks: `torch.utils.hooks`."""

import itertools
import weakref
from collections.abc import Iterable
from typing import Any


class RemovableHandle:
    """What registering a hook gives: `remove()`, or the end of a `with` block, takes the hook away again.

    `hooks` is the dictionary the hook is put in under `id`; `extra` are dictionaries that may know something of it.
    """

    _ids = itertools.count()

    def __init__(self, hooks: Any, extra: Iterable[Any] = ()) -> None:
        self.id = next(RemovableHandle._ids)
        self._places = [weakref.ref(place) for place in (hooks, *extra)]

    def remove(self) -> None:
        """Takes the hook away; a second time does nothing."""
        for place in self._places:
            hooks = place()
            if hooks is not None:
                hooks.pop(self.id, None)

    def __enter__(self) -> "RemovableHandle":
        return self

    def __exit__(self, *unused: Any) -> None:
        self.remove()

    def __getstate__(self) -> tuple:
        return self.id, [place() for place in self._places]

    def __setstate__(self, state: tuple) -> None:
        self.id, places = state
        self._places = [weakref.ref(place) for place in places if place is not None]
