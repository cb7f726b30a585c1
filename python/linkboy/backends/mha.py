"""The switch of attention's one-operator path: `torch.backends.mha`."""

import linkboy

_is_fastpath_enabled: bool = True


def get_fastpath_enabled() -> bool:
    """Whether attention may run as one operator; compiled code always may."""
    if not linkboy.jit.is_scripting():
        return _is_fastpath_enabled
    return True


def set_fastpath_enabled(value: bool) -> None:
    """Says whether attention may run as one operator."""
    global _is_fastpath_enabled
    _is_fastpath_enabled = value
