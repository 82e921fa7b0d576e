"""An event flag that threads wait for."""

from __future__ import annotations

from harness.runtime.thread import VirtualThread
from harness.sync.blocking import notify, wait
from harness.sync.primitive import Primitive


class Event(Primitive):
    """A flag, first clear, that threads wait for."""

    __slots__ = ("value", "waiting")

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.value = False
        self.waiting: list[VirtualThread] = []

    def set(self) -> None:
        """Set it and wake everybody who waits."""
        s = self.scheduler
        if s.left:
            s.left -= 1
        else:
            s.point(self, "set")
        self.writer = s.tag
        self.value = True
        while self.waiting:
            notify(s, self.waiting.pop(0))

    def clear(self) -> None:
        """Clear it."""
        s = self.scheduler
        if s.left:
            s.left -= 1
        else:
            s.point(self, "clear")
        self.writer = s.tag
        self.value = False

    def is_set(self) -> bool:
        """Whether it is set."""
        s = self.scheduler
        if s.left:
            s.left -= 1
        else:
            s.point(self, "is_set")
        if self.writer is not s.tag and self.writer is not None:
            s.feedback.reads(self, "is_set")
        return self.value

    def wait(self, timeout: int | None = None) -> bool:
        """Wait until it is set; False when it timed out first.

        Args:
            timeout: milliseconds of virtual time; the schedule decides whether it fires.
        """
        s = self.scheduler
        if s.left:
            s.left -= 1
        else:
            s.point(self, "wait")
        if self.writer is not s.tag and self.writer is not None:
            s.feedback.reads(self, "wait")
        return self.value or wait(s, self, timeout)
