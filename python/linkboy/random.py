"""Random numbers: generators of one's own (torch.Generator) beside the thread's."""

from __future__ import annotations

from linkboy import _C


class Generator:
    """A generator to be given to `generator=` (torch.Generator). Its numbers are PyTorch's for the same
    seed."""

    def __init__(self, device="cpu"):
        self._held = _C.operator("aten::Generator", -1, True)(device=device)
        self._seed = 67280421310721
        self.device = _C.device("cpu")

    def manual_seed(self, seed: int) -> "Generator":
        """Starts the generator anew."""
        self._seed = int(seed)
        _C.operator("aten::manual_seed.generator", -1, True)(self._held, self._seed)
        return self

    def initial_seed(self) -> int:
        """The seed that it was started with."""
        return self._seed

    def seed(self) -> int:
        """Starts it with a seed that nobody knows."""
        return self.manual_seed(_unknown_seed()).initial_seed()

    def __linkboy_value__(self):
        return self._held


def _unknown_seed() -> int:
    import secrets

    return secrets.randbits(63)


def seed() -> int:
    """Seeds the thread's generator with a number that nobody knows, and returns it (torch.seed)."""
    return default_generator.seed()


class _ThreadsGenerator(Generator):
    """The calling thread's own generator (torch.default_generator)."""

    def __init__(self):
        self._seed = 67280421310721
        self.device = _C.device("cpu")

    def manual_seed(self, seed: int) -> "Generator":
        self._seed = int(seed)
        _C.manual_seed(self._seed)
        return self

    def __linkboy_value__(self):
        return None


default_generator = _ThreadsGenerator()


def manual_seed(seed: int) -> Generator:
    """Seeds the calling thread's generator, and that of threads that make their first call later
    (torch.manual_seed). Negative seeds count from 2**64 down; ValueError beyond 64 bits."""
    return default_generator.manual_seed(seed)


def initial_seed() -> int:
    """The seed that was set last."""
    return default_generator.initial_seed()
