"""Special functions (torch.special): aten::special_... by their short names."""

from linkboy import operators as _operators

__getattr__, __dir__ = _operators.namespace(__name__, "special_")
