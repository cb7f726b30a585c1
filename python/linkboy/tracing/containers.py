"""Which tuples, lists and dicts of tensors a traced function takes and gives (tryToInferType in
torch/csrc/jit/python/pybind_utils.h, getOutput in torch/csrc/jit/frontend/tracer.cpp, whose words these
are)."""

from __future__ import annotations

from typing import Any


def check_input(host: Any, value: Any, all_inputs: tuple) -> None:
    """RuntimeError unless it is a tensor, or nested tuples, lists and dicts of tensors."""
    if host.is_tensor(value):
        return
    if not isinstance(value, (tuple, list, dict)):
        raise RuntimeError(
            f"Type '{_type_name(host, all_inputs)}' cannot be traced. Only Tensors and (possibly nested)"
            " Lists, Dicts, and Tuples of Tensors can be traced"
        )
    if not value and not isinstance(value, tuple):
        raise _refusal(all_inputs, f"{_kind(value)} trace inputs must have elements")
    _check_items(host, value, all_inputs)
    for item in value.values() if isinstance(value, dict) else value:
        check_input(host, item, all_inputs)


def check_output(host: Any, value: Any) -> None:
    """RuntimeError for lists and dicts of several types."""
    if isinstance(value, (list, dict)):
        _check_items(host, value, value)
    if isinstance(value, dict) and not all(_is_entry(host, item) for item in value.values()):
        raise RuntimeError(
            f"output 1 ({value}) of traced region cannot be understood by the tracer, only outputs matching"
            " dict[Union[str, Tensor], Union[Tensor, Tuple[Tensor, ...]]] can be a dictionary output of a"
            " traced function"
        )
    if isinstance(value, (tuple, list)):
        for item in value:
            check_output(host, item)


def _is_entry(host: Any, value: Any) -> bool:
    return host.is_tensor(value) or (isinstance(value, tuple) and all(map(host.is_tensor, value)))


def _check_items(host: Any, value: Any, whole: Any) -> None:
    """A list's items are of one type, and so are a dict's values."""
    if isinstance(value, tuple) or not value:
        return
    names = [_type_name(host, item) for item in (value.values() if isinstance(value, dict) else value)]
    other = next((name for name in names if name != names[0]), None)
    if other is not None:
        what = "element type" if isinstance(value, list) else "type"
        raise _refusal(
            whole,
            f"{_kind(value)} inputs to traced functions must have consistent {what}. Found {names[0]} and"
            f" {other}",
        )


def _kind(value: Any) -> str:
    return "List" if isinstance(value, list) else "Dictionary"


def _refusal(whole: Any, why: str) -> RuntimeError:
    return RuntimeError(f"Tracer cannot infer type of {whole}\n:{why}")


def _type_name(host: Any, value: Any) -> str:
    if host.is_tensor(value):
        return "Tensor"
    if isinstance(value, tuple):
        return f"Tuple[{', '.join(_type_name(host, item) for item in value)}]"
    if isinstance(value, list) and value:
        return f"List[{_type_name(host, value[0])}]"
    if isinstance(value, dict) and value:
        key, item = next(iter(value.items()))
        return f"Dict[{_type_name(host, key)}, {_type_name(host, item)}]"
    return type(value).__name__
