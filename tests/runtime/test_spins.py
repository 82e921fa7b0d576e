"""Threads that spin are parked until what they read changes, and spins that can end do end."""

from __future__ import annotations

import pytest
from helpers import (
    DEFAULT,
    executor,
    record_threads,
    run_threads,
    small_schedules,
    threads_case,
    workload,
)
from loops import Read, make, poll, set_flag, spin, spin_counting, spin_on_lock

from harness import ADMITTED, Atomic, Engine, Event, sleep
from harness import relax as give_way


@pytest.mark.parametrize("spinner", [spin, spin_counting, poll], ids=lambda f: f.__name__)
def test_a_thread_that_spins_on_a_flag_is_parked_and_the_writer_runs(spinner):
    run = run_threads(make, spinner, set_flag)
    assert run.verdict == "ok"
    assert run.steps < 400


@pytest.mark.parametrize("spinner", [spin, spin_counting, poll], ids=lambda f: f.__name__)
def test_no_schedule_makes_a_spin_with_a_writer_endless(spinner):
    ex, load = threads_case(make, spinner, set_flag)
    for schedule in small_schedules(12, 2, 2):
        assert ex.run(load, schedule).verdict == "ok"


def test_parking_shows_in_the_trace():
    recorded = record_threads(make, spin, set_flag)
    texts = [e.text for e in recorded.trace.events if e.thread == 0]
    assert any(t.startswith("spins") for t in texts)


def test_several_spinners_are_all_revived_by_one_write():
    assert run_threads(make, spin, spin, poll, set_flag).verdict == "ok"


def test_a_chain_of_spinners_is_revived_one_by_one():
    def relay(s):
        while not s.flag.load():
            pass
        s.other.store(1)

    def last(s):
        while not s.other.load():
            pass

    assert run_threads(make, last, relay, set_flag).verdict == "ok"


def test_a_spin_on_a_trylock_ends_when_the_holder_unlocks():
    def hold(s):
        s.lock.lock()
        s.cell.write(1)
        s.lock.unlock()

    ex, load = threads_case(make, hold, spin_on_lock)
    for schedule in small_schedules(8, 2, 2):
        assert ex.run(load, schedule).verdict == "ok"


def test_a_spinner_whose_plain_state_changes_is_revived_too():
    # The value it re-reads does not change, but a list that its loop looks at does.
    class Listed(Engine):
        def setup(self, topology):
            self.dummy = Atomic("dummy", 0)
            self.done = []
            self.event = Event("event")
            self.resource("slot", capacity=2)

        def arrive(self, request):
            if request.name == "A":
                while not self.done:
                    self.dummy.load()
                self.event.set()
            else:
                self.done.append(1)
                self.event.wait()
            return ADMITTED

        def finish(self, request):
            pass

    run = executor(Listed).run(workload(Listed, "T0 arrive A", "T1 arrive B"), DEFAULT)
    assert run.verdict == "ok"


def test_a_spinner_is_woken_by_a_timeout_when_nothing_else_can_run():
    def later(s):
        sleep(10)
        s.flag.store(1)

    assert run_threads(make, spin, later).verdict == "ok"


def test_a_parked_spinner_takes_part_in_the_fair_schedule_of_a_proof():
    # The first thread is parked long before the flag changes, and then ends everybody's loop.
    def parked(s):
        while not s.flag.load():
            pass
        s.other.store(1)

    def count_then_spin(s):
        n = 0
        while n < 700:
            n += 1
            s.cell.read()
            give_way()
        s.flag.store(1)
        while not s.other.load():
            pass

    assert run_threads(make, parked, count_then_spin, count_then_spin).verdict == "ok"


def test_a_spin_that_holds_a_lock_in_some_of_its_rounds_is_parked():
    def alternate(s):
        while s.flag.load() == 0:
            nth = 0
            while nth < 3:
                if nth == 1:
                    s.lock.lock()
                s.other.load()
                if nth == 1:
                    s.lock.unlock()
                nth += 1
            for _ in range(60):
                s.other.load()

    def work(s):
        n = 0
        while n < 650:
            s.cell.write(n)
            n += 1
        s.flag.store(1)

    run = run_threads(make, alternate, work)
    assert run.verdict == "ok"
    assert run.steps < 1100  # most of them are work


def test_a_spin_that_holds_a_lock_at_most_of_its_accesses_is_parked_after_few_looks_at_it():
    reads = []

    def watch(s):
        while True:
            s.lock.lock()
            s.flag.load(), s.flag.load(), s.flag.load(), s.flag.load(), s.flag.load()
            s.flag.load(), s.flag.load(), s.flag.load(), s.flag.load(), s.flag.load()
            s.lock.unlock()

    run = run_threads(lambda: {**make(), "read": Read(reads)}, watch)
    assert run.verdict == "endless-loop"
    assert len(reads) <= 6
