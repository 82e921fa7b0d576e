"""Endless recursion ends at the same step in every run of a case, whoever calls."""

from __future__ import annotations

import pytest
from helpers import DEFAULT, deviate, executor, only, workload

from harness import ADMITTED, Atomic, Engine
from harness.runtime.recursion import DEEPEST


class Recursing(Engine):
    """Calls itself for ever."""

    def setup(self, topology):
        self.depth = Atomic("depth", 0)
        self.resource("slot", capacity=2)

    def arrive(self, request):
        self.depth.fetch_add(1)
        return self.arrive(request)

    def finish(self, request):
        pass


LOAD = workload(Recursing, "T0 arrive A", "T1 arrive B")
SWITCHED = deviate((200, 0), (300, 0), (100, 0))
"""The second thread begins where the first one is deep, and so has its stack from there."""


def below(frames, do):
    """What ``do`` gives so many calls further down."""
    return below(frames - 1, do) if frames else do()


@pytest.mark.parametrize("schedule", [DEFAULT, SWITCHED], ids=["alone", "switched"])
def test_it_ends_at_the_same_step_whoever_calls(schedule):
    traces = [
        below(frames, lambda: executor(Recursing).record(LOAD, schedule)).trace
        for frames in (0, 100, 300)
    ]
    assert len(traces[0].steps) > DEEPEST / 2
    assert len({trace.digest() for trace in traces}) == 1


@pytest.mark.parametrize("schedule", [DEFAULT, SWITCHED], ids=["alone", "switched"])
def test_it_ends_at_the_same_step_in_the_second_run_of_an_executor(schedule):
    ex = executor(Recursing)
    first, second = (ex.record(LOAD, schedule).trace.digest() for _ in range(2))
    assert first == second


@pytest.mark.parametrize("schedule", [DEFAULT, SWITCHED], ids=["alone", "switched"])
def test_it_is_a_finding_after_as_many_decisions_in_a_fast_run_as_in_a_recorded_one(schedule):
    ex = executor(Recursing)
    fast, recorded = ex.run(LOAD, schedule), ex.record(LOAD, schedule).run
    assert only(fast).where == only(recorded).where == "RecursionError in arrive"
    assert fast.steps == recorded.steps


def test_a_deep_recursion_that_ends_is_no_finding():
    class Deep(Recursing):
        def arrive(self, request):
            self.down(DEEPEST - 100)
            return ADMITTED

        def down(self, n):
            self.depth.load()
            if n:
                self.down(n - 1)

    run = executor(Deep).run(workload(Deep, "T0 arrive A"), DEFAULT)
    assert run.findings == []
    assert not run.limited
