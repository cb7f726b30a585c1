"""Memory and threads: who lends memory is held as long as it is used and no longer; calls run side by
side."""

import gc
import subprocess
import sys
import threading
import time

import pytest

import linkboy
import recorded


@pytest.fixture
def linear():
    return linkboy.load(recorded.case("layers_linear"))


@pytest.fixture
def prints():
    """A program that prints, recorded in text_prints."""
    model = linkboy.load(recorded.case("text_prints"))
    return model, linkboy.load(recorded.case("text_prints", ".io"))["calls"][0]


class Lender:
    """Memory with a buffer whose end is seen."""

    def __init__(self, released):
        self.memory = bytearray(b"\x00\x00\x80?" * 5)  # five times 1.0
        self.released = released

    def __del__(self):
        self.released.append(True)


def lent(released):
    """A tensor over a Lender's memory that holds the Lender."""
    import ctypes

    lender = Lender(released)
    array = (ctypes.c_float * 5).from_buffer(lender.memory)
    array.lender = lender
    return linkboy._C.from_object(array)


def test_memory_is_held_as_long_as_a_view_of_it():
    released = []
    tensor = lent(released)
    view = tensor.view(5, 1)[1:]
    del tensor
    gc.collect()
    assert not released and view.tolist() == [[1.0]] * 4
    del view
    gc.collect()
    assert released


def test_a_call_holds_its_argument_no_longer_than_it_runs(linear):
    released = []
    tensor = lent(released)
    result = linear(tensor)
    del tensor
    gc.collect()
    assert released and result.shape == (4,)


def test_released_in_another_thread():
    released = []
    held = [lent(released)]
    worker = threading.Thread(target=held.clear)
    worker.start()
    worker.join()
    gc.collect()
    assert released


def test_exports_outlive_the_tensor(np):
    tensor = linkboy.arange(4.0)
    array, view = tensor.numpy(), memoryview(tensor)
    del tensor
    gc.collect()
    array[0] = 9
    assert view.tolist() == [9.0, 1.0, 2.0, 3.0]


def test_calls_in_threads(linear):
    x = linkboy.ones(5)
    wanted, wrong = linear(x).tolist(), []

    def work():
        for _ in range(200):
            if linear(x).tolist() != wanted or (x + x).tolist() != [2.0] * 5:
                wrong.append(True)

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert not wrong


def test_the_interpreter_runs_meanwhile():
    big = linkboy.ones(1200, 1200)
    ticks, done = [0], threading.Event()

    def work():
        for _ in range(3):
            big @ big
        done.set()

    worker = threading.Thread(target=work)
    worker.start()
    start = time.monotonic()
    while not done.is_set() and time.monotonic() - start < 60:
        ticks[0] += 1
        time.sleep(0.001)
    worker.join()
    assert ticks[0] > 3


def test_seeds_belong_to_threads():
    linkboy.manual_seed(1)
    first = linkboy.rand(3).tolist()
    linkboy.manual_seed(1)
    other = []
    worker = threading.Thread(target=lambda: other.append(linkboy.rand(3).tolist()))
    worker.start()
    worker.join()
    assert other == [first] and linkboy.rand(3).tolist() == first


def test_threads_inside_operators():
    x = linkboy.rand(300, 300)
    one = x @ x
    linkboy.set_num_threads(2)
    try:
        assert linkboy.get_num_threads() == 2 and linkboy.allclose(x @ x, one)
    finally:
        linkboy.set_num_threads(1)
    with pytest.raises(RuntimeError):
        linkboy.set_num_threads(0)


def test_output_goes_to_python(prints, capsys):
    model, call = prints
    model(*call["args"], **call["kwargs"])
    assert capsys.readouterr().out


def test_an_exception_while_printing_ends_the_call(prints, monkeypatch):
    model, call = prints

    class Broken:
        def write(self, text):
            raise ZeroDivisionError("no paper")

        def flush(self):
            pass

    monkeypatch.setattr(sys, "stdout", Broken())
    with pytest.raises(ZeroDivisionError, match="no paper"):
        model(*call["args"], **call["kwargs"])


def test_a_call_while_printing(prints, linear, monkeypatch):
    model, call = prints
    seen = []

    class Calls:
        def write(self, text):
            seen.append(linear(linkboy.ones(5)).tolist())

        def flush(self):
            pass

    monkeypatch.setattr(sys, "stdout", Calls())
    model(*call["args"], **call["kwargs"])
    monkeypatch.undo()
    assert seen and all(s == linear(linkboy.ones(5)).tolist() for s in seen)


EXIT = """
import threading, linkboy
model = linkboy.load({path!r})
kept = [model(linkboy.ones(5)), memoryview(linkboy.ones(3)), model.forward, linkboy.ones(2).view]
class Cycle: pass
cycle = Cycle(); cycle.self = cycle; cycle.tensor = linkboy.ones(4); cycle.tensor.owner = cycle
threading.Thread(target=lambda: kept.append(linkboy.rand(3))).start()
"""


def test_the_interpreter_ends_well():
    source = EXIT.format(path=recorded.case("layers_linear"))
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", source], capture_output=True, text=True, timeout=120
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_cycles_are_collected():
    import weakref

    tensor = linkboy.ones(2)
    tensor.itself = tensor
    seen = weakref.ref(tensor)
    del tensor
    gc.collect()
    assert seen() is None
    module = linkboy.load(recorded.case("layers_linear"))
    module.forward  # the method holds the module, which keeps the method
    seen = weakref.ref(module)
    del module
    gc.collect()
    assert seen() is None


def test_no_call_leaves_objects_behind(linear):
    x = linkboy.ones(5)
    for _ in range(50):
        linear(x), x + 1, x[0], x.shape
    gc.collect()
    before = len(gc.get_objects())
    for _ in range(200):
        linear(x), x + 1, x[0], x.shape
        with pytest.raises(RuntimeError):
            linear(linkboy.ones(7))
    gc.collect()
    assert len(gc.get_objects()) - before < 100
