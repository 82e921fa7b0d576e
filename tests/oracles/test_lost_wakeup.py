"""``lost-wakeup``: dispatched, holding capacity, and never told."""

from __future__ import annotations

from helpers import DEFAULT, executor, workload

from harness import QUEUED, Cell, Engine, operation
from harness.model.finding import Kind


class Silent(Engine):
    """Wrong: dispatches without waking."""

    def setup(self, topology):
        self.line = []
        self.cell = Cell("cell", 0)
        self.resource("slot", capacity=1)

    def arrive(self, request):
        self.cell.read()
        self.dispatch(request)
        self.tell(request)
        return QUEUED

    def tell(self, request):
        self.line.append(request)

    def finish(self, request):
        self.cell.read()

    @operation()
    def remember(self):
        while self.line:
            self.wake(self.line.pop())


def findings(cls, *ops):
    return executor(cls).run(workload(cls, *ops), DEFAULT).findings


def test_a_dispatched_request_that_is_never_woken_has_lost_its_wake_up():
    (finding,) = findings(Silent, "T0 arrive A")
    assert finding.kind is Kind.LOST_WAKEUP
    assert finding.requests == ("A",)
    assert finding.where == "slot"


def test_it_counts_even_if_a_later_operation_wakes_it():
    assert [f.kind for f in findings(Silent, "T0 arrive A", "T1 remember")] == [Kind.LOST_WAKEUP]


def test_a_request_woken_by_the_one_that_dispatched_it_has_lost_nothing():
    class Telling(Silent):
        def tell(self, request):
            self.wake(request)

    assert findings(Telling, "T0 arrive A") == []


def test_a_wake_up_on_its_way_is_not_lost():
    class Resuming(Silent):
        def tell(self, request):
            self.wake(request)

        def resume(self, request):
            self.cell.read()

    assert findings(Resuming, "T0 arrive A") == []


def test_a_wake_up_before_the_dispatch_counts_for_a_task_that_looks():
    class Early(Silent):
        def arrive(self, request):
            self.wake(request)
            self.dispatch(request)
            return QUEUED

        def resume(self, request):
            self.cell.read()

    assert findings(Early, "T0 arrive A") == []


def test_a_request_that_was_stranded_before_can_lose_its_wake_up():
    class Late(Silent):
        def arrive(self, request):
            self.line.append(request)
            return QUEUED

        @operation()
        def serve(self):
            self.dispatch(self.line.pop())

    found = findings(Late, "T0 arrive A", "T1 serve")
    assert {f.kind for f in found} == {Kind.STRANDED, Kind.LOST_WAKEUP}


def test_a_request_that_lost_its_wake_up_before_can_be_stranded():
    class BackInLine(Silent):
        @operation()
        def back_in_line(self):
            request = self.line.pop()
            self.give_back(request)
            self.wake(request)

        def resume(self, request):
            return QUEUED

    found = findings(BackInLine, "T0 arrive A", "T1 back_in_line")
    assert {f.kind for f in found} == {Kind.LOST_WAKEUP, Kind.STRANDED}
