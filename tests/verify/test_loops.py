"""Loops: those that end when another thread writes, and those that never do."""

from __future__ import annotations

import pytest
from exploring import exploration
from helpers import DEFAULT, executor, threads_engine, workload

from harness import (
    ADMITTED,
    Atomic,
    Engine,
    Event,
    Outcome,
    Request,
    SpinLock,
    Topology,
    relax,
    sleep,
)
from harness.engines.haproxy import HISTORY
from harness.runtime.watchdog import watchdog


def explored(cls, load):
    it = exploration(cls, load)
    found = set()
    with watchdog(it.driver):
        while not it.done:
            found |= {f.kind.value for f in it.next().findings}
    assert not it.tally.limited
    return found, it.tally


def findings(make, *bodies):
    cls = threads_engine(make, *bodies)
    ops = [f"T{i} act which={i}" for i in range(len(bodies))]
    return explored(cls, workload(cls, *ops, threads=len(bodies)))


def flag():
    return {"flag": Atomic("flag", 0), "other": Atomic("other", 0), "rung": Event("rung")}


def spin(shared):
    while not shared.flag.load():
        pass
    shared.other.store(1)


def give_way(shared):
    while not shared.flag.load():
        relax()


def write_and_restore(shared):
    while not shared.flag.load():
        shared.other.store(1)
        shared.other.store(0)


def sleep_between(shared):
    while not shared.flag.load():
        sleep(5)


def time_out_between(shared):
    while not shared.flag.load():
        shared.rung.wait(timeout=5)


LOOPS = (spin, give_way, write_and_restore, sleep_between, time_out_between)


def raise_flag(shared):
    shared.flag.store(1)


def look_at_other(shared):
    shared.other.load()


def test_a_spin_that_another_thread_ends_is_no_finding():
    for loop in LOOPS:
        found, tally = findings(flag, loop, raise_flag)
        assert not found
        assert tally.traces


def test_a_spin_that_nobody_ends_is_one():
    for loop in LOOPS:
        assert findings(flag, loop, look_at_other)[0] == {"endless-loop"}


def test_a_spin_alone_is_one():
    assert findings(flag, spin)[0] == {"endless-loop"}


def test_two_spinners_that_a_third_thread_frees():
    found, _ = findings(flag, spin, give_way, raise_flag)
    assert not found


def test_spinning_on_a_trylock_ends_with_the_lock():
    def make():
        return {"lock": SpinLock("lock")}

    def retry(shared):
        while not shared.lock.trylock():
            relax()
        shared.lock.unlock()

    found, tally = findings(make, retry, retry)
    assert not found
    assert tally.traces > 1


def test_a_loop_that_holds_its_lock_for_ever_keeps_the_others_out():
    def make():
        return {"lock": SpinLock("lock"), "flag": Atomic("flag", 0)}

    def hold(shared):
        shared.lock.lock()
        while not shared.flag.load():
            pass
        shared.lock.unlock()

    def want(shared):
        shared.lock.lock()
        shared.flag.store(1)
        shared.lock.unlock()

    assert findings(make, hold, want)[0] == {"endless-loop"}


@pytest.mark.parametrize(("revision", "loops"), [("b500e84e2", True), ("b8e3b0a18", False)])
def test_a_spin_until_no_other_thread_is_inside(revision, loops):
    cls = HISTORY[revision]
    ops = ("T0 arrive A target=0", "T0 shutdown_sessions server=0", "T1 shutdown_sessions server=0")
    found, tally = explored(cls, workload(cls, *ops))
    assert ("endless-loop" in found) == loops
    assert tally.traces


# ------------------------------------------------------------- the probe of the capacity


class Leaking(Engine):
    """The one slot is never given back; ``pause`` is what who finds it taken does."""

    def setup(self, topology: Topology) -> None:
        self.taken = Atomic("taken", 0)
        self.never = Event("never")
        self.resource("slot", capacity=1)

    def arrive(self, request: Request) -> Outcome:
        while self.taken.load():
            if self.pause():
                break
        self.taken.store(1)
        return ADMITTED

    def finish(self, request: Request) -> None:
        pass

    def pause(self) -> bool:
        return False


class RelaxingLeak(Leaking):
    def pause(self) -> bool:
        relax()
        return False


class SleepyLeak(Leaking):
    def pause(self) -> bool:
        sleep(5)
        return False


class SleepsOnce(Leaking):
    def pause(self) -> bool:
        sleep(5)
        return True


class TimesOut(Leaking):
    def pause(self) -> bool:
        return not self.never.wait(timeout=5)


@pytest.mark.parametrize("cls", [Leaking, RelaxingLeak, SleepyLeak, SleepsOnce, TimesOut])
def test_a_probe_that_has_to_wait_comes_to_what_a_campaign_says(cls):
    load = workload(cls, "T0 arrive A")
    verdict = executor(cls).run(load, DEFAULT).verdict
    assert explored(cls, load)[0] == {verdict} - {"ok"}
