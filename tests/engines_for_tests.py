"""Small engines, right and wrong, that the tests of the layers run."""

from __future__ import annotations

from pathlib import Path

from harness import (
    ADMITTED,
    QUEUED,
    Atomic,
    Cell,
    Condition,
    Engine,
    Event,
    Index,
    Int,
    Outcome,
    Request,
    Semaphore,
    SpinLock,
    Topology,
    admitted,
    operation,
    queued,
    takes,
)
from harness.engine.registry import find

ROOT = Path(__file__).parent.parent
TrylockPool = find(f"{ROOT}/examples/trylock_pool.py:TrylockPool").engine


class RightQueue(Engine):
    """Correct: some slots, a FIFO line, everything under one lock, counters published."""

    topology = {"size": Int(1, 2)}  # noqa: RUF012
    fifo = True

    def setup(self, topology: Topology) -> None:
        self.lock = SpinLock("lock")
        self.served = Atomic("served", 0)
        self.length = Atomic("length", 0)
        self.line: list[Request] = []
        self.size = topology.size
        self.resource("slot", capacity=topology.size)
        self.publish_in_service(self.served)
        self.publish_queued(self.length)

    def arrive(self, request: Request) -> Outcome:
        with self.lock:
            if self.served.load() < self.size:
                self.served.fetch_add(1)
                return ADMITTED
            self.line.append(request)
            self.length.fetch_add(1)
            return QUEUED

    def finish(self, request: Request) -> None:
        with self.lock:
            self.served.fetch_sub(1)
            self.serve()

    def abort(self, request: Request) -> None:
        with self.lock:
            if request in self.line:
                self.line.remove(request)
                self.length.fetch_sub(1)
            else:
                self.served.fetch_sub(1)
                self.serve()

    def serve(self) -> None:
        while self.line and self.served.load() < self.size:
            request = self.line.pop(0)
            self.length.fetch_sub(1)
            self.served.fetch_add(1)
            self.dispatch(request)
            self.wake(request)


class ResumingQueue(RightQueue):
    """Correct: a woken request runs a task of its own before it is in service."""

    def resume(self, request: Request) -> Outcome | None:
        self.served.load()
        return None


class ConditionPool(Engine):
    """Correct: arrivals block in a condition until a slot is free."""

    blocking = True
    topology = {"size": Int(1, 2)}  # noqa: RUF012

    def setup(self, topology: Topology) -> None:
        self.free = Cell("free", topology.size)
        self.changed = Condition("changed")
        self.resource("slot", capacity=topology.size)

    def arrive(self, request: Request) -> Outcome:
        with self.changed:
            while not self.free.read():
                self.changed.wait()
            self.free.write(self.free.read() - 1)
        return ADMITTED

    def finish(self, request: Request) -> None:
        with self.changed:
            self.free.write(self.free.read() + 1)
            self.changed.notify()


class SemaphorePool(Engine):
    """Correct: arrivals block in a semaphore."""

    blocking = True

    def setup(self, topology: Topology) -> None:
        self.slots = Semaphore("slots", 1)
        self.resource("slot", capacity=1)

    def arrive(self, request: Request) -> Outcome:
        self.slots.acquire()
        return ADMITTED

    def finish(self, request: Request) -> None:
        self.slots.release()


class EventPool(Engine):
    """Wrong: the event is cleared after the test, so a set in between is lost."""

    blocking = True

    def setup(self, topology: Topology) -> None:
        self.busy = Atomic("busy", 0)
        self.freed = Event("freed")
        self.resource("slot", capacity=1)

    def arrive(self, request: Request) -> Outcome:
        while not self.busy.compare_exchange(0, 1):
            self.freed.clear()
            self.freed.wait()
        return ADMITTED

    def finish(self, request: Request) -> None:
        self.busy.store(0)
        self.freed.set()


class TwoServers(Engine):
    """Correct: one line for each server, chosen by the arrival; operations with parameters."""

    topology = {"servers": Int(1, 3), "slots": Int(1, 2)}  # noqa: RUF012

    def setup(self, topology: Topology) -> None:
        self.lock = SpinLock("lock")
        self.slots = topology.slots
        self.served = [Cell(f"served{i}", 0) for i in range(topology.servers)]
        self.lines: list[list[Request]] = [[] for _ in range(topology.servers)]
        for i in range(topology.servers):
            self.resource(f"server{i}", capacity=topology.slots)
        for i in range(topology.servers):
            self.queue(f"line{i}", served_by=[i])

    @takes(server=Index("servers", optional=True), cost=Int(3, 9))
    def arrive(self, request: Request, server: int, cost: int) -> Outcome:
        request.data = at = max(0, server)
        with self.lock:
            if self.served[at].read() < self.slots:
                self.served[at].write(self.served[at].read() + 1)
                return admitted(at)
            self.lines[at].append(request)
            return queued(at)

    def finish(self, request: Request) -> None:
        self.leave(request.data)

    def abort(self, request: Request) -> None:
        with self.lock:
            if request in self.lines[request.data]:
                self.lines[request.data].remove(request)
                return
        self.leave(request.data)

    @operation(server=Index("servers"), weight=2)
    def look(self, server: int) -> None:
        self.served[server].read()

    def leave(self, at: int) -> None:
        with self.lock:
            if self.lines[at]:
                request = self.lines[at].pop(0)
                self.dispatch(request, at)
                self.wake(request)
            else:
                self.served[at].write(self.served[at].read() - 1)


class StrandingPool(Engine):
    """Wrong: whoever fails the trylock goes home, and the holder does not look again."""

    topology = {"size": Int(1, 2)}  # noqa: RUF012

    def setup(self, topology: Topology) -> None:
        self.size = topology.size
        self.served = Atomic("served", 0)
        self.lock = SpinLock("lock")
        self.line: list[Request] = []
        self.resource("pool", capacity=topology.size)
        self.publish_in_service(self.served)

    def arrive(self, request: Request) -> Outcome:
        with self.lock:
            if self.served.load() < self.size:
                self.served.fetch_add(1)
                return ADMITTED
            self.line.append(request)
        return QUEUED

    def finish(self, request: Request) -> None:
        self.served.fetch_sub(1)
        if not self.lock.trylock():
            return
        if self.line and self.served.load() < self.size:
            following = self.line.pop(0)
            self.served.fetch_add(1)
            self.dispatch(following)
            self.wake(following)
        self.lock.unlock()

    @operation()
    def look(self) -> None:
        self.served.load()


RIGHT = (RightQueue, ResumingQueue, ConditionPool, SemaphorePool, TwoServers)
ALL = (*RIGHT, TrylockPool, StrandingPool, EventPool)
