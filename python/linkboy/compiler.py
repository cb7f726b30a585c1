"""Whether PyTorch's other compiler runs: `torch.compiler`. It never does here."""

import linkboy


def is_compiling() -> bool:
    """False."""
    if linkboy.jit.is_scripting():
        return False
    else:
        return False
