"""A counting semaphore."""

from __future__ import annotations

from harness.runtime.thread import VirtualThread
from harness.sync.blocking import notify, wait
from harness.sync.primitive import Primitive


class Semaphore(Primitive):
    """A counting semaphore that hands units to waiters in the order they came.

    Args:
        name: identifies it in sites.
        units: how many are free at the start.
    """

    __slots__ = ("units", "waiting")

    def __init__(self, name: str, units: int) -> None:
        super().__init__(name)
        self.units = units
        self.waiting: list[VirtualThread] = []

    @property
    def value(self) -> tuple[int, int]:
        """Free units and number of waiters."""
        return self.units, len(self.waiting)

    def acquire(self, timeout: int | None = None) -> bool:
        """Take a unit, waiting for one; False when the wait timed out.

        Args:
            timeout: milliseconds of virtual time; the schedule decides whether it fires.
        """
        s = self.scheduler
        if s.left:
            s.left -= 1
        else:
            s.point(self, "acquire")
        if self.writer is not s.tag and self.writer is not None:
            s.feedback.reads(self, "acquire")
        if self.units:
            self.units -= 1
            self.writer = s.tag
            return True
        return wait(s, self, timeout)

    def try_acquire(self) -> bool:
        """Take a unit if one is free; whether it was taken."""
        s = self.scheduler
        if s.left:
            s.left -= 1
        else:
            s.point(self, "try_acquire")
        if self.writer is not s.tag and self.writer is not None:
            s.feedback.reads(self, "try_acquire")
        if not self.units:
            return False
        self.units -= 1
        self.writer = s.tag
        return True

    def release(self) -> None:
        """Give a unit back: to the longest waiter, if there is one."""
        s = self.scheduler
        if s.left:
            s.left -= 1
        else:
            s.point(self, "release")
        self.writer = s.tag
        if self.waiting:
            notify(s, self.waiting.pop(0))
        else:
            self.units += 1
