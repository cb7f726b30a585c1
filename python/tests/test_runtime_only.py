"""What only the interpreter can run (runtime_programs.py) answers as plain Python does, and says why it cannot be saved."""
import copy
import functools

import linkboy
import pytest

pytest.importorskip("torch")
import runtime_programs as programs  # noqa: E402

CASES = [(name, arguments) for name, calls in programs.CALLS.items() for arguments in calls]


@functools.lru_cache(maxsize=None)
def scripted(name):
    return linkboy.script(getattr(programs, name))


def outcome(function, arguments):
    """What a call gives, as text; of an exception the words."""
    try:
        return repr(function(*arguments))
    except Exception as error:  # noqa: BLE001
        return str(error)


@pytest.mark.parametrize("name, arguments", CASES, ids=[f"{n}-{i}" for i, (n, _) in enumerate(CASES)])
def test_answers_as_python_does(name, arguments):
    function = getattr(programs, name)
    wanted = outcome(function, copy.deepcopy(arguments))
    given = outcome(scripted(name), copy.deepcopy(arguments))
    assert given == wanted or given.rstrip().endswith(wanted)


def test_recursion_ends_with_an_error_that_says_where():
    with pytest.raises(RecursionError, match=r"runtime_programs.py\", line \d+, in deep(.|\n)*1000 deep"):
        scripted("deep")(5000)


@pytest.mark.parametrize(
    "name, words",
    [
        ("t_assert", "has a `try`"),
        ("deep", "calls itself"),
        ("t_nonlocal", "calls itself"),
        ("t_chain", "hold objects of their own class"),
        ("t_each_other", "hold objects of their own class"),
    ],
)
def test_saving_says_what_no_archive_can_hold(name, words, tmp_path):
    with pytest.raises(Exception, match=words):
        scripted(name).save(str(tmp_path / "program.pt"))


@pytest.mark.parametrize("name", ["as_items", "as_length", "as_equal", "as_fields", "as_parts"])
def test_what_was_caught_is_no_tuple(name):
    with pytest.raises(Exception, match="exception that was caught"):
        linkboy.script(getattr(programs, name))
