"""linkboy.script: what is compiled does what Python does, and its texts are those of torch.jit.script."""

import linecache
import re
import threading

import pytest

import linkboy
import script_sources as sources


def tensor(*values):
    return linkboy.tensor([float(v) for v in values])


def numbers(t):
    return t.tolist()


# ---- functions ----


def test_function_is_called_with_defaults_and_keywords():
    f = linkboy.script(sources.scale)
    assert numbers(f(tensor(1, 2))) == [2, 4]
    assert numbers(f(tensor(1, 2), factor=3)) == [3, 6]
    assert f.schema == "scale(Tensor x, float factor=2.) -> Tensor"
    assert f.code == "def scale(x: Tensor,\n    factor: float=2.) -> Tensor:\n  return torch.mul(x, factor)\n"
    assert f.name == "scale" and f.qualified_name == "__torch__.script_sources.scale"


def test_what_is_called_is_compiled_once():
    f = linkboy.script(sources.calls_scale)
    assert numbers(f(tensor(1, 2))) == [4, 8]
    assert "mangle" not in f.code
    assert f.__doc__ == "Doubles twice."
    assert linkboy.script(sources.calls_scale) is f


def test_plain_values_go_in_and_out():
    f = linkboy.script(sources.uses_lists)
    assert f(["a", "ccc", "bb"], {"a": 1, "bb": 2, "ccc": 3}) == sources.uses_lists(
        ["a", "ccc", "bb"], {"a": 1, "bb": 2, "ccc": 3}
    )


def test_enums_and_named_tuples():
    f = linkboy.script(sources.uses_classes)
    for n in (3, -3):
        color, number = f(n)
        assert (color, number) == (sources.uses_classes(n)[0], pytest.approx(sources.uses_classes(n)[1]))
    assert linkboy.script(sources.returns_color)(1) is sources.Color.BLUE


def test_script_class():
    assert linkboy.script(sources.uses_counter)(4) == sources.uses_counter(4)
    assert linkboy.script(sources.Counter) is sources.Counter


def test_closures_have_their_own_values():
    two, three = linkboy.script(sources.make_adder(2)), linkboy.script(sources.make_adder(3))
    assert numbers(two(tensor(1))) == [3] and numbers(three(tensor(1))) == [4]
    assert two.qualified_name != three.qualified_name


def test_unused_function_raises_where_it_is_reached():
    f = linkboy.script(sources.calls_unused)
    assert numbers(f(tensor(1), False)) == [2]
    with pytest.raises(linkboy.jit.Error, match="annotated to be ignored"):
        f(tensor(1), True)


def test_redefined_function_is_compiled_anew():
    names = {}
    for number in (1, 2):
        text = f"def f(n: int) -> int:\n    return n + {number}\n"
        file = f"<cell {number}>"
        linecache.cache[file] = (len(text), None, text.splitlines(True), file)
        exec(compile(text, file, "exec"), names)
        names["f"].__module__ = "cells"
        assert linkboy.script(names["f"])(1) == 1 + number


# ---- errors ----


def test_error_tells_place_and_calls():
    with pytest.raises(RuntimeError) as caught:
        linkboy.script(sources.calls_unknown_name)
    text = str(caught.value)
    assert "no_such_function" in text and "script_sources.py" in text
    assert "'unknown_name' is being compiled since it was called from 'calls_unknown_name'" in text
    assert "return unknown_name(x)" in text


def test_failed_function_can_be_tried_again():
    for _ in range(2):
        with pytest.raises(RuntimeError, match="no_such_function"):
            linkboy.script(sources.unknown_name)


def test_function_without_source():
    names = {"__name__": "nowhere"}
    exec("def f(n: int) -> int:\n    return n", names)
    with pytest.raises(OSError, match="source of 'f'.*linecache"):
        linkboy.script(names["f"])


def test_threads_may_compile_at_once():
    made, functions = [], [sources.make_adder(n) for n in range(8)]
    work = [threading.Thread(target=lambda f=f: made.append(linkboy.script(f))) for f in functions]
    for thread in work:
        thread.start()
    for thread in work:
        thread.join()
    assert sorted(numbers(f(tensor(0)))[0] for f in made) == list(range(8))


# ---- modules of torch.nn ----


def unnumbered(code):
    """Without the numbers that names got by the order of all compilations."""
    return re.sub(r"___torch_mangle_\d+", "___torch_mangle", code)


def both(torch, make):
    """The same module compiled by linkboy and by PyTorch."""
    module = make()
    return linkboy.script(module), torch.jit.script(module), module


def test_module_is_compiled_as_pytorch_does(torch):
    ours, theirs, module = both(torch, sources.Net)
    assert ours.code == theirs.code
    assert ours._text(0, "label") == theirs.label.code
    assert ours._text(0, "blocks.1.forward") == getattr(theirs.blocks, "1").code
    x = torch.randn(4, 3)
    torch.testing.assert_close(ours(x), module(x).detach())
    assert ours.label("a") == theirs.label("a") == 4


def test_types_are_shared_by_equal_modules(torch):
    ours, theirs, _ = both(torch, sources.Net)
    assert (
        ours._text(1, "forward").count("Block = prim::GetAttr")
        == str(theirs.graph).count("Block = prim::GetAttr")
        == 2
    )


def test_parameters_share_memory(torch):
    module = sources.Block(3)
    ours = linkboy.script(module)
    with torch.no_grad():
        module.fc.weight.fill_(0)
        module.fc.bias.fill_(5)
    assert ours(torch.zeros(1, 3)).tolist() == [[5, 5, 5]]


def test_tied_weights_stay_tied(torch):
    ours = linkboy.script(sources.Tied())
    assert ours.grow() is True


def test_forward_pre_hook(torch):
    module = sources.Block(3)
    module.register_forward_pre_hook(sources.double_input)
    outer = torch.nn.Sequential(module)
    ours, theirs, _ = both(torch, lambda: outer)
    x = torch.randn(2, 3)
    torch.testing.assert_close(ours(x), theirs(x).detach())
    assert unnumbered(ours.code) == unnumbered(theirs.code)


def test_objects_that_hold_objects_go_as_their_declared_class(torch):
    ours, theirs, module = both(torch, sources.UsesScalers)
    assert ours(7) == theirs(7) == module(7) == 70
    assert ours.code == theirs.code


def test_isinstance_knows_classes_of_modules(torch):
    ours, theirs, module = both(torch, sources.AsksForClasses)
    x = torch.zeros(2)
    assert ours(x).tolist() == theirs(x).tolist() == [5, 5]
    assert unnumbered(ours.code) == unnumbered(theirs.code)


def test_attribute_without_a_type_is_told_of_where_it_is_used(torch):
    linkboy.script(sources.Net())  # has one, but uses it nowhere
    with pytest.raises(RuntimeError) as caught:
        linkboy.script(sources.UsesObject())
    text = str(caught.value)
    assert "'nothing'" in text and "self.nothing = object()" in text and "len(self.nothing)" in text


def test_module_class_cannot_be_scripted(torch):
    with pytest.raises(RuntimeError, match="inherits from nn.Module"):
        linkboy.script(sources.Net)
