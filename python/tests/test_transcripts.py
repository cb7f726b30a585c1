"""Everything of transcripts/, see transcript.py."""

import glob
import os
import warnings

import pytest

import linkboy
import transcript

HERE = os.path.dirname(os.path.abspath(__file__))
FILES = sorted(glob.glob(os.path.join(HERE, "transcripts", "*.txt")))


@pytest.mark.parametrize("path", FILES, ids=[os.path.basename(p)[:-4] for p in FILES])
def test_transcript(path):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        wrong = [
            f">>> {source}\nPyTorch: {recorded}\nlinkboy: {given}"
            for source, recorded, given in transcript.play(path, linkboy)
            if given != recorded
        ]
    assert not wrong, "\n".join(wrong)
