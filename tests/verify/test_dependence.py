"""Steps whose order matters although they touch no memory in common, one by one."""

from __future__ import annotations

import pytest
from agreeing import found_by, same
from exploring import exploration
from helpers import threads_engine, workload
from programs import Program

from harness import (
    ADMITTED,
    QUEUED,
    REJECTED,
    Atomic,
    Cell,
    Condition,
    Engine,
    Event,
    Int,
    Mutex,
    Outcome,
    Request,
    RWLock,
    Topology,
    operation,
)


def threads(make, *bodies):
    """An engine with a thread for each body; its result is what they leave in ``x``."""
    cls = threads_engine(lambda: {"x": Cell("x", 0), **make()}, *bodies)
    cls.result = lambda engine: engine.shared.x.value
    ops = [f"T{i} act which={i}" for i in range(len(bodies))]
    return cls, workload(cls, *ops, threads=len(bodies))


# ------------------------------------------------------------------------ the ledger


class Leaving(Engine):
    """Everybody is served; clients may leave."""

    def setup(self, topology: Topology) -> None:
        self.log: Cell[tuple[str, ...]] = Cell("log", ())
        self.resource("slot", capacity=1)

    def arrive(self, request: Request) -> Outcome:
        return ADMITTED

    def finish(self, request: Request) -> None:
        self.log.write((*self.log.read(), f"{request.name} served"))

    def abort(self, request: Request) -> None:
        self.log.write((*self.log.read(), f"{request.name} left"))

    def result(self):
        return self.log.value


@pytest.mark.parametrize("other", [(), ("T1 arrive B",), ("T1 arrive B", "T1 abort B")])
def test_a_client_that_leaves_might_have_been_served_before(other):
    load = workload(Leaving, "T0 arrive A", "T0 abort A", *other)
    same(Leaving, load, most=3000, traces=False)


class Lowered(Engine):
    """One of two slots goes while a request takes it; who waits gets it from who closes it."""

    def setup(self, topology: Topology) -> None:
        self.line: Cell[Request | None] = Cell("line", None)
        self.lowered = Atomic("lowered", 0)
        self.own, self.other = Cell("own", 0), Cell("other", 0)
        self.resource("slot", capacity=2)

    def arrive(self, request: Request) -> Outcome:
        if request.name == "A":
            self.line.write(request)
            return QUEUED
        if not self.lowered.load():
            return REJECTED
        self.other.read()
        return ADMITTED

    def finish(self, request: Request) -> None:
        pass

    @operation()
    def lower(self) -> None:
        first = self.line.read()
        self.set_capacity(0, 1)
        self.lowered.store(1)
        self.own.read()
        if first is not None:
            self.dispatch(first)
            self.wake(first)

    def result(self):
        return None


def test_who_takes_the_last_slot_of_a_limit_that_came_down():
    load = workload(Lowered, "T0 arrive A", "T0 lower", "T1 arrive B")
    same(Lowered, load, traces=False)


# --------------------------------------------------------------------- threads inside


class Counted(Engine):
    """A thread waits, another one ends that, a third one counts who is inside."""

    topology = {"threads": Int(3, 3)}  # noqa: RUF012

    def setup(self, topology: Topology) -> None:
        self.changed = Condition("changed")
        self.waits = False
        self.ending, self.ended, self.own = Cell("ending", 0), Cell("ended", 0), Cell("own", 0)
        self.seen: tuple[int, int] | None = None
        self.resource("unused", capacity=None)

    @operation()
    def wait(self) -> None:
        with self.changed:
            self.waits = True
            self.changed.wait()

    @operation()
    def end_it(self) -> None:
        with self.changed:
            if self.waits:
                self.ending.write(1)
                self.changed.notify()
                self.ended.write(1)

    @operation()
    def count(self) -> None:
        if self.ending.read():
            self.own.read()
            others = self.others_inside
            self.seen = others, self.ended.read()

    def result(self):
        return self.seen


def test_who_ends_a_wait_brings_a_thread_inside():
    load = workload(Counted, "T0 wait", "T1 end_it", "T2 count", threads=3)
    states, _ = found_by(exploration(Counted, load))
    # Before the notification, after it, and after everything; and never between.
    assert {seen for _, seen in states if seen} == {(1, 0), (2, 0), (2, 1), (1, 1), (0, 1)}


# ---------------------------------------------------------------------- locks


def test_a_writer_may_come_before_a_thread_that_reads_twice_over():
    reader = (("reading", 0, (("reading", 0, (("load", 0),)),)),)
    cls = type("Drawn", (Program,), {"codes": (reader, (("writing", 0, (("store", 0, 1),)),))})
    same(cls, workload(cls, "T0 act which=0", "T1 act which=1"))


def test_a_deadlock_with_a_thread_that_reads_less_often_than_it_did():
    reader = (("reading", 0, (("reading", 0, ()), ("locked", 0, ()))),)
    writer = (("locked", 0, (("writing", 0, ()),)),)
    cls = type("Drawn", (Program,), {"codes": (reader, writer)})
    same(cls, workload(cls, "T0 act which=0", "T1 act which=1"))


# ---------------------------------------------------- what the end of a run lets go on


def crashes(lock):
    def body(shared):
        with shared.lock:
            raise ValueError("on the way out the lock is released")

    def reading(shared):
        shared.lock.read_lock()
        try:
            raise ValueError("and it is here")
        finally:
            shared.lock.read_unlock()

    return reading if lock is RWLock else body


def test_a_crash_that_releases_a_lock():
    def want(shared):
        with shared.lock:
            shared.x.write(1)

    same(*threads(lambda: {"lock": Mutex("lock")}, crashes(Mutex), want), traces=False)


@pytest.mark.parametrize("kind", ["read", "write"])
def test_a_crash_that_releases_what_others_may_read(kind):
    def want(shared):
        getattr(shared.lock, f"{kind}_lock")()
        shared.x.write(1)
        getattr(shared.lock, f"{kind}_unlock")()

    same(*threads(lambda: {"lock": RWLock("lock")}, crashes(RWLock), want), traces=False)


@pytest.mark.parametrize("timeout", [None, 5])
def test_a_crash_just_after_somebody_was_woken(timeout):
    def body(shared):
        shared.rung.set()
        raise ValueError("before the other one could go on")

    def wait(shared):
        shared.x.write(1 + shared.rung.wait(timeout=timeout))

    same(*threads(lambda: {"rung": Event("rung")}, body, wait), traces=False)


def test_an_unlocking_that_is_refused_releases_nothing():
    def misuse(shared):
        with shared.lock:
            shared.other.unlock()

    def want(shared):
        with shared.lock, shared.other:
            shared.x.write(1)

    def make():
        return {"lock": Mutex("lock"), "other": Mutex("other")}

    same(*threads(make, misuse, want), traces=False)
