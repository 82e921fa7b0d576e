"""Spin lock and mutex: under a controlled scheduler both simply block."""

from __future__ import annotations

from typing import Self

from mypy_extensions import mypyc_attr

from harness.runtime.active import active
from harness.runtime.errors import MisuseError
from harness.runtime.thread import VirtualThread
from harness.sync.blocking import block
from harness.sync.primitive import Primitive


@mypyc_attr(allow_interpreted_subclasses=True)
class SpinLock(Primitive):
    """A lock that one thread holds at a time; not reentrant.

    A thread that waits for it is blocked, not spinning: it leaves the enabled set until the
    lock is released. Usable as a context manager.
    """

    __slots__ = ("holder", "waiters")

    def __init__(self, name: str) -> None:
        # Not through super(): primitives are made anew in every run.
        self.name = name
        self.scheduler = active.scheduler
        self.writer = None
        self.holder: VirtualThread | None = None
        self.waiters = 0

    @property
    def value(self) -> int | None:
        """Index of the thread that holds it."""
        return None if self.holder is None else self.holder.index

    def shown(self) -> str:
        """Who holds it, as text."""
        return "free" if self.holder is None else f"T{self.holder.index}"

    def blocks(self, kind: str) -> bool:
        """Whether access ``kind`` would only block its thread now."""
        return kind == "lock" and self.holder is not None

    def lock(self) -> None:
        """Take the lock, blocking while another thread holds it.

        A thread that already holds it blocks for ever, as it would for real.
        """
        s = self.scheduler
        if s.left:
            s.left -= 1
        else:
            s.point(self, "lock")
        while self.holder is not None:
            block(s, self)
        if self.writer is not s.tag and self.writer is not None:
            s.feedback.reads(self, "lock")
        self.holder = s.current

    def trylock(self) -> bool:
        """Take the lock if it is free; whether it was taken. Never blocks."""
        s = self.scheduler
        if s.left:
            s.left -= 1
        else:
            s.point(self, "trylock")
        if self.writer is not s.tag and self.writer is not None:
            s.feedback.reads(self, "trylock" if self.holder is None else "trylock-fails")
        if self.holder is not None:
            return False
        self.writer = s.tag
        self.holder = s.current
        return True

    def unlock(self) -> None:
        """Release the lock. A scheduling point comes first: a trylock can observe it.

        Raises:
            MisuseError: the calling thread does not hold it.
        """
        s = self.scheduler
        if s.left:
            s.left -= 1
        else:
            s.point(self, "unlock")
        if self.holder is not s.current:
            self._misused()
        self.writer = s.tag
        self.holder = None
        if self.waiters:
            s.enabled |= self.waiters
            self.waiters = 0

    def _misused(self) -> None:
        owner = "nobody" if self.holder is None else f"T{self.holder.index}"
        raise MisuseError(
            f"T{self.scheduler.current.index} unlocks {self.name}, which is held by {owner}"
        )

    def __enter__(self) -> Self:
        self.lock()
        return self

    def __exit__(self, *error: object) -> None:
        self.unlock()


@mypyc_attr(allow_interpreted_subclasses=True)
class Mutex(SpinLock):
    """A sleeping lock; as far as schedules go, the same as a spin lock."""

    __slots__ = ()

    def release_to_wait(self) -> None:
        """Release it as part of a wait, which is one indivisible step with it."""
        s = self.scheduler
        if self.holder is not s.current:
            self._misused()
        self.writer = s.tag
        self.holder = None
        s.enabled |= self.waiters
        self.waiters = 0
