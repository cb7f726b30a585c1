"""Archives saved again, compared with what PyTorch made of the same ones; scripts/record_saves.py wrote tests/saves/expected.tsv.

A line there is an archive (below tests/), the number that PyTorch gave its own copy, which is over the names and bytes of all records
("-": only the next is compared), and a digest of what programs depend on: names, code, tensors, pickles, version.
"""
import hashlib
import os
import subprocess
import tempfile
import zipfile

NOT_IN_DIGEST = (".debug_pkl", ".data/serialization_id")


def digest(archive):
    """Of names and bytes of all records but debug files and the number over all."""
    total = hashlib.sha256()
    with zipfile.ZipFile(archive) as zipped:
        for full in zipped.namelist():
            name = full.split("/", 1)[1]
            total.update(name.encode() + b"\0")
            if not name.endswith(NOT_IN_DIGEST):
                total.update(zipped.read(full))
    return total.hexdigest()[:24]


def number(archive):
    """PyTorch's number of an archive."""
    with zipfile.ZipFile(archive) as zipped:
        return zipped.read(zipped.namelist()[0].split("/", 1)[0] + "/.data/serialization_id").decode()


def expected(tests):
    """[archive, number or "-", digest] of each line."""
    with open(os.path.join(tests, "saves", "expected.tsv"), encoding="utf-8") as file:
        return [line.split() for line in file if line.strip() and not line.startswith("#")]


def check(tool, path, wanted_number, wanted_digest):
    """What is wrong with the copy that the tool makes; "" where nothing is."""
    with tempfile.TemporaryDirectory() as folder:
        copy = os.path.join(folder, "archive.pt")
        done = subprocess.run([tool, "copy", path, copy], capture_output=True, text=True, errors="replace", timeout=300)
        if done.returncode:
            return done.stderr
        if digest(copy) != wanted_digest:
            return "the copy's records are not those of PyTorch's copy; scripts/check_save.py tells which"
        if wanted_number not in ("-", number(copy)):
            return f"the copy has the number {number(copy)}, PyTorch's {wanted_number}: debug files differ, or the number is wrong"
    return ""
