"""``order``: a dispatch that overtakes, for requests whose arrivals did not overlap."""

from __future__ import annotations

import re

import pytest
from engines_for_tests import RightQueue
from helpers import all_findings, every_run, workload

from harness import SpinLock
from harness.model.finding import Kind


class Stack(RightQueue):
    """Wrong: last in, first out."""

    def serve(self):
        while self.line and self.served.load() < self.size:
            request = self.line.pop()
            self.length.fetch_sub(1)
            self.served.fetch_add(1)
            self.dispatch(request)
            self.wake(request)


LOAD = ("T0 arrive A", "T0 arrive B", "T0 arrive C")


def ordered(cls, load):
    return [f for _, r in every_run(cls, load) for f in r.findings if f.kind is Kind.ORDER]


def test_a_dispatch_that_overtakes_is_found():
    found = ordered(Stack, workload(Stack, *LOAD, size=1))
    assert {f.requests for f in found} == {("B", "C")}


def test_first_in_first_out_is_never_found():
    assert all_findings(RightQueue, workload(RightQueue, *LOAD, size=1)) == set()


def test_an_engine_that_promises_no_order_is_not_judged_by_it():
    class Unordered(Stack):
        fifo = False

    assert ordered(Unordered, workload(Unordered, *LOAD, size=1)) == []


class Concurrent(RightQueue):
    """Right: joining the line and returning are apart, so overlapping arrivals may swap."""

    def setup(self, topology):
        super().setup(topology)
        self.door = SpinLock("door")

    def arrive(self, request):
        with self.door:
            pass
        outcome = super().arrive(request)
        with self.door:
            pass
        return outcome


@pytest.mark.parametrize(
    "ops",
    [
        ("T0 arrive A", "T1 arrive B", "T2 arrive C"),
        ("T0 arrive A", "T0 arrive B", "T1 arrive C"),
    ],
    ids=["three threads", "two threads"],
)
def test_concurrent_arrivals_have_no_order(ops):
    load = workload(Concurrent, *ops, threads=3, size=1)
    assert all_findings(Concurrent, load) == set()


def test_a_dispatcher_that_tells_late_is_no_alarm():
    class Late(RightQueue):
        def finish(self, request):
            with self.lock:
                self.served.fetch_sub(1)
                following = self.line.pop(0) if self.line else None
                if following is not None:
                    self.length.fetch_sub(1)
                    self.served.fetch_add(1)
            if following is not None:
                self.served.load()  # somebody else may dispatch the next one first
                self.dispatch(following)
                self.wake(following)

    load = workload(Late, "T0 arrive A", "T1 arrive B", "T0 arrive C", "T1 arrive D", size=2)
    found = {f.kind for _, r in every_run(Late, load) for f in r.findings}
    assert Kind.ORDER not in found


def test_an_aborted_request_is_not_overtaken():
    load = workload(RightQueue, "T0 arrive A", "T1 arrive B", "T1 abort B", "T1 arrive C", size=1)
    assert all_findings(RightQueue, load) == set()


def test_the_finding_names_the_step_of_the_overtaking():
    load = workload(Stack, *LOAD, size=1)
    for _, run in every_run(Stack, load):
        for finding in (f for f in run.findings if f.kind is Kind.ORDER):
            overtaken_at = int(re.search(r"at step (\d+)", finding.message)[1])
            assert 0 < overtaken_at <= finding.step <= run.steps
            return
    raise AssertionError("no schedule shows it")
