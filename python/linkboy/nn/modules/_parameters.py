"""How layers make their parameters."""

from typing import Any, Union

import linkboy
from linkboy.nn.parameter import Parameter

Shape = Union[int, tuple]


def add_parameters(module: Any, factory: dict[str, Any], **shapes: Any) -> None:
    """Gives a module uninitialised parameters of these shapes, in this order; a shape of None: none of that name.

    `factory` has device and dtype.
    """
    for name, shape in shapes.items():
        parameter = None if shape is None else Parameter(linkboy.empty(shape, **factory))
        module.register_parameter(name, parameter)
