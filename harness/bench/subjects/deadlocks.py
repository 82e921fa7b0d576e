"""Programs in which threads end up waiting for ever."""

from __future__ import annotations

from harness import Cell, Condition, Mutex
from harness.bench.subjects.program import Program
from harness.model.finding import Kind


class Deadlock01(Program):
    """SCTBench deadlock01: two threads take two locks, each in its own order."""

    bodies = ("forwards", "backwards")
    bug = Kind.DEADLOCK

    def start(self) -> None:
        """Two locks."""
        self.a, self.b = Mutex("a"), Mutex("b")
        self.counter = Cell("counter", 0)

    def forwards(self) -> None:
        """First a."""
        with self.a, self.b:
            self.counter.write(self.counter.read() + 1)

    def backwards(self) -> None:
        """First b."""
        with self.b, self.a:
            self.counter.write(self.counter.read() - 1)


class Carter01(Program):
    """SCTBench carter01: two groups share a lock; the first in takes it, the last out frees it.

    The one that waits for the other group holds the lock that the other group needs to leave.
    """

    bodies = ("left", "right")
    bug = Kind.DEADLOCK

    def start(self) -> None:
        """Nobody inside."""
        self.counting, self.group = Mutex("counting"), Mutex("group")
        self.inside = {"left": Cell("lefts", 0), "right": Cell("rights", 0)}

    def left(self) -> None:
        """A member of the first group."""
        self.visit(self.inside["left"])

    def right(self) -> None:
        """A member of the second group."""
        self.visit(self.inside["right"])

    def visit(self, inside: Cell[int]) -> None:
        """Go in and out."""
        with self.counting:
            inside.write(inside.read() + 1)
            if inside.read() == 1:
                self.group.lock()
        with self.counting:
            inside.write(inside.read() - 1)
            if inside.read() == 0:
                self.group.unlock()


class BoundedBuffer(Program):
    """The bounded buffer with one condition for both sides and ``notify`` for one waiter.

    The wake-up that a producer needs goes to a consumer, who has no use for it.
    """

    bodies = ("put", "put", "take", "take")
    bug = Kind.DEADLOCK

    def start(self) -> None:
        """Room for one."""
        self.changed = Condition("changed")
        self.full = Cell("full", False)

    def put(self) -> None:
        """Wait for room."""
        with self.changed:
            while self.full.read():
                self.changed.wait()
            self.full.write(True)
            self.changed.notify()

    def take(self) -> None:
        """Wait for an item."""
        with self.changed:
            while not self.full.read():
                self.changed.wait()
            self.full.write(False)
            self.changed.notify()


class LostSignal(Program):
    """A flag is tested outside the mutex: the signal can come between the test and the wait."""

    bodies = ("wait", "signal")
    bug = Kind.DEADLOCK

    def start(self) -> None:
        """Not ready."""
        self.changed = Condition("changed")
        self.ready = Cell("ready", False)

    def wait(self) -> None:
        """Wait until it is ready."""
        if not self.ready.read():
            with self.changed:
                self.changed.wait()

    def signal(self) -> None:
        """It is ready now."""
        self.ready.write(True)
        with self.changed:
            self.changed.notify()
