"""Keeps engine code within bounds that the scheduler can not enforce by itself.

Code that runs on without reaching a scheduling point can not be preempted. A timer on the
process's CPU time looks every second whether decisions are still being taken; after two seconds
without one it raises ``StuckError`` right inside the code, which makes it a finding like any
other exception. A thread that swallows that too, or runs on although the run is over, is left
where it is for ever. Operating system threads are outside the schedule: starting one raises
``MisuseError``.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from greenlet import getcurrent

from harness.runtime.errors import MisuseError, StuckError
from harness.runtime.housekeeping import CHECK_EVERY
from harness.runtime.scheduler import Scheduler
from harness.runtime.unwinding import abandon

PERIOD = 1.0
"""Seconds of CPU time between two looks."""


@contextmanager
def watchdog(scheduler: Scheduler) -> Iterator[None]:
    """Watch ``scheduler`` for the time of a ``with`` block.

    Only in the main OS thread, where Python delivers signals. The previous timer and handlers
    are put back at the end. Also tells the scheduler when the user presses Ctrl-C.
    """
    last: tuple[int, int, bool] | None = None
    told = -1  # the run in which StuckError was raised: the first one should have ended it

    def look(signum: int, frame: FrameType | None) -> None:
        nonlocal last, told
        setting_up = scheduler.setting_up
        if getcurrent() is scheduler.main and not setting_up:
            last = None
            return
        # In setup and in invariants `left` is endless: accesses are no decisions there.
        decisions = scheduler.executed if scheduler.left < CHECK_EVERY else -1
        now = (scheduler.runs, decisions, setting_up)
        if now != last:
            last = now
            return
        if not setting_up:
            if scheduler.unwinding or told == scheduler.runs:
                abandon(scheduler)
            told = scheduler.runs
        raise StuckError("it ran on without reaching a scheduling point")

    def interrupt(signum: int, frame: FrameType | None) -> None:
        scheduler.interrupted = True  # so that it is not taken for the engine's doing
        if callable(usual):
            usual(signum, frame)

    start = threading.Thread.start

    def refuse(thread: threading.Thread) -> None:
        ours = threading.current_thread() is threading.main_thread()
        if ours and (scheduler.setting_up or getcurrent() is not scheduler.main):
            raise MisuseError(
                "engine code must not start operating system threads, which no schedule "
                "controls; let an operation of the workload do their work"
            )
        start(thread)

    before = signal.signal(signal.SIGVTALRM, look)
    usual = signal.signal(signal.SIGINT, interrupt)
    threading.Thread.start = refuse  # type: ignore[method-assign, assignment]
    timer = signal.setitimer(signal.ITIMER_VIRTUAL, PERIOD, PERIOD)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, *timer)
        threading.Thread.start = start  # type: ignore[method-assign]
        signal.signal(signal.SIGVTALRM, before)
        signal.signal(signal.SIGINT, usual)
