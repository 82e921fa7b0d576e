"""Catches engine code that runs on without reaching a scheduling point.

Such code can not be preempted by the scheduler. A timer on the process's CPU time looks every
second whether decisions are still being taken; after two seconds without one it raises
``StuckError`` right inside the code, which makes it a finding like any other exception.
"""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from greenlet import getcurrent

from harness.runtime.errors import StuckError
from harness.runtime.scheduler import Scheduler

PERIOD = 1.0
"""Seconds of CPU time between two looks."""


@contextmanager
def watchdog(scheduler: Scheduler) -> Iterator[None]:
    """Watch ``scheduler`` for the time of a ``with`` block.

    Only in the main OS thread, where Python delivers signals. The previous timer and handlers
    are put back at the end. Also tells the scheduler when the user presses Ctrl-C.
    """
    last: tuple[int, int] | None = None

    def look(signum: int, frame: FrameType | None) -> None:
        nonlocal last
        if getcurrent() is scheduler.main:
            last = None
            return
        now = (scheduler.runs, scheduler.executed)
        if now == last:
            last = None
            raise StuckError("it ran on without reaching a scheduling point")
        last = now

    def interrupt(signum: int, frame: FrameType | None) -> None:
        scheduler.interrupted = True  # so that it is not taken for the engine's doing
        if callable(usual):
            usual(signum, frame)

    before = signal.signal(signal.SIGVTALRM, look)
    usual = signal.signal(signal.SIGINT, interrupt)
    signal.setitimer(signal.ITIMER_VIRTUAL, PERIOD, PERIOD)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
        signal.signal(signal.SIGINT, usual)
