"""A lock that many readers or one writer hold."""

from __future__ import annotations

from harness.runtime.errors import MisuseError
from harness.sync.blocking import block
from harness.sync.primitive import Primitive


class RWLock(Primitive):
    """A readers-writer lock without preference: whoever the schedule runs first gets it."""

    __slots__ = ("readers", "waiters", "writing")

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.readers: list[int] = []
        self.writing: int | None = None
        self.waiters = 0

    @property
    def value(self) -> tuple[int | None, tuple[int, ...]]:
        """The writing thread and the reading threads."""
        return self.writing, tuple(self.readers)

    def blocks(self, kind: str) -> bool:
        """Whether access ``kind`` would only block its thread now."""
        if kind == "read_lock":
            return self.writing is not None
        return kind == "write_lock" and (self.writing is not None or bool(self.readers))

    def read_lock(self) -> None:
        """Take it for reading, blocking while a thread writes."""
        s = self.scheduler
        if s.left:
            s.left -= 1
        else:
            s.point(self, "read_lock")
        while self.writing is not None:
            block(s, self)
        if self.writer is not s.tag and self.writer is not None:
            s.feedback.reads(self, "read_lock")
        self.readers.append(s.current.index)

    def write_lock(self) -> None:
        """Take it for writing, blocking while any thread reads or writes."""
        s = self.scheduler
        if s.left:
            s.left -= 1
        else:
            s.point(self, "write_lock")
        while self.writing is not None or self.readers:
            block(s, self)
        if self.writer is not s.tag and self.writer is not None:
            s.feedback.reads(self, "write_lock")
        self.writing = s.current.index

    def read_unlock(self) -> None:
        """Release a read lock.

        Raises:
            MisuseError: the calling thread does not hold one.
        """
        s = self.scheduler
        if s.left:
            s.left -= 1
        else:
            s.point(self, "read_unlock")
        if s.current.index not in self.readers:
            raise MisuseError(f"T{s.current.index} does not hold {self.name} for reading")
        self.readers.remove(s.current.index)
        self._wake()

    def write_unlock(self) -> None:
        """Release the write lock.

        Raises:
            MisuseError: the calling thread does not hold it.
        """
        s = self.scheduler
        if s.left:
            s.left -= 1
        else:
            s.point(self, "write_unlock")
        if self.writing != s.current.index:
            raise MisuseError(f"T{s.current.index} does not hold {self.name} for writing")
        self.writing = None
        self._wake()

    def _wake(self) -> None:
        s = self.scheduler
        self.writer = s.tag
        s.enabled |= self.waiters
        self.waiters = 0
