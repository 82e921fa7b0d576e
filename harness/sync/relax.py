"""Giving way: a hint inside a spin loop, and sleeping in virtual time."""

from __future__ import annotations

from harness.runtime import watched
from harness.runtime.active import active
from harness.sync.blocking import pause
from harness.sync.primitive import Primitive


def relax() -> None:
    """Say that the caller spins (``pause``, ``sched_yield``): other threads go first.

    Not needed for correctness, a spin is recognised without it; it saves steps.
    """
    watched.relax(active.scheduler)


class _Clock(Primitive):
    """What a sleeping thread waits on: nobody ever notifies it."""

    __slots__ = ("value",)

    def __init__(self) -> None:
        super().__init__("clock")
        self.value = 0


def sleep(milliseconds: int) -> None:
    """Sleep for a stretch of virtual time; the schedule decides what happens meanwhile."""
    pause(active.scheduler, _Clock(), milliseconds)
