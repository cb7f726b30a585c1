"""Linear algebra (torch.linalg): aten::linalg_... by their short names; they need LAPACK."""

from linkboy import operators as _operators

__getattr__, __dir__ = _operators.namespace(__name__, "linalg_")
