"""Turns the steps of an explored run into a run of a campaign's scheduler, with its schedule."""

from __future__ import annotations

from collections.abc import Sequence

from harness.engine.registry import EngineRef
from harness.execute.plan import Plan
from harness.execute.recorder import Recorder
from harness.execute.run import RecordedRun
from harness.execute.session import Session
from harness.model.schedule import Schedule
from harness.model.workload import Workload
from harness.runtime.scheduler import Scheduler
from harness.runtime.watchdog import watchdog
from harness.runtime.watched import Place

Turn = tuple[int, str]
"""Whose turn it is: a thread, and the activity it takes if it takes one."""


class _TurnGuide:
    """Lets one thread after the other have its turn; after the last one the default policy."""

    def __init__(self, scheduler: Scheduler, turns: Sequence[Turn]) -> None:
        self._s = scheduler
        self._turns = turns
        self._next = 0

    def choice(self, place: Place) -> int | None:
        """The alternative that hands the turn on; None for the default."""
        if self._next >= len(self._turns):
            return None
        s = self._s
        index, label = self._turns[self._next]
        current, target = s.current, s.threads[index]
        if target is current and place is not Place.LEAVING:
            self._next += 1
            if place is Place.POINT:
                return None
            return _alternative([a.label for a in current.ready], label)
        if target.activity is not None:
            self._next += 1  # it stands before an access, and makes it without being asked
        if place is Place.LEAVING:
            return _alternative([t.index for t in s.successors()], index)
        others = s.sets[(s.enabled | s.timed) & ~current.bit]
        if target not in others:
            return None
        offset = len(current.ready) - 1 if place is Place.BOUNDARY else 0
        return offset + others.index(target)


def _alternative(found: Sequence[object], wanted: object) -> int | None:
    position = found.index(wanted) if wanted in found else 0
    return position - 1 if position else None


def follow(ref: EngineRef, workload: Workload, turns: Sequence[Turn]) -> RecordedRun:
    """Record the run in which the threads have their turns in this order.

    Raises:
        EngineError: the engine can not be run.
    """
    scheduler = Scheduler()
    plan = Plan(scheduler, ref.spec, workload)
    session = Session(scheduler, plan, ref.engine, ref.engine.invariants())
    recorder = Recorder(scheduler)
    guide = _TurnGuide(scheduler, turns)
    try:
        with watchdog(scheduler):
            return session.record(Schedule(), recorder, guide)
    finally:
        scheduler.close()
