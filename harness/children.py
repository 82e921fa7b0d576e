"""How a process of our own is started."""

from __future__ import annotations

import os
import sys


def command(module: str, *arguments: str) -> list[str]:
    """The command line that runs one of our modules.

    With ``-m`` alone Python looks into the current folder first, and takes a ``queue.py`` or a
    ``random.py`` of the user's for its own. The process is to do so only where this one does.
    """
    here = sys.path[0] in ("", os.getcwd())
    return [sys.executable, *([] if here else ["-P"]), "-m", module, *arguments]
