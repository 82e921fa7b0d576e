"""Engine code that never comes back is ended, however much it swallows. No test waits for it."""

from __future__ import annotations

import signal

import pytest
from engines_for_tests import RightQueue
from helpers import DEFAULT, executor, only, threads_case, workload

from harness import ADMITTED, Atomic, Engine, SpinLock, invariant
from harness.execute.run import EngineError
from harness.model.finding import Kind
from harness.runtime.watchdog import PERIOD

SWALLOWS = "swallows the exception that ends a run"


def look():
    """What the timer does every second of CPU time."""
    signal.raise_signal(signal.SIGVTALRM)


def run_on(access=lambda: None):
    """Code that would not come back; here it does, so that a test can fail."""
    for _ in range(20):
        access()
        look()
    raise AssertionError("nobody ended it")


def make():
    return {"flag": Atomic("flag", 0), "lock": SpinLock("lock")}


def judge(*bodies):
    ex, load = threads_case(make, *bodies)
    with ex.guard():
        return ex.run(load, DEFAULT), ex.record(load, DEFAULT).run


def test_code_without_a_scheduling_point_is_an_exception():
    for run in judge(lambda s: run_on()):
        assert only(run).where == "StuckError in look"


def test_code_that_takes_decisions_is_not_stuck():
    def body(s):
        for _ in range(20):
            s.flag.load()
            look()

    assert [run.verdict for run in judge(body)] == ["ok", "ok"]


def swallow_everything(s):
    for _ in range(20):
        try:
            run_on()
        except BaseException:
            pass
    raise AssertionError("nobody ended it")


def test_whoever_swallows_what_the_watchdog_raises_is_left_behind_and_reported():
    with pytest.raises(EngineError, match=rf"{SWALLOWS} \(on T1\)"):
        judge(lambda s: s.flag.load(), swallow_everything)


def test_a_look_right_after_the_watchdog_has_raised_does_no_harm():
    def ended_meanwhile(s):
        try:
            run_on()
        finally:
            look()  # there are two timers

    for run in judge(lambda s: s.flag.load(), ended_meanwhile):
        assert only(run).where == "StuckError in look"


def swallow_then_take_decisions(s):
    for _ in range(5):
        try:
            run_on()
        except BaseException:
            s.flag.load()


def test_one_run_is_stuck_only_once():
    with pytest.raises(EngineError, match=SWALLOWS):
        judge(swallow_then_take_decisions)


def run_on_when_it_is_over(s):
    try:
        s.lock.lock()
        s.lock.lock()
    finally:
        run_on()


def test_whoever_runs_on_when_the_run_is_over_is_left_behind_and_reported():
    with pytest.raises(EngineError, match=r"\(on T0, T1\), or its cleanup never ends"):
        judge(run_on_when_it_is_over, run_on_when_it_is_over)


@pytest.mark.parametrize("body", [swallow_everything, run_on_when_it_is_over])
def test_the_executor_stays_usable(body):
    bad, load = threads_case(make, body, lambda s: s.flag.load())
    fine = workload(bad._class, "T0 act which=1", "T1 act which=1")
    with bad.guard():
        for _ in range(3):
            with pytest.raises(EngineError):
                bad.run(load, DEFAULT)
            assert bad.run(fine, DEFAULT).verdict == "ok"
            assert bad.record(fine, DEFAULT).run.verdict == "ok"


class Slot(Engine):
    """Always room for everybody."""

    def setup(self, topology):
        self.cell = Atomic("cell", 0)
        self.resource("slot", capacity=9)

    def arrive(self, request):
        self.cell.load()
        return ADMITTED

    def finish(self, request):
        self.cell.load()


def guarded(cls):
    ex, load = executor(cls), workload(cls, "T0 arrive A")
    with ex.guard():
        return ex.run(load, DEFAULT)


def test_accesses_of_setup_are_no_decisions():
    class Endless(Slot):
        def setup(self, topology):
            super().setup(topology)
            run_on(self.cell.load)

    with pytest.raises(EngineError, match="setting up Endless failed: StuckError"):
        guarded(Endless)


def test_accesses_of_invariants_are_no_decisions():
    class Endless(Slot):
        @invariant
        def holds(self):
            run_on(self.cell.load)

    assert only(guarded(Endless)).where == "StuckError in look"


def test_accesses_of_contents_are_no_decisions():
    class Endless(Slot):
        def contents(self):
            run_on(self.cell.load)

    assert only(guarded(Endless)).where == "StuckError in look"


def test_an_exception_whose_text_never_comes_is_reported_and_the_next_run_is_judged_too():
    class EndlessError(Exception):
        def __str__(self):
            run_on()

    class Raising(Slot):
        def arrive(self, request):
            raise EndlessError

    ex, load = executor(Raising), workload(Raising, "T0 arrive A")
    with ex.guard():
        for run in (ex.run(load, DEFAULT), ex.record(load, DEFAULT).run):
            assert only(run).kind is Kind.EXCEPTION
            assert only(run).where == "EndlessError in arrive"


def test_a_guard_within_a_guard_gives_the_outer_one_back():
    with executor(RightQueue).guard():
        outer = signal.getsignal(signal.SIGVTALRM)
        with executor(RightQueue).guard():
            assert signal.getsignal(signal.SIGVTALRM) is not outer
        assert signal.getsignal(signal.SIGVTALRM) is outer
        assert signal.getitimer(signal.ITIMER_VIRTUAL)[1] == PERIOD
    assert signal.getitimer(signal.ITIMER_VIRTUAL) == (0, 0)
