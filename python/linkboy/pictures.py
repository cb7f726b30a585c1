"""Graphs as pictures for notebooks, drawn by Graphviz's `dot` where that is installed."""

from __future__ import annotations

import html as _html
import shutil
import subprocess
from typing import Optional

LARGEST = 400_000  # bytes of DOT text; larger pictures take minutes and nobody reads them


def svg(dot: str) -> Optional[str]:
    """The picture as SVG; None without `dot`, or when the graph is too large for it."""
    program = shutil.which("dot")
    if program is None or len(dot) > LARGEST:
        return None
    try:
        done = subprocess.run(
            [program, "-Tsvg"], input=dot.encode(), stdout=subprocess.PIPE, check=True, timeout=60
        )
    except (OSError, subprocess.SubprocessError):
        return None
    text = done.stdout.decode()
    return text[text.find("<svg") :]


def html(dot: str, text: str) -> str:
    """The picture, or the text where there is none."""
    return svg(dot) or f"<pre>{_html.escape(text)}</pre>"
