"""What a strategy did is a schedule: executing it gives the same run, in every way of executing."""

from __future__ import annotations

from random import Random

import pytest
from engines_for_tests import ALL, StrandingPool
from helpers import agreed, executor, threads_case
from hypothesis import given, settings
from hypothesis import strategies as st

from harness import (
    Atomic,
    Condition,
    Engine,
    Event,
    Int,
    Mutex,
    RWLock,
    Topology,
    operation,
    relax,
    sleep,
)
from harness.cases.minimise import minimise
from harness.codec.codec import Codec
from harness.strategies.drive import run_with
from harness.strategies.registry import STRATEGIES


class Everything(Engine):
    """Threads that spin, give way, sleep, time out, block on locks and wait for each other."""

    topology = {"threads": Int(2, 4)}  # noqa: RUF012

    def setup(self, topology: Topology) -> None:
        self.turn = Atomic("turn", 0)
        self.rung = Event("rung")
        self.first, self.second = Mutex("first"), Mutex("second")
        self.shared = RWLock("shared")
        self.changed = Condition("changed")
        self.resource("unused", capacity=None)

    @operation(value=Int(0, 2))
    def spin_until(self, value: int) -> None:
        while self.turn.load() < value:
            pass

    @operation()
    def spin_while_odd(self) -> None:
        while self.turn.load() % 2:
            relax()

    @operation(n=Int(1, 2))
    def advance(self, n: int) -> None:
        self.turn.fetch_add(n)
        self.rung.set()

    @operation()
    def doze(self) -> None:
        sleep(5)
        self.rung.wait(timeout=7)
        self.turn.fetch_add(1)

    @operation(order=Int(0, 1))
    def lock_both(self, order: int) -> None:
        locks = (self.first, self.second)
        with locks[order], locks[1 - order]:
            self.turn.load()

    @operation()
    def read_shared(self) -> None:
        self.shared.read_lock()
        self.turn.load()
        self.shared.read_unlock()

    @operation()
    def write_shared(self) -> None:
        self.shared.write_lock()
        self.turn.store(0)
        self.shared.write_unlock()

    @operation()
    def await_change(self) -> None:
        with self.changed:
            if not self.turn.load():
                self.changed.wait(timeout=3)

    @operation()
    def announce(self) -> None:
        with self.changed:
            self.changed.notify()


def runs(cls, name, data, seed, count=3):
    ex = executor(cls)
    load, _ = Codec(ex.spec).decode(data)
    strategy = STRATEGIES[name](Random(seed))
    for _ in range(count):
        yield ex, load, *run_with(ex, load, strategy)


@pytest.mark.parametrize("name", STRATEGIES)
@pytest.mark.parametrize("cls", [*ALL, Everything], ids=lambda c: c.__name__)
@given(data=st.binary(min_size=20, max_size=80), seed=st.integers(0, 1000))
@settings(max_examples=15)
def test_the_schedule_of_a_run_gives_the_same_run(cls, name, data, seed):
    for ex, load, run, schedule in runs(cls, name, data, seed):
        recorded = ex.record(load, schedule)
        assert agreed(recorded.run) == agreed(run)
        assert agreed(ex.run(load, schedule)) == agreed(run)
        # Every choice of the schedule was taken where it was taken first.
        assert recorded.schedule == schedule


@pytest.mark.parametrize("name", STRATEGIES)
@given(data=st.binary(min_size=20, max_size=80), seed=st.integers(0, 1000))
@settings(max_examples=15)
def test_the_bytes_of_a_run_give_the_same_run(name, data, seed):
    for ex, load, run, schedule in runs(StrandingPool, name, data, seed):
        codec = Codec(ex.spec)
        assert agreed(ex.run(*codec.decode(codec.encode(load, schedule)))) == agreed(run)


@pytest.mark.parametrize("name", STRATEGIES)
def test_the_same_seed_gives_the_same_runs(name):
    def schedules():
        return [s for _, _, _, s in runs(Everything, name, b"\0\2\5" * 20, 3, count=20)]

    assert schedules() == schedules()


@pytest.mark.parametrize("name", STRATEGIES)
def test_what_is_found_is_minimised_like_any_other_finding(name):
    def make():
        return {"x": Atomic("x", 0)}

    def write_1_then_0(s):
        s.x.store(1)
        s.x.store(0)

    def never_sees_1(s):
        assert s.x.load() != 1

    ex, load = threads_case(make, write_1_then_0, never_sees_1)
    strategy = STRATEGIES[name](Random(0))
    found = (run_with(ex, load, strategy) for _ in range(5000))
    schedule = next(s for run, s in found if run.worst is not None)
    recorded = ex.record(load, schedule)
    minimal = minimise(ex, load, recorded.switches, recorded.run.worst, budget=500)
    assert minimal.finding.kind is recorded.run.worst.kind
    assert len(minimal.switches) == 1


@pytest.mark.parametrize("name", STRATEGIES)
def test_a_loop_of_two_threads_is_proven_and_replays(name):
    def make():
        return {"turn": Atomic("turn", 0)}

    def flip(s):
        while True:
            s.turn.compare_exchange(0, 1)
            s.turn.compare_exchange(1, 0)

    ex, load = threads_case(make, flip, flip)
    run, schedule = run_with(ex, load, STRATEGIES[name](Random(0)))
    assert run.verdict == "endless-loop"
    assert agreed(ex.record(load, schedule).run) == agreed(run)
