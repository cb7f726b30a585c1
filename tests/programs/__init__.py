"""The project's own TorchScript programs, a file a theme. scripts/record.py makes tests/cases/ of them.

    @calls((3, 4), (10, 0))            a function, or a module class made without arguments
    def divide(a: int, b: int) -> int: ...

    add("linear", lambda: nn.Linear(4, 3), (torch.ones(2, 4),))

A tuple is the arguments of a call of forward; `call(...)` gives method, keywords, seed or tolerance too. A program whose calls raise on
purpose says `may_raise=True`.
"""
import importlib
import inspect
import pkgutil

import torch

_themes = {}


def call(*args, method="forward", seed=0, tolerance=None, **kwargs):
    return {"method": method, "args": args, "kwargs": kwargs, "seed": seed, "tolerance": tolerance}


class Program:
    def __init__(self, theme, name, make, given, may_raise, trace=None):
        self.name, self.make, self.may_raise, self.trace = f"{theme}_{name}", make, may_raise, trace
        self.calls = [c if isinstance(c, dict) else call(*c) for c in given]

    def compiled(self):
        torch.manual_seed(7)
        made = self.make()
        if isinstance(made, torch.nn.Module):
            made.eval()
        if self.trace is not None:
            return torch.jit.trace(made, self.trace)
        return torch.jit.script(made)


def _theme():
    frame = next(f for f in inspect.stack() if f.frame.f_globals["__name__"] != __name__)
    return _themes.setdefault(frame.frame.f_globals["__name__"].rpartition(".")[2], [])


def add(name, make, *given, may_raise=False, trace=None):
    _theme().append((name, make, given, may_raise, trace))


def calls(*given, may_raise=False):
    def keep(thing):
        make = thing if inspect.isclass(thing) else lambda: thing
        _theme().append((thing.__name__.lower(), make, given, may_raise, None))
        return thing
    return keep


def everything():
    for module in sorted(m.name for m in pkgutil.iter_modules(__path__)):
        importlib.import_module(f"{__name__}.{module}")
        for name, make, given, may_raise, trace in _themes.get(module, []):
            yield Program(module, name, make, given, may_raise, trace)
