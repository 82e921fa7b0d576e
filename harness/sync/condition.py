"""A condition variable."""

from __future__ import annotations

import sys
from typing import Self

from harness.runtime.thread import VirtualThread
from harness.sync.blocking import notify, wait
from harness.sync.lock import Mutex
from harness.sync.primitive import Primitive


class Condition(Primitive):
    """A condition variable and its mutex. Usable as a context manager for the mutex.

    Which waiter ``notify`` wakes is the longest waiting one, as in ``threading``.
    """

    __slots__ = ("mutex", "waiting")

    def __init__(self, name: str, mutex: Mutex | None = None) -> None:
        super().__init__(name)
        self.mutex = mutex if mutex is not None else Mutex(f"{name}.mutex")
        self.waiting: list[VirtualThread] = []

    @property
    def value(self) -> tuple[int, ...]:
        """The waiting threads, longest first."""
        return tuple(t.index for t in self.waiting)

    def wait(self, timeout: int | None = None) -> bool:
        """Release the mutex, wait to be notified, take the mutex again.

        Args:
            timeout: milliseconds of virtual time; the schedule decides whether it fires.

        Returns:
            False when it timed out.
        """
        s = self.scheduler
        if s.left:
            s.left -= 1
        else:
            s.point(self, "wait")
        self.mutex.release_to_wait()
        notified = wait(s, self, timeout)
        if self.writer is not s.tag and self.writer is not None:
            s.feedback.reads(self, "wait")
        self.mutex.lock()
        return notified

    def notify(self, n: int = 1) -> None:
        """Wake up to ``n`` waiters; nobody waiting, nothing happens."""
        s = self.scheduler
        if s.left:
            s.left -= 1
        else:
            s.point(self, "notify")
        self.writer = s.tag
        for _ in range(min(n, len(self.waiting))):
            notify(s, self.waiting.pop(0))

    def notify_all(self) -> None:
        """Wake all waiters."""
        # Not their number now: some may come until the scheduling point is over.
        self.notify(sys.maxsize)

    def __enter__(self) -> Self:
        self.mutex.lock()
        return self

    def __exit__(self, *error: object) -> None:
        self.mutex.unlock()
