"""Blocking on a lock and waiting for a notification."""

from __future__ import annotations

from typing import Any

from harness.runtime.scheduler import Scheduler
from harness.runtime.thread import VirtualThread


def block(s: Scheduler, lock: Any) -> None:
    """The current thread blocks on ``lock`` until whoever releases it enables it again."""
    thread = s.current
    thread.blocked_on = lock
    lock.waiters |= thread.bit
    s.enabled &= ~thread.bit
    if s.observer is not None:
        s.observer.event(f"blocks on {lock.name}")
    s.leave()
    thread.blocked_on = None
    if s.observer is not None:
        s.observer.event(f"tries {lock.name} again")


def wait(s: Scheduler, obj: Any, timeout: int | None = None) -> bool:
    """The current thread waits on ``obj`` until it is notified; False when it timed out.

    A timeout may fire at any later decision: how long things take is the schedule's choice.
    Firing moves virtual time on by ``timeout`` milliseconds.
    """
    thread = s.current
    thread.blocked_on = obj
    thread.notified = False
    s.enabled &= ~thread.bit
    if timeout is not None:
        s.timed |= thread.bit
    obj.waiting.append(thread)
    s.inside -= 1
    s.waiting += 1
    s.open += 1
    if s.observer is not None:
        s.observer.event(f"waits on {obj.name}")
    if not s.inside and not s.pending:
        s.hooks.idle_point()
    s.leave()
    thread.blocked_on = None
    if not thread.notified:
        _stop_waiting(s, thread)
        obj.waiting.remove(thread)
        s.now += timeout or 0
    if s.observer is not None:
        manner = "was notified" if thread.notified else "times out"
        s.observer.event(f"{manner} on {obj.name}")
    return thread.notified


def pause(s: Scheduler, clock: Any, milliseconds: int) -> None:
    """The current thread sleeps; when the schedule lets it go on, virtual time has moved.

    Unlike a wait this ends by itself whatever others do, so the thread stays inside its
    activity and there is no idle point.
    """
    thread = s.current
    thread.blocked_on = clock
    s.enabled &= ~thread.bit
    s.timed |= thread.bit
    if s.observer is not None:
        s.observer.event("sleeps")
    s.leave()
    thread.blocked_on = None
    s.timed &= ~thread.bit
    s.enabled |= thread.bit
    s.now += milliseconds
    if s.observer is not None:
        s.observer.event("wakes up")


def notify(s: Scheduler, thread: VirtualThread) -> None:
    """End the wait of ``thread``, which was taken out of the object's ``waiting``."""
    thread.notified = True
    _stop_waiting(s, thread)


def _stop_waiting(s: Scheduler, thread: VirtualThread) -> None:
    s.timed &= ~thread.bit
    s.enabled |= thread.bit
    s.inside += 1
    s.waiting -= 1
    s.open -= 1
