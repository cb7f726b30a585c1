"""What a name means to a program: the answers that a scope's find() gives (python/extension/compile_find.c).

None says that there is no such name. Everything else is a tuple whose first item is the kind of answer.
"""

from __future__ import annotations

_VALUE, _NAME, _TYPE, _FUNCTIONS, _OUTSIDE, _SCOPE, _ITEMS, _CHOICE, _EXCEPTION, _OBJECT, _REFUSAL = range(
    1, 12
)


def value(constant, type=None) -> tuple:
    """A constant of the program; `type` where it does not show its own."""
    return (_VALUE, constant) if type is None else (_VALUE, constant, type)


def name(known: str, type=None) -> tuple:
    """What the library knows by this name: an operator "aten::relu", "torch.jit.fork", "typing.List"; in
    annotations it may
    be a type as well."""
    return (_NAME, known) if type is None else (_NAME, known, type)


def of_type(type) -> tuple:
    """A type, which annotations may name; a class, NamedTuple or Enum can be used as such as well."""
    return (_TYPE, type)


def functions(*overloads) -> tuple:
    """A function of the program, or the overloads of one."""
    return (_FUNCTIONS, *overloads)


def outside(declaration, never: bool, method: bool = False) -> tuple:
    """A Python function, or a method of the class asked, that stays one; a call raises where it is `never` to
    be called."""
    return (_OUTSIDE, declaration, method, never)


def scope(names, words: str) -> tuple:
    """Something whose attributes are asked of `names`; messages call it by `words`."""
    return (_SCOPE, names, words)


def items(answers) -> tuple:
    """A tuple of things."""
    return (_ITEMS, *answers)


def choice(argument: str, position: int, default: bool, when_true: tuple, when_false: tuple) -> tuple:
    """A call that goes to one of two functions by a constant argument."""
    return (_CHOICE, argument, position, default, when_true, when_false)


def exception(cls: type) -> tuple:
    """A class of exceptions that can be raised."""
    return (_EXCEPTION, f"{cls.__module__}.{cls.__name__}")


def unusable(words: str) -> tuple:
    """A thing that programs can do nothing with."""
    return (_OBJECT, words)


def refusal(message: str) -> tuple:
    """A name that must not be used, and why."""
    return (_REFUSAL, message)
