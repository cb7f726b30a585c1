"""What a package offers to be compiled: its functions, and its modules made with simple arguments, for check_libraries.py."""
import importlib
import inspect
import pkgutil

import torch

# By a parameter's name, where one of its type would not do.
BY_NAME = {
    **dict.fromkeys(("num_heads", "nhead", "heads", "num_layers", "num_groups", "upscale_factor", "downscale_factor"), 2),
    **dict.fromkeys(("nn", "mlp"), torch.nn.Linear(4, 4)),
    **dict.fromkeys(("angle", "degrees"), 10.0),
    **dict.fromkeys(("embed_dim", "d_model"), 8),
    **dict.fromkeys(("mean", "std"), (0.5, 0.5, 0.5)),
    "kernel_size": 3, "p": 0.5, "padding": 1, "sigma": (1.5, 1.5), "norm": None, "task": "multiclass",
}
# Words of an annotation, the first that is found: what is given.
BY_TYPE = (
    ("optional", None), ("none", None), ("tuple[int, int", (3, 3)), ("tuple[float, float", (0.5, 0.5)),
    ("int", 4), ("float", 0.5), ("bool", False), ("str", "mean"), ("tensor", torch.ones(3, 3)),
    ("module", torch.nn.Linear(4, 4)), ("callable", torch.nn.Linear(4, 4)),
)


def python_modules(package):
    """The package and all below it that can be imported."""
    top = importlib.import_module(package)
    yield top
    for info in pkgutil.walk_packages(getattr(top, "__path__", ()), f"{package}.", onerror=lambda name: None):
        if any(part in ("tests", "testing", "__main__", "distributed") for part in info.name.split(".")):
            continue
        try:
            yield importlib.import_module(info.name)
        except BaseException:  # noqa: BLE001 - something that it needs is not here
            continue


def is_compiled(thing) -> bool:
    if inspect.isclass(thing):
        return issubclass(thing, torch.nn.Module) and not inspect.isabstract(thing)
    special = inspect.isgeneratorfunction(thing) or inspect.iscoroutinefunction(thing)
    return inspect.isfunction(thing) and not special


def objects(package):
    """(name, function or class of modules), each once."""
    seen = set()
    for module in python_modules(package):
        for name, thing in sorted(vars(module).items()):
            home = getattr(thing, "__module__", None)
            own = isinstance(home, str) and (home == package or home.startswith(f"{package}."))
            if own and not name.startswith("__") and id(thing) not in seen and is_compiled(thing):
                seen.add(id(thing))
                yield f"{home}.{name}", thing


def argument(parameter):
    if parameter.name in BY_NAME:
        return BY_NAME[parameter.name]
    annotation = parameter.annotation
    words = annotation if isinstance(annotation, str) else getattr(annotation, "__name__", annotation)
    words = str(words).lower()
    return next((value for word, value in BY_TYPE if word in words), 4)


def made(thing):
    """The function itself, or a module of the class; an exception where it cannot be made so."""
    if not inspect.isclass(thing):
        return thing
    try:
        return thing()
    except Exception:  # noqa: BLE001 - it wants arguments
        parameters = list(inspect.signature(thing.__init__).parameters.values())[1:]
    named = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    return thing(**{p.name: argument(p) for p in parameters if p.default is p.empty and p.kind in named})
