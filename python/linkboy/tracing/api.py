"""linkboy.trace and linkboy.trace_module; see __init__.py."""

from __future__ import annotations

import inspect
from typing import Any, Callable, Optional

from linkboy import _C
from linkboy.jit import foreign
from linkboy.jit.unit import lock, qualified_name, unit
from linkboy.tracing import check, containers, structure, values
from linkboy.tracing.check import TracingCheckError
from linkboy.tracing.recorder import Recorder, recording
from linkboy.tracing.warning import TracerWarning

__all__ = ["trace", "trace_module", "TracerWarning", "TracingCheckError"]


def trace(
    func: Any,
    example_inputs: Any = None,
    optimize: Any = None,
    check_trace: bool = True,
    check_inputs: Any = None,
    check_tolerance: float = 1e-5,
    strict: bool = True,
    _force_outplace: bool = False,
    _module_class: Any = None,
    _compilation_unit: Any = None,
    example_kwarg_inputs: Optional[dict] = None,
    _store_inputs: bool = True,
    *,
    guards: bool = False,
) -> Any:
    """Records what a function or module does with example inputs (torch.jit.trace).

    `func`: a Python function (gives a ScriptFunction), an nn.Module of torch or linkboy or the `forward` of
    one (gives a ScriptModule with a method `forward`, and methods of the submodules that were called).
    `example_inputs`: a tensor, or a tuple of tensors and nested tuples, lists and dicts of them; or
    `example_kwarg_inputs`, by name. The program is what ran, for inputs of any size that take the same way;
    it does not hold ifs and loops. What is a program already is given back.

    `check_trace`: traces again and compares the graphs, and compares the results with Python's for
    `check_inputs` (default: the example inputs); differences in results are TracerWarnings, others a
    TracingCheckError. `strict=False` allows lists and dicts as results. `guards=True`: where a tensor became
    a Python bool, int or float, the program checks that it is the same again, and raises with the line of the
    source if not. Such places give a TracerWarning in any case.
    """
    del optimize, _module_class, _compilation_unit
    if values.is_tensor(func):
        return _C.operator("aten::trace", -1, False)(func)
    if foreign.is_script_module(func):
        return foreign.imported(func)
    bound = getattr(func, "__self__", None)
    if structure.is_module(bound) and func.__name__ == "forward":
        func = bound
    elif structure.is_module(bound):
        raise AttributeError(
            "trace doesn't support compiling individual module's functions.\nPlease use trace_module"
        )
    options = check.Options(
        check_trace, check_inputs, check_tolerance, strict, guards, _store_inputs, _force_outplace
    )
    by_name = isinstance(example_kwarg_inputs, dict)
    if structure.is_module(func):
        if example_inputs is None and not by_name:
            raise RuntimeError("example_kwarg_inputs should be a dict")
        inputs = example_kwarg_inputs if by_name and example_inputs is None else example_inputs
        if check_inputs is not None:
            options.inputs = [{"forward": given} for given in check_inputs]
        return _trace_methods(func, {"forward": inputs}, options, by_name)
    return _trace_function(func, example_kwarg_inputs if by_name else _as_tuple(example_inputs), options)


def trace_module(
    mod: Any,
    inputs: dict,
    optimize: Any = None,
    check_trace: bool = True,
    check_inputs: Any = None,
    check_tolerance: float = 1e-5,
    strict: bool = True,
    _force_outplace: bool = False,
    _module_class: Any = None,
    _compilation_unit: Any = None,
    example_inputs_is_kwarg: bool = False,
    _store_inputs: bool = True,
    *,
    guards: bool = False,
) -> Any:
    """Records several methods of a module into one ScriptModule (torch.jit.trace_module).

    `inputs`: {method name: example inputs}. The rest is as for `trace`.
    """
    del optimize, _module_class, _compilation_unit
    options = check.Options(
        check_trace, check_inputs, check_tolerance, strict, guards, _store_inputs, _force_outplace
    )
    return _trace_methods(mod, inputs, options, example_inputs_is_kwarg)


# ---- functions ----


def _as_tuple(inputs: Any) -> tuple:
    if isinstance(inputs, (tuple, list)) or not hasattr(inputs, "dtype"):
        return (inputs,) if isinstance(inputs, dict) else tuple(inputs)
    return (inputs,)


def _trace_function(func: Callable, inputs: Any, options: check.Options) -> Any:
    traced = _record_function(func, inputs, options)
    if options.check:
        check.run(
            options,
            func,
            traced,
            options.inputs if options.inputs is not None else [inputs],
            _record_again(func, options),
        )
    return traced


def _record_again(func: Callable, options: check.Options) -> Callable:
    def again(inputs: Any) -> Any:
        return _record_function(func, check.cloned(inputs), options)

    return again


def _record_function(func: Callable, inputs: Any, options: check.Options) -> Any:
    with lock:
        recorder = _recorder(None, host_for(inputs, func), options)
        output = _run(recorder, func, inputs, argument_names(func), {})
        return recorder.trace.finish(_name_of(func), recorder.tree(output))


def _name_of(func: Callable) -> str:
    """The function's name in the unit; that of its class where it is an object that can be called."""
    if isinstance(func, _C.Function):
        return func.qualified_name
    return qualified_name(func if hasattr(func, "__name__") else type(func))


# ---- modules ----


def _trace_methods(module: Any, inputs: Any, options: check.Options, by_name: bool) -> Any:
    if not structure.is_module(module):
        raise AttributeError("expected torch.nn.Module as the first argument")
    if not isinstance(inputs, dict):
        raise AttributeError("expected a dictionary of (method_name, input) pairs")
    traced = _record_methods(module, inputs, options, by_name)
    if options.check:
        for name in inputs:
            check.run_method(options, module, traced, name, inputs, by_name, _record_methods)
    return traced


def _record_methods(module: Any, inputs: dict, options: check.Options, by_name: bool) -> Any:
    with lock:
        traced = structure.traced_module(module)
        for name, given in inputs.items():
            _record_method(module, traced, name, given, options, by_name)
        return traced


def _record_method(
    module: Any, traced: Any, name: str, inputs: Any, options: check.Options, by_name: bool
) -> None:
    method = getattr(module, name)
    names = argument_names(method)
    if by_name:
        _check_names(inputs, names)
    else:
        inputs = _as_tuple(inputs)
    recorder = _recorder(traced, host_for(inputs, module), options)
    for path, tensor in structure.attribute_paths(module):
        recorder.attribute(path, tensor)
    called = module if name == "forward" else method
    output = _run(recorder, called, inputs, names, structure.submodule_paths(module))
    recorder.trace.finish(name, recorder.tree(output))
    if options.store_inputs:
        given = [inputs[n] for n in names if n in inputs] if by_name else list(inputs)
        traced.__dict__.setdefault("_traced_inputs", {})[name] = given


def _check_names(inputs: dict, names: list[str]) -> None:
    for key in inputs:
        if key not in names:
            raise NameError(
                f"'{key}' is not in forward() method's arguments,\n                         valid arguments"
                f" name are [{','.join(names)}]"
            )


def argument_names(func: Callable) -> list[str]:
    """Names of the parameters that one argument each goes to
    (torch._jit_internal.get_callable_argument_names)."""
    try:
        parameters = inspect.signature(func).parameters
    except (TypeError, ValueError):
        return []
    return [
        name for name, parameter in parameters.items() if parameter.kind is parameter.POSITIONAL_OR_KEYWORD
    ]


# ---- running ----


def host_for(inputs: Any, func: Any) -> Any:
    """The host that watches: torch's where torch is concerned."""
    if _concerns_torch(inputs) or type(func).__module__.startswith("torch.") or _is_torch_module(func):
        from linkboy.tracing.torch_host import TorchHost

        return TorchHost()
    from linkboy.tracing.eager_host import EagerHost

    return EagerHost()


def _recorder(module: Any, host: Any, options: check.Options) -> Recorder:
    return Recorder(unit, module, host, options.strict, options.guards, options.outplace)


def _is_torch_module(func: Any) -> bool:
    return any(cls.__module__ == "torch.nn.modules.module" for cls in type(func).__mro__)


def _concerns_torch(value: Any) -> bool:
    if isinstance(value, dict):
        return any(map(_concerns_torch, value.values()))
    if isinstance(value, (tuple, list)):
        return any(map(_concerns_torch, value))
    return any(cls.__module__ in ("torch", "torch._tensor") for cls in type(value).__mro__)


def _run(recorder: Recorder, func: Callable, inputs: Any, names: list[str], paths: dict) -> Any:
    """Tells the inputs, runs the function under the host's eyes, and gives what it gave."""
    host = recorder.host
    host.begin(recorder, func, paths)
    if isinstance(inputs, dict):
        given = {name: host.fresh(inputs[name]) for name in names if name in inputs}
        given.update({name: value for name, value in inputs.items() if name not in given})
        _tell_inputs(recorder, list(given.items()))
        args, kwargs = (), given
    else:
        args, kwargs = tuple(host.fresh(value) for value in inputs), {}
        _tell_inputs(recorder, list(zip(names if len(names) >= len(args) else [None] * len(args), args)))
    with recording(recorder), host.watching():
        output = func(*args, **kwargs)
    if output is None:
        raise RuntimeError(
            "The traced function didn't return any values! Side-effects are not captured in traces, so it"
            " would be a no-op."
        )
    containers.check_output(host, output)
    return output


def _tell_inputs(recorder: Recorder, inputs: list[tuple]) -> None:
    for _, value in inputs:
        containers.check_input(recorder.host, value, tuple(item for _, item in inputs))
    for name, value in inputs:
        recorder.trace.input(name, recorder.tree(value))
