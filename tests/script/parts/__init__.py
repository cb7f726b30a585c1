from .blocks import Block, double

__all__ = ["Block", "double"]
