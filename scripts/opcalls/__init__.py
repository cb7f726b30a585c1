"""How record_ops.py comes by calls of every operator.

schemas.py     an operator's schema as a TorchScript function that calls it
harvest.py     calls that PyTorch's own operator database (OpInfo) leads to
synthesis.py   calls made up from the types and names of arguments
recipes.py     calls of operators whose arguments must fit each other in ways no type tells
variations.py  other calls from one that works: strides, empty and 0-dim tensors, other dtypes and shapes, indices out of range
"""
