"""Ending the threads of a run that is over, wherever they stand.

Greenlets are reused and never dropped: a thread that is still inside an activity is made to
leave it by an exception, so that its ``finally`` blocks run and its stack is free again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from greenlet import greenlet

from harness.runtime.errors import Unwind

if TYPE_CHECKING:
    from harness.runtime.scheduler import Scheduler
    from harness.runtime.thread import VirtualThread

_PATIENCE = 100
"""How often an engine may swallow the exception that ends a run."""

_graveyard: list[greenlet] = []
"""Greenlets that will not end. Dropping one would raise inside it once more."""


def unwind(s: Scheduler) -> list[VirtualThread]:
    """End every thread that is still inside an activity.

    Returns:
        The threads that would not end, in this run or now; their greenlets are kept suspended
        for ever.
    """
    s.unwinding = s.watched = True
    s.left = 0
    for thread in s.live():
        carrier = thread.carrier
        if carrier is None:
            continue
        s.current = thread
        s.swallowed = 0
        if thread not in s.stubborn:
            carrier.greenlet.throw(Unwind)
        if thread in s.stubborn:
            _graveyard.append(carrier.greenlet)
        thread.activity = thread.carrier = thread.blocked_on = None
        thread.idle = True
    s.unwinding = False
    stubborn, s.stubborn = s.stubborn, []
    return stubborn


def refuse(s: Scheduler) -> NoReturn:
    """The run is over and the current thread is being unwound: raise ``Unwind``.

    Engine code that catches everything comes back here for ever; after a hundred times
    it is left suspended.
    """
    s.swallowed += 1
    if s.swallowed > _PATIENCE:
        abandon(s)
    raise Unwind


def abandon(s: Scheduler) -> NoReturn:
    """The current thread swallows whatever is to end it: leave it where it is for ever."""
    s.stubborn.append(s.current)
    s.over = s.over or "stubborn"
    while True:
        s.main.switch()
