"""The classic walk through TorchScript: trace ResNet-18, look at it, save it, run it from C++.

`PYTHONPATH=build/python python3 examples/walkthrough/walkthrough.py [build]`: no PyTorch is needed.
"""
import os
import subprocess
import sys
import tempfile

import linkboy
import linkboy.nn as nn
from resnet import resnet18


def main(build):
    linkboy.manual_seed(0)
    model = resnet18(nn).eval()
    image = linkboy.ones(1, 3, 224, 224)
    traced = linkboy.jit.trace(model, (image,))
    assert linkboy.allclose(traced(image), model(image), atol=1e-6)  # batch norms are folded into the convolutions

    print("layer1 calls its two blocks:")
    print(traced.layer1.graph)
    print(traced.layer1.code)
    assert "CallMethod" in str(traced.layer1.graph)

    inlined = str(traced.layer1.inlined_graph)
    print("with the calls put in place:")
    print(inlined)
    assert "CallMethod" not in inlined and "aten::_convolution" in inlined

    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "resnet18.pt")
        traced.save(path)
        again = linkboy.load(path)
        assert again.code == traced.code and linkboy.equal(again(image), traced(image))
        done = subprocess.run([os.path.join(build, "examples", "walkthrough_scores"), path], capture_output=True, text=True, check=True)
    scores = [float(word) for word in done.stdout.split()]
    assert max(abs(a - b) for a, b in zip(scores, traced(image)[0, :5].tolist())) < 1e-5
    print("from C++:", *scores)


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "build")
