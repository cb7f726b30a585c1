"""linkboy.nn in the place of torch.nn: source written for PyTorch, with one name changed."""

import importlib.util
import pathlib
import re

import linkboy

SOURCE = pathlib.Path(__file__).with_name("vision_net.py").read_text()


def imported(folder, source):
    """The source as the module `vision_net`."""
    folder.mkdir()
    file = folder / "vision_net.py"
    file.write_text(source)
    spec = importlib.util.spec_from_file_location("vision_net", file)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def of_linkboy(folder):
    """The same source with `linkboy` in the place of `torch` where it is imported."""
    source = re.sub(r"^import torch$", "import linkboy as torch", SOURCE, flags=re.M)
    return imported(folder, re.sub(r"^(import|from) torch\b", r"\1 linkboy", source, flags=re.M))


def numbers(folder):
    """The network of linkboy, and what it answers in training and not."""
    linkboy.manual_seed(3)
    net = of_linkboy(folder).VisionNet()
    x = linkboy.randn(2, 3, 32, 32)
    linkboy.manual_seed(4)
    return net, x, net.train()(x), net.eval()(x)


def test_the_network_is_compiled_and_saved(tmp_path):
    net, x, _, answer = numbers(tmp_path / "ours")
    program = linkboy.script(net)
    assert linkboy.allclose(program(x), answer, rtol=1e-5, atol=1e-6)
    program.save(str(tmp_path / "net.pt"))
    assert linkboy.equal(linkboy.load(str(tmp_path / "net.pt"))(x), program(x))


def test_the_network_is_pytorchs(tmp_path, torch):
    ours, x, trained, answer = numbers(tmp_path / "ours")
    torch.manual_seed(3)
    theirs = imported(tmp_path / "theirs", SOURCE).VisionNet()
    for (name, mine), (wanted_name, wanted) in zip(ours.state_dict().items(), theirs.state_dict().items()):
        assert name == wanted_name
        if "running" not in name and "tracked" not in name:  # the run in training has changed those
            assert mine.tolist() == wanted.tolist(), name
    x = torch.randn(2, 3, 32, 32)
    torch.manual_seed(4)
    for mine, wanted in ((trained, theirs.train()(x)), (answer, theirs.eval()(x))):
        torch.testing.assert_close(torch.tensor(mine.tolist()), wanted.detach(), rtol=1e-4, atol=1e-5)
    program, wanted = linkboy.script(ours), torch.jit.script(theirs)
    compared = 0
    for path, module in wanted.named_modules():
        if hasattr(module, "code"):
            code = program._text(0, f"{path}.forward" if path else "forward")
            assert unnumbered(code) == unnumbered(module.code), path
            compared += 1
    assert compared > 20


def unnumbered(code):
    """Without the numbers that names got by the order of all compilations."""
    return re.sub(r"___torch_mangle_\d+\.", "", code)
