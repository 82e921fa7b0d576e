"""How a process of our own is started."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

_SAFE = "PYTHONSAFEPATH"


def command(module: str, *arguments: str) -> list[str]:
    """The command line that runs one of our modules.

    With ``-m`` alone Python looks into the current folder first, and takes a ``queue.py`` or a
    ``random.py`` of the user's for its own. The process is to do so only where this one does.
    """
    return [sys.executable, *([] if _looks_here() else ["-P"]), "-m", module, *arguments]


@contextmanager
def spawning() -> Iterator[None]:
    """While it lasts, the same holds for processes that ``multiprocessing`` spawns."""
    before = os.environ.get(_SAFE)
    if not _looks_here():
        os.environ[_SAFE] = "1"
    try:
        yield
    finally:
        if before is None:
            os.environ.pop(_SAFE, None)


def _looks_here() -> bool:
    return sys.path[0] in ("", os.getcwd())
