"""What a name means to a program: the answers that a scope's find() gives (python/extension/compile_find.c).

None says that there is no such name. Everything else is a tuple whose first item is the kind of answer.
"""

from __future__ import annotations

_VALUE, _NAME, _TYPE, _FUNCTIONS, _OUTSIDE, _SCOPE, _ITEMS, _CHOICE, _EXCEPTION, _OBJECT, _REFUSAL = range(
    1, 12
)
_MEMBER, _EITHER, _NAMED, _SET, _EMPTY, _BOUND = range(12, 18)

METHOD, CLASS_METHOD, PROPERTY, AUTOGRAD_FORWARD = range(4)  # kinds of members


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
    """A class of exceptions that can be raised, with those that it comes from."""
    kinds = (c for c in cls.__mro__ if issubclass(c, BaseException))
    return (_EXCEPTION, " ".join(f"{c.__module__}.{c.__name__}" for c in kinds))


def unusable(words: str) -> tuple:
    """A thing that programs can do nothing with."""
    return (_OBJECT, words)


def is_nothing(answer) -> bool:
    """Whether programs can do nothing with it."""
    return answer is not None and answer[0] in (_OBJECT, _REFUSAL)


def member(declaration, kind: int = METHOD) -> tuple:
    """A definition that is compiled for the calls of it; `kind` says what its first argument is."""
    return (_MEMBER, declaration, kind)


def either(strict: tuple, whole: tuple) -> tuple:
    """What PyTorch takes it for, and what it is in all of Python."""
    return (_EITHER, strict, whole)


def named(items: dict) -> tuple:
    """A dict of things by names that programs know while they are compiled."""
    return (_NAMED, tuple(items), *items.values())


def set_of(items: list, type) -> tuple:
    """A set; `type` is that of the list."""
    return (_SET, items, type)


def empty(is_dict: bool) -> tuple:
    """A module's attribute that is an empty list or dict: programs show what it holds."""
    return (_EMPTY, is_dict)


def bound(called: tuple, first: tuple) -> tuple:
    """What is called, and its first argument."""
    return (_BOUND, called, first)


def refusal(message: str) -> tuple:
    """A name that must not be used, and why."""
    return (_REFUSAL, message)
