"""Calls of operators whose arguments must fit each other in ways that no type tells."""


def recipes(operator):
    """Calls for the operator: none for most."""
    return iter(())
