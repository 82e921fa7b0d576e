"""Engines whose arrivals block their threads: a thread has one request at a time."""

from __future__ import annotations

import pytest
from engines_for_tests import SemaphorePool
from helpers import DEFAULT, all_findings, executor, workload

from harness import QUEUED, REJECTED, Engine, operation


class Pool(SemaphorePool):
    """Correct: one slot, clients that may leave, and an operation that does nothing."""

    def abort(self, request):
        self.finish(request)

    @operation()
    def nothing(self):
        pass


BETWEEN = {
    "nothing": (),
    "an operation": ("T0 nothing",),
    "two operations": ("T0 nothing", "T0 nothing"),
    "the abort of this request": ("T0 abort B",),
    "the abort of an earlier one": ("T0 abort A",),
}


@pytest.mark.parametrize("between", BETWEEN.values(), ids=BETWEEN.keys())
def test_a_thread_sends_no_further_request_before_the_last_one_is_gone(between):
    load = workload(Pool, "T0 arrive A", "T0 arrive B", *between, "T0 arrive C", "T1 arrive D")
    assert all_findings(Pool, load, deviations=1) == set()


def order(cls, load):
    """The activities of a run, in the order in which they began."""
    events = executor(cls).record(load, DEFAULT).trace.events
    return [e.text.removeprefix("begins ") for e in events if e.text.startswith("begins ")]


def test_operations_between_two_requests_run_while_the_first_is_in_service():
    load = workload(Pool, "T0 arrive A", "T0 nothing", "T0 arrive B")
    began = order(Pool, load)
    assert began.index("nothing") < began.index("finish A") < began.index("arrive B")


class RefusedLater(Engine):
    """Every request is taken in, and refused by its own task."""

    blocking = True

    def setup(self, topology):
        self.resource("slot", capacity=1)

    def arrive(self, request):
        self.wake(request)
        return QUEUED

    def resume(self, request):
        return REJECTED


def test_a_request_that_its_task_refuses_is_gone():
    load = workload(RefusedLater, "T0 arrive A", "T0 arrive B")
    assert order(RefusedLater, load)[:4] == ["arrive A", "resume A", "arrive B", "resume B"]
