"""The benchmark's subject: a small queue engine, once for every way of running it.

``make_engine`` writes the engine against whatever primitives it is given: the controlled ones,
or plain ones without scheduling points. The difference is the price of control.
"""

from __future__ import annotations

from typing import Any

from harness import ADMITTED, QUEUED, Atomic, Engine, Outcome, Request, SpinLock, Topology


class SmallQueue(Engine):
    """One slot, a line under a lock, an emptiness test outside it."""

    def setup(self, topology: Topology) -> None:
        """Create lock, counter and line."""
        self.lock = SpinLock("lock")
        self.length = Atomic("length", 0)
        self.busy = False
        self.line: list[Request] = []
        self.resource("slot", capacity=1)

    def arrive(self, request: Request) -> Outcome:
        """Take the slot or join the line: three scheduling points."""
        self.lock.lock()
        if self.busy:
            self.line.append(request)
            self.length.store(len(self.line))
            self.lock.unlock()
            return QUEUED
        self.busy = True
        self.lock.unlock()
        return ADMITTED

    def finish(self, request: Request) -> None:
        """Hand the slot to the next in line: three or four scheduling points."""
        self.lock.lock()
        if self.length.load():
            following = self.line.pop(0)
            self.length.store(len(self.line))
            self.dispatch(following)
            self.wake(following)
        else:
            self.busy = False
        self.lock.unlock()


class PlainAtomic:
    """An atomic without a scheduling point."""

    __slots__ = ("value",)

    def __init__(self, name: str, value: Any) -> None:
        self.value = value

    def load(self) -> Any:
        """Load."""
        return self.value

    def store(self, value: Any) -> None:
        """Store."""
        self.value = value


class PlainLock:
    """A lock without a scheduling point."""

    __slots__ = ("held",)

    def __init__(self, name: str) -> None:
        self.held = False

    def lock(self) -> None:
        """Take it."""
        self.held = True

    def unlock(self) -> None:
        """Release it."""
        self.held = False
