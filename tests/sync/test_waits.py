"""Condition, event and semaphore: waiting, waking, timing out in virtual time."""

from __future__ import annotations

import pytest
from helpers import DEFAULT, executor, only, outcomes, run_threads, workload

from harness import (
    ADMITTED,
    Atomic,
    Condition,
    Engine,
    Event,
    Mutex,
    Semaphore,
    operation,
    relax,
    sleep,
)
from harness.model.finding import Kind


def conditions():
    return {"c": Condition("c"), "ready": Atomic("ready", False), "log": []}


def wait_until_ready(s):
    with s.c:
        while not s.ready.load():
            s.c.wait()
    s.log.append("through")


def make_ready(s):
    with s.c:
        s.ready.store(True)
        s.c.notify()


def test_a_guarded_wait_is_never_missed():
    got = outcomes(conditions, wait_until_ready, make_ready, result=lambda s: tuple(s.log))
    assert got == {("ok", ("through",))}


def test_a_wait_without_a_guard_misses_a_notify_that_came_before():
    def unguarded(s):
        with s.c:
            s.c.wait()

    def notifies(s):
        with s.c:
            s.c.notify()

    got = outcomes(conditions, unguarded, notifies, result=lambda s: None)
    assert got == {("ok", None), ("deadlock", None)}


def test_a_waiting_thread_has_released_the_mutex_and_holds_it_again_afterwards():
    def waits(s):
        with s.c:
            s.c.wait()
            s.log.append(("after", s.c.mutex.value))

    def notifies(s):
        with s.c:
            s.log.append(("meanwhile", s.c.mutex.value))
            s.c.notify()

    run_log = outcomes(conditions, waits, notifies, result=lambda s: tuple(s.log), deviations=0)
    assert run_log == {("ok", (("meanwhile", 1), ("after", 0)))}


def test_notify_wakes_the_longest_waiter():
    def waits(i):
        def run(s):
            with s.c:
                s.c.wait()
                s.log.append(i)

        return run

    def notifies(s):
        with s.c:
            s.c.notify()

    got = outcomes(
        conditions, waits(0), waits(1), notifies, result=lambda s: tuple(s.log), deviations=0
    )
    assert got == {("deadlock", (0,))}


@pytest.mark.parametrize(
    ("wake", "through"),
    [(lambda c: c.notify(2), 2), (lambda c: c.notify_all(), 3), (lambda c: c.notify(9), 3)],
)
def test_notify_wakes_as_many_as_told(wake, through):
    def waits(s):
        with s.c:
            s.c.wait()
        s.log.append(1)

    def notifies(s):
        with s.c:
            wake(s.c)

    got = outcomes(
        conditions, waits, waits, waits, notifies, result=lambda s: len(s.log), deviations=0
    )
    assert {n for _, n in got} == {through}


def test_notify_all_wakes_who_began_to_wait_just_before_it():
    def listens(s):
        with s.c:
            if s.ready.load():
                s.log.append(s.c.wait(timeout=5))

    def announces(s):
        s.ready.store(True)
        s.c.notify_all()

    got = outcomes(conditions, listens, announces, result=lambda s: tuple(s.log))
    assert ("ok", (True,)) in got


def test_notify_without_a_waiter_does_nothing():
    assert run_threads(conditions, lambda s: s.c.notify()).verdict == "ok"


def test_conditions_can_share_a_mutex():
    def make():
        mutex = Mutex("m")
        return {"a": Condition("a", mutex), "b": Condition("b", mutex), "log": []}

    def waits(s):
        with s.a:
            s.a.wait()
            s.log.append(s.b.mutex.value)

    def notifies(s):
        with s.b:
            s.a.notify()

    got = outcomes(make, waits, notifies, result=lambda s: tuple(s.log), deviations=0)
    assert got == {("ok", (0,))}


def test_waiting_without_the_mutex_is_an_error():
    finding = only(run_threads(conditions, lambda s: s.c.wait()))
    assert finding.kind is Kind.EXCEPTION
    assert "T0 unlocks c.mutex, which is held by nobody" in finding.message


# ----------------------------------------------------------------------- timeouts


def timed():
    return {
        "c": Condition("c"),
        "e": Event("e"),
        "sem": Semaphore("sem", 0),
        "log": [],
    }


def condition_wait(s):
    with s.c:
        s.log.append(s.c.wait(timeout=50))


def condition_wake(s):
    with s.c:
        s.c.notify()


WAITS = {
    "condition": (condition_wait, condition_wake),
    "event": (lambda s: s.log.append(s.e.wait(timeout=50)), lambda s: s.e.set()),
    "semaphore": (lambda s: s.log.append(s.sem.acquire(timeout=50)), lambda s: s.sem.release()),
}


@pytest.mark.parametrize("name", WAITS)
def test_a_timed_wait_nobody_ends_times_out(name):
    wait, _ = WAITS[name]
    got = outcomes(timed, wait, result=lambda s: tuple(s.log))
    assert got == {("ok", (False,))}


@pytest.mark.parametrize("name", WAITS)
def test_the_schedule_decides_whether_a_timeout_fires_first(name):
    got = outcomes(timed, *WAITS[name], result=lambda s: tuple(s.log))
    assert got == {("ok", (True,)), ("ok", (False,))}


@pytest.mark.parametrize("name", WAITS)
def test_by_default_the_others_run_before_a_timeout_fires(name):
    got = outcomes(timed, *WAITS[name], result=lambda s: tuple(s.log), deviations=0)
    assert got == {("ok", (True,))}


@pytest.mark.parametrize("name", WAITS)
def test_a_wake_up_after_the_timeout_is_not_given_to_the_one_who_left(name):
    wait, wake = WAITS[name]

    def late(s):
        sleep(1)
        while not s.log:
            sleep(1)
        wake(s)
        s.log.append((len(s.c.waiting), len(s.e.waiting), len(s.sem.waiting)))

    got = outcomes(timed, wait, late, result=lambda s: s.log[-1], deviations=1)
    assert (("ok", (0, 0, 0))) in got
    assert {verdict for verdict, _ in got} == {"ok"}


class Clock(Engine):
    """Notes the virtual time around a sleep and a wait."""

    def setup(self, topology):
        self.event = Event("event")
        self.resource("slot", capacity=None)

    @operation()
    def look(self):
        times = [self.now]
        sleep(30)
        times.append(self.now)
        self.event.wait(timeout=12)
        times.append(self.now)
        assert times == [0, 30, 42], times

    @operation()
    def wait_for_event(self):
        assert self.event.wait(timeout=12)
        assert self.now == 0

    @operation()
    def set_event(self):
        self.event.set()


def test_time_moves_on_by_what_timed_out_and_starts_at_zero_in_every_run():
    ex = executor(Clock)
    load = workload(Clock, "T0 look")
    assert [ex.run(load, DEFAULT).verdict for _ in range(2)] == ["ok", "ok"]


def test_a_notified_wait_takes_no_time():
    run = executor(Clock).run(workload(Clock, "T0 wait_for_event", "T1 set_event"), DEFAULT)
    assert run.verdict == "ok"


def test_a_sleeping_thread_lets_the_others_run():
    order = []

    def sleeps(s):
        order.append("falls asleep")
        sleep(5)
        order.append("wakes up")

    run_threads(timed, sleeps, lambda s: order.append("other"))
    assert order == ["falls asleep", "other", "wakes up"]


def test_giving_way_does_not_wake_a_sleeper_while_others_can_run():
    order = []

    def sleeps(s):
        sleep(5)
        order.append("wakes up")

    def polite(s):
        for _ in range(2):
            relax()
            order.append("other")

    run_threads(timed, sleeps, polite, polite)
    assert order == ["other"] * 4 + ["wakes up"]


def test_the_schedule_decides_when_a_sleep_ends():
    def sleeps(s):
        sleep(5)
        s.log.append("awake")

    def other(s):
        s.e.is_set()
        s.log.append("other")

    got = outcomes(timed, sleeps, other, result=lambda s: tuple(s.log))
    assert {order for _, order in got} == {("awake", "other"), ("other", "awake")}


def test_a_request_that_sleeps_in_its_arrival_is_not_stranded():
    class Sleepy(Clock):
        def setup(self, topology):
            super().setup(topology)
            self.resource("other", capacity=1)

        def arrive(self, request):
            sleep(3)
            return ADMITTED

        def finish(self, request):
            pass

    run = executor(Sleepy).run(workload(Sleepy, "T0 arrive A"), DEFAULT)
    assert run.findings == []


# ------------------------------------------------------------------------- event


def events():
    return {"e": Event("e"), "log": []}


def test_an_event_is_clear_at_first_and_keeps_what_it_is_told():
    def body(s):
        s.log.append(s.e.is_set())
        s.e.set()
        s.log.append(s.e.is_set())
        s.e.clear()
        s.log.append(s.e.is_set())

    assert outcomes(events, body, result=lambda s: tuple(s.log)) == {("ok", (False, True, False))}


def test_a_set_event_is_passed_at_once_and_by_everybody():
    def waits(s):
        s.log.append(s.e.wait())

    def sets(s):
        s.e.set()

    got = outcomes(events, waits, waits, sets, result=lambda s: tuple(s.log))
    assert got == {("ok", (True, True))}


def test_a_cleared_event_blocks_again():
    def body(s):
        s.e.set()
        s.e.clear()
        s.e.wait()

    assert run_threads(events, body).verdict == "deadlock"


# --------------------------------------------------------------------- semaphore


def semaphore(units):
    return lambda: {"sem": Semaphore("sem", units), "in": [0], "log": []}


def use(s):
    inside = vars(s)["in"]
    s.sem.acquire()
    inside[0] += 1
    s.log.append(inside[0])
    inside[0] -= 1
    s.sem.release()


@pytest.mark.parametrize("units", [1, 2, 3])
def test_no_more_than_its_units_are_taken_and_all_come_back(units):
    got = outcomes(
        semaphore(units), use, use, use, result=lambda s: (max(s.log) <= units, s.sem.value)
    )
    assert got == {("ok", (True, (units, 0)))}


def test_try_acquire_takes_a_free_unit_or_says_no():
    def body(s):
        s.log += [s.sem.try_acquire(), s.sem.try_acquire()]

    assert outcomes(semaphore(1), body, result=lambda s: tuple(s.log)) == {("ok", (True, False))}


def test_acquiring_from_an_empty_semaphore_blocks():
    assert run_threads(semaphore(0), lambda s: s.sem.acquire()).verdict == "deadlock"


def test_a_released_unit_goes_to_the_longest_waiter_and_nobody_else():
    def waits(i):
        def run(s):
            s.sem.acquire()
            s.log.append(i)

        return run

    def gives(s):
        s.sem.release()
        s.log.append(s.sem.try_acquire())

    got = outcomes(
        semaphore(0),
        waits(0),
        waits(1),
        gives,
        result=lambda s: set(s.log) == {0},
        deviations=0,
    )
    assert got == {("deadlock", True)}


def test_a_released_unit_can_not_be_stolen_from_a_waiter():
    def waits(s):
        s.sem.acquire()
        s.log.append("waiter")

    def gives(s):
        s.sem.release()

    def tries(s):
        s.log.append(s.sem.try_acquire())

    got = outcomes(
        semaphore(0),
        waits,
        gives,
        tries,
        result=lambda s: tuple(sorted(map(str, s.log))),
        deviations=0,
    )
    assert got == {("ok", ("False", "waiter"))}
