"""``over-admission``, ``double-dispatch``, ``capacity-leak`` and ``accounting``."""

from __future__ import annotations

import pytest
from engines_for_tests import RightQueue
from helpers import DEFAULT, all_findings, every_run, executor, only, workload

from harness import (
    ADMITTED,
    QUEUED,
    REJECTED,
    Atomic,
    Cell,
    Engine,
    Int,
    SpinLock,
    operation,
    takes,
)
from harness.model.finding import Kind


class Base(Engine):
    def setup(self, topology):
        self.cell = Cell("cell", 0)
        self.resource("slot", capacity=1)

    def finish(self, request):
        self.cell.read()


def kinds(cls, *ops, **kw):
    return {f.kind for _, r in every_run(cls, workload(cls, *ops, **kw)) for f in r.findings}


# ----------------------------------------------------------------- over-admission


class CheckThenAct(Base):
    """Wrong: two arrivals may both see the slot free."""

    def arrive(self, request):
        if self.cell.read() >= 1:
            return REJECTED
        self.cell.write(self.cell.read() + 1)
        return ADMITTED

    def finish(self, request):
        self.cell.write(self.cell.read() - 1)


def test_more_in_service_than_capacity_is_over_admission():
    assert Kind.OVER_ADMISSION in kinds(CheckThenAct, "T0 arrive A", "T1 arrive B")


class WokenForNothing(Base):
    """Wrong: a kick wakes who waits, and who is woken is served."""

    def arrive(self, request):
        if self.cell.read():
            self.waiting = request
            return QUEUED
        self.cell.write(1)
        return ADMITTED

    @operation()
    def kick(self):
        self.wake(self.waiting)

    def resume(self, request):
        return ADMITTED


def test_over_admission_says_in_what_it_came_about_and_who_woke_the_requests():
    load = workload(WokenForNothing, "T0 arrive A", "T0 arrive B", "T0 kick")
    found = [f for _, r in every_run(WokenForNothing, load) for f in r.findings]
    (through,) = {f.through for f in found if f.kind is Kind.OVER_ADMISSION}
    assert through == {"in resume", "woken in kick"}


def test_one_thread_alone_never_over_admits():
    load = workload(CheckThenAct, "T0 arrive A", "T0 arrive B", "T0 arrive C")
    assert all_findings(CheckThenAct, load) == set()


def test_over_admission_names_the_resource_and_everybody_in_service():
    load = workload(CheckThenAct, "T0 arrive A", "T1 arrive B")
    found = [f for _, r in every_run(CheckThenAct, load) for f in r.findings]
    assert {(f.where, f.requests) for f in found if f.kind is Kind.OVER_ADMISSION} == {
        ("slot", ("A", "B"))
    }


class Lowered(Engine):
    """The limit is read before it is lowered; admitting under the old limit is right."""

    def setup(self, topology):
        self.limit = Atomic("limit", 1)
        self.served = Atomic("served", 0)
        self.resource("slot", capacity=1)

    def arrive(self, request):
        limit = self.limit.load()
        if self.served.fetch_add(1) < limit:
            return ADMITTED
        self.served.fetch_sub(1)
        return REJECTED

    def finish(self, request):
        self.served.fetch_sub(1)

    @operation(limit=Int(0, 2))
    def resize(self, limit):
        self.limit.store(limit)
        self.set_capacity(0, limit)


def test_admitting_under_a_limit_lowered_meanwhile_is_no_alarm():
    load = workload(Lowered, "T0 arrive A", "T1 resize limit=0")
    assert all_findings(Lowered, load) == set()


def test_raising_the_limit_is_no_alarm():
    load = workload(Lowered, "T0 arrive A", "T1 resize limit=2", "T1 arrive B")
    assert all_findings(Lowered, load) == set()


def test_lowering_the_limit_below_what_is_in_service_is_no_alarm():
    load = workload(Lowered, "T1 resize limit=2", "T0 arrive A", "T0 arrive B", "T1 resize limit=1")
    assert all_findings(Lowered, load) == set()


def test_ignoring_a_limit_that_was_lowered_long_ago_is_over_admission():
    class Ignoring(Lowered):
        @operation(limit=Int(0, 2))
        def resize(self, limit):
            self.set_capacity(0, limit)

    run = executor(Ignoring).run(workload(Ignoring, "T0 resize limit=0", "T1 arrive A"), DEFAULT)
    assert Kind.OVER_ADMISSION in {f.kind for f in run.findings}


class Line(Base):
    """Everybody waits; resizing serves who waits."""

    def setup(self, topology):
        super().setup(topology)
        self.line = []

    def arrive(self, request):
        self.line.append(request)
        return QUEUED

    @operation(limit=Int(0, 2))
    def resize(self, limit):
        self.set_capacity(0, limit)
        self.cell.read()
        self.serve(limit)

    def serve(self, limit):
        for request in self.line[:limit]:
            self.line.remove(request)
            self.dispatch(request)
            self.wake(request)


def test_an_operation_that_ignores_the_limit_it_has_set_itself_over_admits():
    class Reconsidering(Line):
        """Wrong: tries a higher limit, takes it back, and serves by the one tried."""

        @operation(limit=Int(0, 2))
        def resize(self, limit):
            self.set_capacity(0, 2)
            self.set_capacity(0, limit)
            self.serve(2)

    load = workload(Reconsidering, "T0 arrive A", "T0 arrive B", "T0 resize limit=1")
    run = executor(Reconsidering).run(load, DEFAULT)
    assert Kind.OVER_ADMISSION in {f.kind for f in run.findings}


def test_an_operation_whose_limit_another_one_has_lowered_meanwhile_is_no_alarm():
    load = workload(Line, "T0 arrive A", "T0 resize limit=1", "T1 resize limit=0")
    assert "over-admission slot" not in all_findings(Line, load)


def test_an_unlimited_resource_is_never_over_admitted():
    class Unlimited(Base):
        def setup(self, topology):
            super().setup(topology)
            self.resource("many", capacity=None)

        def arrive(self, request):
            from harness import admitted

            return admitted(1)

    assert kinds(Unlimited, "T0 arrive A", "T1 arrive B", "T1 arrive C") == set()


# ----------------------------------------------------------------- double-dispatch


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


# ------------------------------------------------------------------- capacity-leak


class Leaking(Engine):
    """Wrong: two releases at once give back only one slot; publishes no counters."""

    def setup(self, topology):
        self.used = Cell("used", 0)
        self.lock = SpinLock("lock")
        self.line = []
        self.resource("slot", capacity=2)

    def arrive(self, request):
        with self.lock:
            if self.used.read() < 2:
                self.used.write(self.used.read() + 1)
                return ADMITTED
            self.line.append(request)
            return QUEUED

    def finish(self, request):
        used = self.used.read()
        self.used.write(used)  # never given back

    def abort(self, request):
        pass


def test_capacity_that_never_comes_back_is_found_by_a_probe():
    run = executor(Leaking).run(workload(Leaking, "T0 arrive A", "T1 arrive B"), DEFAULT)
    assert [f.kind for f in run.findings] == [Kind.CAPACITY_LEAK]


def test_capacity_left_over_hides_a_smaller_leak():
    assert executor(Leaking).run(workload(Leaking, "T0 arrive A"), DEFAULT).findings == []


def test_an_engine_whose_capacity_is_closed_is_not_probed():
    class Closing(Leaking):
        @operation()
        def close(self):
            self.set_capacity(0, 0)

    load = workload(Closing, "T0 arrive A", "T1 arrive B", "T1 close")
    assert executor(Closing).run(load, DEFAULT).findings == []


class Refusing(Engine):
    """Wrong: refuses whoever finds the slot taken, and never gives it back."""

    def setup(self, topology):
        self.free = Atomic("free", 1)
        self.resource("slot", capacity=1)

    def arrive(self, request):
        return ADMITTED if self.free.exchange(0) else REJECTED

    def finish(self, request):
        pass

    @operation()
    def close(self):
        self.free.store(0)
        self.set_capacity(0, 0)


def test_capacity_that_never_comes_back_is_found_by_a_probe_that_is_refused():
    finding = only(executor(Refusing).run(workload(Refusing, "T0 arrive A"), DEFAULT))
    assert finding.kind is Kind.CAPACITY_LEAK
    assert finding.where == "slot"


def test_an_engine_that_refuses_since_it_is_closed_has_lost_nothing():
    load = workload(Refusing, "T0 arrive A", "T1 close")
    assert all_findings(Refusing, load) == set()


def test_a_refusal_of_what_was_never_served_is_no_leak():
    class Picky(Refusing):
        @takes(cost=Int(0, 9))
        def arrive(self, request, cost):
            return REJECTED if cost else super().arrive(request)

        def finish(self, request):
            self.free.store(1)

    load = workload(Picky, "T0 arrive A cost=1", "T1 arrive B cost=0")
    assert executor(Picky).run(load, DEFAULT).findings == []


def test_a_rejected_probe_is_no_leak_where_nobody_was_served():
    class Rejecting(Base):
        def arrive(self, request):
            return REJECTED

    assert executor(Rejecting).run(workload(Rejecting, "T0 arrive A"), DEFAULT).findings == []


def test_a_probe_that_blocks_for_ever_is_a_leak():
    from harness import Semaphore

    class BlockingLeak(Engine):
        def setup(self, topology):
            self.slots = Semaphore("slots", 1)
            self.resource("slot", capacity=1)

        def arrive(self, request):
            self.slots.acquire()
            return ADMITTED

        def finish(self, request):
            pass

    run = executor(BlockingLeak).run(workload(BlockingLeak, "T0 arrive A"), DEFAULT)
    assert Kind.CAPACITY_LEAK in {f.kind for f in run.findings}


# --------------------------------------------------------------------- accounting


class Miscounting(RightQueue):
    """Wrong: the counter is updated in two accesses, outside of the lock."""

    def finish(self, request):
        self.served.store(self.served.load() - 1)
        with self.lock:
            self.serve()


def test_a_published_counter_that_loses_an_update_is_found():
    found = kinds(Miscounting, "T0 arrive A", "T1 arrive B", size=2)
    assert Kind.ACCOUNTING in found


def test_a_right_counter_is_never_found():
    load = workload(RightQueue, "T0 arrive A", "T1 arrive B", "T0 abort A", size=1)
    assert all_findings(RightQueue, load) == set()


class WrongLength(RightQueue):
    def setup(self, topology):
        super().setup(topology)
        self.length.store(5)


def test_what_shows_at_an_idle_point_came_about_in_no_activity():
    load = workload(WrongLength, "T0 arrive A", size=2)
    assert only(executor(WrongLength).run(load, DEFAULT)).through == frozenset()


def test_the_finding_says_what_the_counter_says_and_what_is_true():
    run = executor(WrongLength).run(workload(WrongLength, "T0 arrive A", size=1), DEFAULT)
    finding = only(run)
    assert finding.kind is Kind.ACCOUNTING
    assert finding.where == "length"
    assert finding.message == "length says 5, but 0 are queued"


def test_a_wrong_counter_is_reported_once_a_run():
    load = workload(WrongLength, "T0 arrive A", "T1 arrive B", "T1 arrive C", size=1)
    assert len(executor(WrongLength).run(load, DEFAULT).findings) == 1


def test_a_counter_of_one_resource_is_compared_with_that_resource_alone():
    class PerServer(Base):
        def setup(self, topology):
            self.cell = Cell("cell", 0)
            self.count = [Cell("count0", 0), Cell("count1", 0)]
            for i in range(2):
                self.resource(f"server{i}", capacity=4)
                self.publish_in_service(self.count[i], resource=i)

        def arrive(self, request):
            from harness import admitted

            self.count[0].write(self.count[0].read() + 1)
            return admitted(1)

        def finish(self, request):
            self.count[0].write(self.count[0].read() - 1)

    found = {
        f.where
        for _, r in every_run(PerServer, workload(PerServer, "T0 arrive A", "T1 arrive B"))
        for f in r.findings
    }
    assert {"count0", "count1"} <= found
