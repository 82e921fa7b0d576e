"""What is measured? A small queue engine: under control, and with nothing around it.

The scenario everywhere: 3 threads x 2 requests, some 36 accesses to shared state. The engine
takes its lock and its atomic from two class attributes, so that ``Plain`` is the same code on
primitives without scheduling points: what it costs is the engine, the rest is our doing.
"""

from __future__ import annotations

from collections import deque
from typing import Any, ClassVar

from harness import ADMITTED, QUEUED, Atomic, Engine, Int, Outcome, Request, SpinLock, Topology
from harness.model.workload import Op, Workload

THREADS, EACH = 3, 2

WORKLOAD = Workload(
    Topology({"threads": THREADS}),
    tuple(Op(t, "arrive") for t in range(THREADS) for _ in range(EACH)),
)

IN_ORDER = Workload(Topology({"threads": 1}), tuple(Op(0, "arrive") for _ in range(THREADS * EACH)))
"""The same calls on one virtual thread: with no deviation nothing is ever decided."""


class SmallQueue(Engine):
    """One slot and a line, both under a lock: it loses nobody."""

    topology: ClassVar = {"threads": Int(THREADS, THREADS)}

    lock_type: ClassVar[Any] = SpinLock
    atomic_type: ClassVar[Any] = Atomic

    def setup(self, topology: Topology) -> None:
        """Create lock, counter and line."""
        self.lock = self.lock_type("lock")
        self.length = self.atomic_type("length", 0)
        self.busy = False
        self.line: list[Request] = []
        self.resource("slot", capacity=1)

    def arrive(self, request: Request) -> Outcome:
        """Take the slot or join the line: two or three scheduling points."""
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
        """Hand the slot to the next in line: three to five scheduling points."""
        self.lock.lock()
        if self.length.load():
            following = self.line.pop(0)
            self.length.store(len(self.line))
            self.dispatch(following)
            self.wake(following)
        else:
            self.busy = False
        self.lock.unlock()


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


class Plain(SmallQueue):
    """The engine on plain primitives."""

    lock_type = PlainLock
    atomic_type = PlainAtomic


class PlainHost:
    """What a plain engine calls out to: notes who has to be finished, and nothing else."""

    def __init__(self) -> None:
        self.ready: deque[Any] = deque()

    def add_resource(self, name: str, capacity: int | None) -> int:
        """Nobody keeps count."""
        return 0

    def dispatch(self, request: Any, resource: int) -> None:
        """Nobody keeps count."""

    def wake(self, request: Any) -> None:
        """It can be finished now."""
        self.ready.append(request)


_REQUESTS: list[Any] = [object() for _ in range(THREADS * EACH)]


def run_bare(cls: type[SmallQueue]) -> None:
    """The scenario and nothing of ours: an engine is made, all requests arrive and finish."""
    engine: Any = cls()
    engine.host = host = PlainHost()
    engine.setup(WORKLOAD.topology)
    ready = host.ready
    for request in _REQUESTS:
        if engine.arrive(request) is ADMITTED:
            ready.append(request)
    while ready:
        engine.finish(ready.popleft())
