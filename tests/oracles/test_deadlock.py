"""``deadlock``: every live thread is blocked; the cycle is named."""

from __future__ import annotations

import pytest
from helpers import (
    DEFAULT,
    executor,
    find,
    only,
    outcomes,
    run_threads,
    small_schedules,
    threads_case,
    threads_engine,
    workload,
)

from harness import (
    ADMITTED,
    QUEUED,
    Condition,
    Engine,
    Event,
    Mutex,
    RWLock,
    Semaphore,
    SpinLock,
    operation,
)
from harness.model.finding import Kind


def make():
    locks = {f"l{i}": SpinLock(f"l{i}") for i in range(3)}
    return {**locks, "m": Mutex("m"), "rw": RWLock("rw"), "e": Event("e"), "c": Condition("c")}


def take(*names):
    def body(s):
        for name in names:
            getattr(s, name).lock()
        for name in reversed(names):
            getattr(s, name).unlock()

    return body


def test_a_thread_that_locks_twice_waits_for_itself():
    finding = only(run_threads(make, take("l0", "l0")))
    assert finding.kind is Kind.DEADLOCK
    assert finding.where == "l0"
    assert "T0 waits for l0, held by T0" in finding.message


def deadlock_of(*bodies):
    cls = threads_engine(make, *bodies)
    ops = [f"T{i} act which={i}" for i in range(len(bodies))]
    load = workload(cls, *ops, threads=len(bodies))
    schedule = find(cls, load, Kind.DEADLOCK)
    ex, load = threads_case(make, *bodies)
    return only(ex.run(load, schedule))


def test_two_threads_with_crossed_locks_wait_for_each_other():
    finding = deadlock_of(take("l0", "l1"), take("l1", "l0"))
    assert finding.where == "l0 -> l1"
    assert "T0 waits for l1, held by T1" in finding.message
    assert "T1 waits for l0, held by T0" in finding.message


def test_three_threads_can_form_a_ring():
    finding = deadlock_of(take("l0", "l1"), take("l1", "l2"), take("l2", "l0"))
    assert finding.where == "l0 -> l1 -> l2"
    assert finding.message.startswith("T0 and T1 and T2 wait for each other")


def test_a_thread_that_waits_outside_of_the_cycle_is_not_part_of_it():
    finding = deadlock_of(take("l0", "l1"), take("l1", "l0"), take("l0"))
    assert "T2" not in finding.message


def test_a_thread_that_leads_into_the_cycle_is_not_part_of_it():
    bodies = (take("l0"), take("l0", "l1"), take("l1", "l0"))
    ex, load = threads_case(make, *bodies)
    found = [
        f
        for schedule in small_schedules(14, 2, 3)
        for f in ex.run(load, schedule).findings
        if f.kind is Kind.DEADLOCK
    ]
    assert found
    assert {f.message.partition(" wait for each other")[0] for f in found} <= {
        "T1 and T2",
        "T2 and T1",
    }


def test_crossed_locks_do_not_always_deadlock():
    got = outcomes(make, take("l0", "l1"), take("l1", "l0"), result=lambda s: None)
    assert {verdict for verdict, _ in got} == {"ok", "deadlock"}


def test_ordered_locks_never_deadlock():
    got = outcomes(make, take("l0", "l1"), take("l0", "l1"), result=lambda s: None)
    assert {verdict for verdict, _ in got} == {"ok"}


def test_a_readers_writer_lock_takes_part_in_the_cycle():
    def write_then_lock(s):
        s.rw.write_lock()
        s.l0.lock()
        s.l0.unlock()
        s.rw.write_unlock()

    def lock_then_write(s):
        s.l0.lock()
        s.rw.write_lock()
        s.rw.write_unlock()
        s.l0.unlock()

    assert deadlock_of(write_then_lock, lock_then_write).where == "l0 -> rw"


def read_then(name):
    def body(s):
        s.rw.read_lock()
        take(name)(s)
        s.rw.read_unlock()

    return body


def write_under(name):
    def body(s):
        with getattr(s, name):
            s.rw.write_lock()
            s.rw.write_unlock()

    return body


def test_a_reader_takes_part_in_the_cycle():
    finding = deadlock_of(read_then("l0"), write_under("l0"))
    assert finding.where == "l0 -> rw"
    assert finding.message == (
        "T0 and T1 wait for each other: T0 waits for l0, held by T1; "
        "T1 waits for rw, held by T0 for reading"
    )


def test_the_cycle_goes_through_whichever_reader_closes_it():
    def read_and_end(s):
        s.rw.read_lock()

    finding = deadlock_of(read_and_end, write_under("l0"), read_then("l0"))
    assert finding.message.startswith("T1 and T2 wait for each other")
    assert "T1 waits for rw, held by T0 and T2 for reading" in finding.message


def test_a_reader_that_wants_to_write_waits_for_itself():
    finding = only(run_threads(make, lambda s: (s.rw.read_lock(), s.rw.write_lock())))
    assert finding.message == ("T0 wait for each other: T0 waits for rw, held by T0 for reading")


@pytest.mark.parametrize(
    "body",
    [lambda s: s.e.wait(), lambda s: (s.c.mutex.lock(), s.c.wait())],
    ids=["event", "condition"],
)
def test_a_wait_that_nobody_ends_is_a_deadlock_without_a_cycle(body):
    finding = only(run_threads(make, body))
    assert finding.kind is Kind.DEADLOCK
    assert "can never go on" in finding.message


def test_a_lock_that_an_ended_thread_still_holds_blocks_for_ever():
    finding = only(run_threads(make, lambda s: s.m.lock(), lambda s: s.m.lock()))
    assert finding.kind is Kind.DEADLOCK
    assert "T1 waits for m, held by T0" in finding.message
    assert "wait for each other" not in finding.message


def test_a_semaphore_without_units_blocks_for_ever():
    run = run_threads(lambda: {"sem": Semaphore("sem", 0)}, lambda s: s.sem.acquire())
    assert only(run).where == "sem"


def test_a_thread_that_could_still_time_out_is_no_deadlock():
    assert run_threads(make, lambda s: s.e.wait(timeout=5)).verdict == "ok"


# ---------------------------------------------------- beside a stranding or a leak


class Queues(Engine):
    """Wrong: the slot is free, and nobody dequeues."""

    def setup(self, topology):
        self.m = Mutex("m")
        self.freed = Event("freed")
        self.told = Event("told")
        self.resource("slot", capacity=1)

    def arrive(self, request):
        return QUEUED

    def finish(self, request):
        self.told.wait()

    @operation()
    def lock_twice(self):
        self.m.lock()
        self.m.lock()

    @operation()
    def wait_to_be_told(self):
        self.told.wait()

    @operation()
    def free(self):
        self.freed.set()

    @operation()
    def free_and_keep_the_lock(self):
        self.m.lock()
        self.freed.set()


class Waits(Queues):
    """Wrong in the same way, inside of ``arrive``."""

    def arrive(self, request):
        self.freed.wait()
        return ADMITTED


class TaskWaits(Queues):
    """Wrong in the same way, inside of ``resume``."""

    def arrive(self, request):
        self.wake(request)
        return QUEUED

    def resume(self, request):
        self.freed.wait()


def findings(cls, *ops):
    """By kind; A is stranded before anything else begins."""
    run = executor(cls).run(workload(cls, "T0 arrive A", *ops), DEFAULT)
    return {f.kind: f for f in run.findings}


@pytest.mark.parametrize("cls", [Waits, TaskWaits])
def test_who_waits_for_ever_with_a_stranded_request_is_not_deadlocked_as_well(cls):
    assert findings(cls).keys() == {Kind.STRANDED}


def test_who_waits_for_ever_with_a_leaked_slot_is_not_deadlocked_as_well():
    class Leaks(Queues):
        def setup(self, topology):
            super().setup(topology)
            self.units = Semaphore("units", 1)

        def arrive(self, request):
            self.units.acquire()
            return ADMITTED

        def finish(self, request):
            pass

    assert findings(Leaks).keys() == {Kind.CAPACITY_LEAK}


@pytest.mark.parametrize("cls", [Queues, Waits, TaskWaits])
def test_a_stranding_does_not_hide_a_thread_that_locks_twice(cls):
    found = findings(cls, "T1 lock_twice")
    assert found.keys() == {Kind.STRANDED, Kind.DEADLOCK}
    assert "T1 waits for m, held by T1" in found[Kind.DEADLOCK].message


@pytest.mark.parametrize("cls", [Queues, Waits, TaskWaits])
def test_a_stranding_does_not_hide_a_wait_for_something_else(cls):
    found = findings(cls, "T1 wait_to_be_told")
    assert found.keys() == {Kind.STRANDED, Kind.DEADLOCK}
    assert found[Kind.DEADLOCK].message == "T1 can never go on: T1 waits for told"


def test_a_stranding_does_not_hide_the_lock_that_its_request_waits_for_later():
    class ThenLocks(Waits):
        def arrive(self, request):
            self.freed.wait()
            self.m.lock()
            return ADMITTED

    found = findings(ThenLocks, "T1 free_and_keep_the_lock")
    assert "T0 waits for m, held by T1" in found[Kind.DEADLOCK].message


def test_a_stranding_that_ended_does_not_hide_what_its_request_waits_for_later():
    found = findings(Waits, "T1 free")
    assert found[Kind.STRANDED].transient
    assert "T0 waits for told" in found[Kind.DEADLOCK].message
