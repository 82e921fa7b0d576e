"""Tiny engines, each with one fault that every exploration finds within a few hundred runs."""

from __future__ import annotations

from typing import ClassVar

from harness import (
    ADMITTED,
    QUEUED,
    REJECTED,
    Atomic,
    Engine,
    Int,
    Outcome,
    Request,
    SpinLock,
    Topology,
)


class Strands(Engine):
    """Whoever leaves looks at the length once, and goes home if the lock is taken."""

    topology: ClassVar = {"size": Int(1, 2)}

    def setup(self, topology: Topology) -> None:
        self.size = topology.size
        self.served = Atomic("served", 0)
        self.length = Atomic("line.length", 0)
        self.lock = SpinLock("line.lock")
        self.line: list[Request] = []
        self.resource("pool", capacity=self.size)

    def arrive(self, request: Request) -> Outcome:
        with self.lock:
            if self.served.load() < self.size:
                self.served.fetch_add(1)
                return ADMITTED
            self.line.append(request)
            self.length.fetch_add(1)
        return QUEUED

    def finish(self, request: Request) -> None:
        self.served.fetch_sub(1)
        if self.length.load() and self.lock.trylock():
            self.take_one()
            self.lock.unlock()

    def take_one(self) -> None:
        if self.line and self.served.load() < self.size:
            request = self.line.pop(0)
            self.length.fetch_sub(1)
            self.served.fetch_add(1)
            self.dispatch(request)
            self.wake(request)


class Sound(Strands):
    """Whoever leaves waits for the lock and looks under it."""

    def finish(self, request: Request) -> None:
        with self.lock:
            self.served.fetch_sub(1)
            self.take_one()

    def never(self) -> None:
        self.size = 0


class Deadlocks(Strands):
    """Takes two locks in either order."""

    def setup(self, topology: Topology) -> None:
        super().setup(topology)
        self.other = SpinLock("other.lock")

    def arrive(self, request: Request) -> Outcome:
        with self.lock, self.other:
            if self.served.load() >= self.size:
                return REJECTED
            self.served.fetch_add(1)
            return ADMITTED

    def finish(self, request: Request) -> None:
        with self.other, self.lock:
            self.served.fetch_sub(1)


class Loops(Strands):
    """Whoever leaves looks at the length for ever."""

    def finish(self, request: Request) -> None:
        self.served.fetch_sub(1)
        while self.length.load():
            if self.lock.trylock():
                self.lock.unlock()


class OverAdmits(Strands):
    """Checks and takes a slot in two steps."""

    def arrive(self, request: Request) -> Outcome:
        if self.served.load() >= self.size:
            return REJECTED
        self.served.fetch_add(1)
        return ADMITTED

    def finish(self, request: Request) -> None:
        self.served.fetch_sub(1)
