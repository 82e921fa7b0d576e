"""``order``: a dispatch that overtakes, for requests whose arrivals did not overlap."""

from __future__ import annotations

import re

import pytest
from engines_for_tests import RightQueue
from helpers import all_findings, every_run, workload

from harness import ADMITTED, QUEUED, SpinLock
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


class Tasks(RightQueue):
    """Right: the end of a service wakes who is first, and its task takes the slot itself."""

    end = 0

    def serve(self):
        for request in self.line[self.end :][: self.size - self.served.load()]:
            self.wake(request)

    def arrive(self, request):
        with self.lock:
            if self.served.load() < self.size and not self.line:
                self.served.fetch_add(1)
                return ADMITTED
            self.line.append(request)
            self.length.fetch_add(1)
            return QUEUED

    def resume(self, request):
        with self.lock:
            if request not in self.line:
                return None
            if self.served.load() == self.size:
                return QUEUED
            self.line.remove(request)
            self.length.fetch_sub(1)
            self.served.fetch_add(1)
            return ADMITTED


def test_a_task_that_takes_the_slot_itself_can_overtake():
    class Last(Tasks):
        """Wrong: the last one is woken."""

        end = -1

    found = ordered(Last, workload(Last, *LOAD, size=1))
    assert {f.requests for f in found} == {("B", "C")}


@pytest.mark.parametrize("size", [1, 2])
def test_tasks_that_are_woken_in_their_order_overtake_nobody(size):
    load = workload(Tasks, *LOAD, "T1 arrive D", size=size)
    assert ordered(Tasks, load) == []


class Batch(RightQueue):
    """Right: an arrival joins the line, and serves it when two are waiting or nobody is served."""

    end = 0

    def arrive(self, request):
        with self.lock:
            self.line.append(request)
            self.length.fetch_add(1)
            if not self.served.load() or len(self.line) > 1:
                self.take(self.end)
            return QUEUED

    def serve(self):
        self.take(0)

    def take(self, end):
        if self.line and self.served.load() < self.size:
            request = self.line.pop(end)
            self.length.fetch_sub(1)
            self.served.fetch_add(1)
            self.dispatch(request)
            self.wake(request)


def test_an_arrival_that_dispatches_its_own_request_can_overtake():
    class Newest(Batch):
        """Wrong: it serves itself first."""

        end = -1

    found = ordered(Newest, workload(Newest, *LOAD, size=2))
    assert {f.requests for f in found} == {("B", "C")}


def test_an_arrival_that_dispatches_who_is_first_overtakes_nobody():
    assert ordered(Batch, workload(Batch, *LOAD, "T1 arrive D", size=2)) == []
