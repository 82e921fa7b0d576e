"""How deep may an engine's calls go? As deep in every process, whoever runs it.

Python's own limit counts the frames of all callers, and of a greenlet those below whoever first
switched to it. So the step at which an endless recursion ended depended on who had called, and
two runs of one case differed. Here only the engine's frames count.
"""

from __future__ import annotations

import sys
from types import FrameType
from typing import Final

DEEPEST: Final = 900
"""Frames of an engine's code; about what Python's usual limit leaves to it."""

_PYTHONS: Final = 4_000
"""Python's limit, out of the way: a stack is looked at every so many decisions only.

Set once, here: whoever lowers it for a while, as Hypothesis does, is to find it as he left it.
"""

if sys.getrecursionlimit() < _PYTHONS:
    sys.setrecursionlimit(_PYTHONS)


def check() -> None:
    """Look at the stack of the current thread, which stands before an access.

    Raises:
        RecursionError: the engine's part of it is too deep.
    """
    # No frame is kept, least of all this one: it would live, with all that the engine's frames
    # refer to, until somebody looks for cycles, which a campaign does every few thousand runs.
    deep = engines = 0
    frame: FrameType | None = sys._getframe()
    while frame is not None:
        deep += 1
        frame = frame.f_back
    if deep <= DEEPEST:
        return
    frame = sys._getframe()
    while frame is not None:
        engines += not _ours(frame)
        frame = frame.f_back
    if engines > DEEPEST:
        raise RecursionError(f"more than {DEEPEST} calls inside each other")


def _ours(frame: FrameType) -> bool:
    # Compiled code has no frames: those of the harness must not count where it has some.
    name = frame.f_globals.get("__name__")
    return isinstance(name, str) and name.startswith(_LAYERS)


_LAYERS = (
    "harness.runtime.",
    "harness.sync.",
    "harness.oracles.",
    "harness.execute.",
    "harness.verify.",
)
