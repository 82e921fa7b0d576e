"""However a run ends, the scheduler is ready for the next one."""

from __future__ import annotations

import pytest
from engines_for_tests import RightQueue
from helpers import DEFAULT, executor, only, record_threads, run_threads, threads_case, workload

from harness import ADMITTED, Atomic, Engine, Event, SpinLock, sleep
from harness.execute.run import EngineError
from harness.execute.session import LIMIT
from harness.model.finding import Kind


def two_locks():
    return {"a": SpinLock("a"), "b": SpinLock("b"), "log": []}


def twice(s):
    s.a.lock()
    try:
        s.a.lock()
    finally:
        s.log.append("cleaned up")


def test_a_deadlocked_thread_runs_its_cleanup_when_it_is_unwound():
    kept = []

    def make():
        kept.append(two_locks())
        return kept[-1]

    run_threads(make, twice)
    assert kept[-1]["log"] == ["cleaned up"]


def test_what_cleanup_code_does_while_unwinding_is_no_finding():
    class Cleanup(Engine):
        def setup(self, topology):
            self.lock = SpinLock("lock")
            self.resource("slot", capacity=1)

        def arrive(self, request):
            self.lock.lock()
            try:
                self.lock.lock()
            finally:
                self.dispatch(request)
                self.dispatch(request)
            return ADMITTED

    run = executor(Cleanup).run(workload(Cleanup, "T0 arrive A"), DEFAULT)
    assert only(run).kind is Kind.DEADLOCK


def test_runs_after_a_deadlock_are_not_affected_by_it():
    ex, load = threads_case(two_locks, twice)
    assert [ex.run(load, DEFAULT).verdict for _ in range(3)] == ["deadlock"] * 3
    assert [ex.record(load, DEFAULT).run.verdict for _ in range(3)] == ["deadlock"] * 3


def endless_progressless(s):
    n = 0
    while True:
        n += 1
        s.flag.load()


def flag():
    return {"flag": Atomic("flag", 0), "event": Event("event"), "lock": SpinLock("lock")}


def test_a_run_that_proves_nothing_ends_at_the_step_limit():
    run = run_threads(flag, endless_progressless)
    assert run.limited
    assert run.verdict == "step-limit"
    assert run.findings == []
    assert 4096 < run.steps < LIMIT + 200


def test_threads_left_in_the_middle_by_the_step_limit_are_unwound():
    ended = []

    def loop(s):
        try:
            endless_progressless(s)
        finally:
            ended.append("loop")

    def waits(s):
        try:
            s.event.wait()
        finally:
            ended.append("waits")

    run_threads(flag, waits, loop)
    assert {"loop", "waits"} == set(ended)


def swallow_in_a_loop(s):
    while True:
        try:
            s.event.wait()
        except BaseException:
            pass


def test_an_engine_that_swallows_the_unwinding_for_ever_is_reported_by_thread():
    with pytest.raises(EngineError, match=r"swallows the exception that ends a run.*T0"):
        run_threads(flag, swallow_in_a_loop)


def swallow_a_few_times(s):
    for _ in range(20):
        try:
            s.event.wait()
        except BaseException:
            pass


def test_an_engine_that_swallows_it_only_a_few_times_is_borne_with():
    assert run_threads(flag, swallow_a_few_times).verdict == "deadlock"


def swallow_while_sleeping(s):
    while True:
        try:
            s.event.wait()
            sleep(1)
        except BaseException:
            pass


def test_a_stubborn_thread_is_replaced_so_that_the_scheduler_stays_usable():
    ex, load = threads_case(flag, swallow_while_sleeping)
    for _ in range(3):
        with pytest.raises(EngineError):
            ex.run(load, DEFAULT)
    assert ex.scheduler.threads[0].index == 0
    assert not ex.scheduler.unwinding


def test_an_engine_that_can_not_be_set_up_is_an_engine_error_that_names_the_cause():
    class Broken(Engine):
        def setup(self, topology):
            raise ZeroDivisionError("no luck")

    with pytest.raises(EngineError, match="setting up Broken failed: ZeroDivisionError: no luck"):
        executor(Broken).run(workload(Broken, "T0 arrive A"), DEFAULT)


def test_an_engine_without_a_resource_is_told_to_declare_one():
    class Nothing(Engine):
        def setup(self, topology):
            pass

    with pytest.raises(EngineError, match=r"self\.resource"):
        executor(Nothing).run(workload(Nothing, "T0 arrive A"), DEFAULT)


def test_a_thread_preempted_before_its_activity_does_not_start_it_while_unwinding():
    started = []

    def loop(s):
        while True:
            s.flag.load()

    def late(s):
        started.append(1)
        raise AssertionError("not reached")

    def crash(s):
        raise ValueError("the run ends here")

    run = run_threads(flag, crash, late)
    assert run.verdict == "exception"
    assert started == []


def test_a_recorded_deadlock_keeps_its_trace_up_to_the_block():
    recorded = record_threads(two_locks, twice)
    assert [s.site.split(": ")[1] for s in recorded.trace.steps] == ["lock a", "lock a"]


def test_the_right_engine_runs_on_an_executor_after_thousands_of_runs():
    ex = executor(RightQueue)
    load = workload(RightQueue, "T0 arrive A", "T1 arrive B", size=1)
    assert {ex.run(load, DEFAULT).verdict for _ in range(2000)} == {"ok"}
