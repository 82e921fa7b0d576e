"""Keeps engine code within bounds that the scheduler can not enforce by itself.

Code that runs on without reaching a scheduling point can not be preempted. A timer on the
process's CPU time looks every second whether decisions are still being taken; after two seconds
without one it raises ``StuckError`` right inside the code, which makes it a finding like any
other exception. Code that waits for something real, a lock of ``threading`` or a socket, uses no
CPU time; where the process has used none for some seconds, the timer is made to go off, too. A
thread that swallows even that, or runs on although the run is over, is left where it is for ever.
Operating system threads are outside the schedule: starting one raises ``MisuseError``.
"""

from __future__ import annotations

import signal
import threading
import time
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

_IDLE = 0.005
"""Seconds of CPU time that who wants any gets in a ``PERIOD``, on the busiest machine."""

_PATIENCE = 3
"""Periods for which a process is idle, one after the other, before that is looked into."""


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
            last = None  # there are two timers, and the other one may go off at once
        raise StuckError(
            "it ran on, or waited for something outside of harness.sync, without reaching a "
            "scheduling point"
        )

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
    over = threading.Event()
    sleeper = threading.Thread(target=_look_when_idle, args=(over,), daemon=True)
    start(sleeper)
    try:
        yield
    finally:
        over.set()
        sleeper.join()  # what it sends later would meet the handler from before
        signal.setitimer(signal.ITIMER_VIRTUAL, *timer)
        threading.Thread.start = start  # type: ignore[method-assign]
        signal.signal(signal.SIGVTALRM, before)
        signal.signal(signal.SIGINT, usual)


def _look_when_idle(over: threading.Event) -> None:
    """Until it is ``over``, have the main thread look whenever the process has long been idle."""
    idle, before = 0, time.process_time()
    while not over.wait(PERIOD):
        now = time.process_time()
        idle = idle + 1 if now - before < _IDLE else 0
        before = now
        if idle >= _PATIENCE:
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGVTALRM)
