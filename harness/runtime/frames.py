"""The engine's part of a virtual thread's call stack."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from types import FrameType
from typing import cast

from harness.runtime.thread import VirtualThread
from harness.runtime.valuestack import instruction
from harness.runtime.visible import module_of, tells_all

DEEPEST = 100
"""Frames of the deepest stack that proofs look at.

A deeper one is recursion. While it grows the state can not repeat, and it ends by itself, in a
return or a ``RecursionError``; looking at all of it at every step would take a run minutes.
"""

_RUNTIME = "harness.runtime"
_SYNC = "harness.sync"
_ACCESSES = (_RUNTIME, _SYNC, "harness.oracles")
"""Whose code lies between an engine's access and who is told of it, unless it is compiled."""

_makes_accesses: dict[str, bool] = {}
"""Of each file whether it is such code. Code objects are no keys: hashing one reads all of it."""


def stack(top: FrameType | None) -> Iterator[FrameType]:
    """The frames from ``top`` down to the activity, those of the scheduler left out."""
    frame = top
    while frame is not None:
        if not module_of(frame).startswith(_RUNTIME):
            yield frame
        frame = frame.f_back


def readable_stack(top: FrameType | None) -> list[FrameType] | None:
    """The same as a list; None when it is too deep to be looked at."""
    frames: list[FrameType] = []
    frame = top
    while frame is not None:  # not through ``stack``: it takes twice as long
        if not module_of(frame).startswith(_RUNTIME):
            if len(frames) == DEEPEST:
                return None
            frames.append(frame)
        frame = frame.f_back
    return frames


def positions(frames: Iterable[FrameType]) -> tuple[int, ...]:
    """Which code each of the frames executes, and where it is."""
    found: list[int] = []
    for frame in frames:
        found.append(id(frame.f_code))
        found.append(instruction(frame))
    return tuple(found)


def stack_of(thread: VirtualThread, current: VirtualThread) -> list[FrameType] | None:
    """The stack of any virtual thread, running or suspended; None when it is too deep."""
    if thread is current:
        return readable_stack(sys._getframe())
    carrier = thread.carrier
    return [] if carrier is None else readable_stack(cast(FrameType, carrier.greenlet.gr_frame))


def accessing_frame(top: FrameType) -> FrameType:
    """The frame that called the primitive, seen from one of those that carry out its access."""
    frame = top
    while True:
        file = frame.f_code.co_filename
        ours = _makes_accesses.get(file)
        if ours is None:
            ours = _makes_accesses[file] = module_of(frame).startswith(_ACCESSES)
        below = frame.f_back
        if not ours or below is None:
            return frame
        frame = below


def advanced(before: list[FrameType], now: list[FrameType]) -> list[FrameType]:
    """The frames of ``now`` that may have executed since the stack was ``before``.

    A frame whose callee is still the very same frame has been waiting for it all along.
    """
    common = 0
    for old, new in zip(reversed(before), reversed(now), strict=False):
        if old is not new:
            break
        common += 1
    return now[: len(now) - common + 1]


def repeats(before: list[FrameType], now: list[FrameType]) -> bool:
    """Whether equal positions and locals of the two stacks prove equal states."""
    above: FrameType | None = None
    for frame in advanced(before, now):
        if not tells_all(frame, above):
            return False
        above = frame
    return True


def calling_function(top: FrameType) -> str:
    """The qualified name of the engine function that reached a scheduling point."""
    for frame in stack(top):
        if not module_of(frame).startswith(_SYNC):
            return frame.f_code.co_qualname.rpartition("<locals>.")[2].rpartition(".")[2]
    return "?"
