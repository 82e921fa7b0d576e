"""``double-dispatch``: a request is served twice."""

from __future__ import annotations

import pytest
from helpers import DEFAULT, executor, only, workload
from one_slot import Base, kinds

from harness import ADMITTED, QUEUED
from harness.model.finding import Kind


class Twice(Base):
    """Wrong: nothing keeps two finishes from taking the same request out of the line."""

    def setup(self, topology):
        super().setup(topology)
        self.line = []
        self.set_capacity(0, 4)

    def arrive(self, request):
        if request.name == "A":
            self.line.append(request)
            return QUEUED
        return ADMITTED

    def finish(self, request):
        if self.line:
            first = self.line[0]
            self.cell.read()
            self.line[:] = []
            self.dispatch(first)
            self.wake(first)


def test_a_request_dispatched_by_two_threads_is_double_dispatched():
    found = kinds(Twice, "T0 arrive A", "T0 arrive B", "T1 arrive C")
    assert Kind.DOUBLE_DISPATCH in found


@pytest.mark.parametrize("again", ["dispatch", "admit"])
def test_a_request_in_service_can_not_be_served_again(again):
    class Again(Base):
        def arrive(self, request):
            self.dispatch(request)
            self.wake(request)
            if again == "dispatch":
                self.dispatch(request)
                return QUEUED
            return ADMITTED

    finding = only(executor(Again).run(workload(Again, "T0 arrive A"), DEFAULT))
    assert finding.kind is Kind.DOUBLE_DISPATCH
    assert finding.requests == ("A",)


class OwnSlot(Base):
    """Wrong: dispatches a request whose arrival then says that it was admitted."""

    def arrive(self, request):
        self.dispatch(request)
        self.wake(request)
        return ADMITTED

    def resume(self, request):
        self.cell.read()


def test_admitting_a_request_whose_task_was_woken_for_a_slot_is_double():
    finding = only(executor(OwnSlot).run(workload(OwnSlot, "T0 arrive A"), DEFAULT))
    assert finding.kind is Kind.DOUBLE_DISPATCH
    assert finding.requests == ("A",)


def test_a_task_may_confirm_the_slot_that_it_was_woken_for():
    class Confirmed(OwnSlot):
        def arrive(self, request):
            super().arrive(request)
            return QUEUED

        def resume(self, request):
            if request.data == "confirmed":
                return None
            request.data = "confirmed"
            self.wake(request)  # what another thread may do at any time
            return ADMITTED

    assert executor(Confirmed).run(workload(Confirmed, "T0 arrive A"), DEFAULT).findings == []


def test_an_arrival_that_waited_for_its_dispatch_is_served_once():
    class Waits(OwnSlot):
        def arrive(self, request):
            self.dispatch(request)
            return ADMITTED

    assert executor(Waits).run(workload(Waits, "T0 arrive A"), DEFAULT).findings == []


def test_a_dispatch_before_arrive_has_returned_queued_is_right():
    class Quick(Base):
        def arrive(self, request):
            self.dispatch(request)
            self.wake(request)
            return QUEUED

    assert executor(Quick).run(workload(Quick, "T0 arrive A"), DEFAULT).findings == []
