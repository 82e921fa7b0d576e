"""What the scheduler looks after every so many decisions: limits, stalls and spins."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from harness.runtime import recursion
from harness.runtime.cycle import CycleProof

if TYPE_CHECKING:
    from harness.runtime.scheduler import Scheduler

CHECK_EVERY: Final = 128
"""Decisions between two housekeepings (spin suspicion, stall, limit)."""

STALL: Final = 1024
"""Decisions without progress after which a run is suspected of looping for ever."""


def look(s: Scheduler) -> None:
    """Every ``CHECK_EVERY`` decisions: look for stalls, spins, the limit and too deep a stack."""
    s.check += CHECK_EVERY
    if s.index >= s.limit:
        s.stop("limit")
    if s.enabled & s.current.bit:  # else it is on its way into a wait, which must not break off
        recursion.check()
    progress = s.hooks.progress()
    if progress != s.mark_progress:
        s.mark_progress = progress
        s.mark = s.index
    elif s.index - s.mark >= STALL and s.proof is None:
        _start_proof(s)
    activity = s.current.activity
    if activity is not None and activity is s.mark_activity and s.probe is None:
        s.start_probe()
    s.mark_activity = activity


def _start_proof(s: Scheduler) -> None:
    # The run has stalled: from the next decision on only a rotation says who runs.
    if s.probe is not None:
        s.probe.end()  # it would park a thread that has its turn, and nobody would revive it
    s.spinners.revive_all()
    s.slice = s.free_slice = 0  # it takes every decision
    s.watched = True
    s.proof = CycleProof(s)
    if s.observer is not None:
        s.observer.event(
            f"nothing has come of {STALL:,} decisions; from here on the threads take turns"
        )
