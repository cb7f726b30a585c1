"""What was caught by `except`."""
from typing import NamedTuple, Tuple


class Caught(NamedTuple):
    kind: str  # the class's full name
    text: str  # str() of it
    shown: str  # repr() of its arguments
    place: str  # the traceback


def caught_name(error: Caught) -> str:
    return error.kind[error.kind.rfind(".") + 1 :]


def caught_str(error: Caught) -> str:
    return error.text


def caught_repr(error: Caught) -> str:
    return error.kind[error.kind.rfind(".") + 1 :] + "(" + error.shown + ")"


def caught_is(error: Caught, kinds: str) -> bool:
    return " " + error.kind + " " in kinds


@property
def caught_args(error: Caught) -> Tuple[str]:
    return (error.text,)
