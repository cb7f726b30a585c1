#!/usr/bin/env python3
"""Records what CPython (with PyTorch, for files that import it) prints for the files of this folder: X.py into X.out."""
import glob
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
for path in sorted(glob.glob(os.path.join(HERE, "*.py"))):
    if os.path.basename(path) != "record.py":
        done = subprocess.run([sys.executable, path], capture_output=True, text=True, check=True)
        with open(path[: -len(".py")] + ".out", "w", encoding="utf-8") as out:
            out.write(done.stdout)
