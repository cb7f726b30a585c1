"""Questions about GPUs (torch.cuda): there are none."""


def is_available() -> bool:
    """False."""
    return False


def device_count() -> int:
    """0"""
    return 0


def manual_seed(seed: int) -> None:
    """Nothing: there is no GPU to seed."""


manual_seed_all = manual_seed


def synchronize(device=None) -> None:
    """Nothing: there is no GPU to wait for."""


def empty_cache() -> None:
    """Nothing."""
