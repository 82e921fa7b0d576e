"""``stranded``: queued, capacity free, and nobody is left to dequeue."""

from __future__ import annotations

import pytest
from engines_for_tests import (
    RIGHT,
    ConditionPool,
    EventPool,
    ResumingQueue,
    RightQueue,
    SemaphorePool,
    StrandingPool,
    TwoServers,
)
from helpers import DEFAULT, all_findings, deviate, every_run, executor, find, only, workload

from harness import (
    ADMITTED,
    QUEUED,
    Atomic,
    Cell,
    Condition,
    Engine,
    Event,
    Int,
    Semaphore,
    admitted,
    operation,
    takes,
)
from harness.model.finding import Kind


class Forgetful(Engine):
    """Wrong: queues everybody; only ``kick`` dequeues."""

    capacity = 1

    def setup(self, topology):
        self.line = []
        self.touched = Cell("touched", 0)
        self.served = Cell("served", 0)
        self.resource("slot", capacity=self.capacity)
        self.publish_in_service(self.served)

    def arrive(self, request):
        self.line.append(request)
        self.touched.write(1)
        return QUEUED

    def finish(self, request):
        self.served.write(self.served.read() - 1)

    def abort(self, request):
        if request in self.line:
            self.line.remove(request)

    @operation()
    def kick(self):
        if self.line:
            request = self.line.pop(0)
            self.served.write(self.served.read() + 1)
            self.dispatch(request)
            self.wake(request)


def verdict(cls, *ops, **kw):
    return executor(cls).run(workload(cls, *ops, **kw), DEFAULT)


def test_a_request_that_nobody_dequeues_is_stranded_at_the_end():
    finding = only(verdict(Forgetful, "T0 arrive A"))
    assert finding.kind is Kind.STRANDED
    assert not finding.transient
    assert finding.requests == ("A",)
    assert finding.signature == "stranded queue"


def test_requests_stranded_in_one_queue_are_one_finding():
    finding = only(verdict(Forgetful, "T0 arrive A", "T1 arrive B"))
    assert finding.requests == ("A", "B")


def test_a_request_that_an_unrelated_operation_rescues_was_stranded_all_the_same():
    finding = only(verdict(Forgetful, "T0 arrive A", "T1 kick"))
    assert finding.kind is Kind.STRANDED
    assert finding.transient


def test_rescued_and_lost_requests_are_reported_apart():
    run = verdict(Forgetful, "T0 arrive A", "T0 arrive B", "T1 kick")
    found = {(f.transient, f.requests) for f in run.findings if f.kind is Kind.STRANDED}
    assert found == {(True, ("A",)), (False, ("B",))}


def test_the_finding_names_the_step_at_which_it_became_true():
    load = workload(Forgetful, "T0 arrive A", "T1 kick")
    recorded = executor(Forgetful).record(load, DEFAULT)
    finding = only(recorded.run)
    before = [s for s in recorded.trace.steps if s.index < finding.step]
    assert {s.op for s in before} == {"arrive A"}


def test_a_queued_request_is_not_stranded_while_somebody_is_inside_an_operation():
    class Helped(Forgetful):
        @operation()
        def help(self):
            for _ in range(4):
                self.touched.read()
            self.kick()

    # The helper enters first, and stands in its reads when the request has queued.
    load = workload(Helped, "T0 help", "T1 arrive A")
    inside = executor(Helped).run(load, deviate((2, 0)))
    before = executor(Helped).run(load, DEFAULT)
    assert inside.findings == []
    assert only(before).kind is Kind.STRANDED


def test_a_request_that_waits_for_a_busy_slot_is_not_stranded():
    load = workload(RightQueue, "T0 arrive A", "T1 arrive B", size=1)
    assert all_findings(RightQueue, load) == set()


def test_a_request_that_waits_without_capacity_is_not_stranded():
    class Closed(Forgetful):
        capacity = 0

    assert verdict(Closed, "T0 arrive A").findings == []


def test_an_aborted_request_is_not_stranded_afterwards():
    run = verdict(Forgetful, "T0 arrive A", "T0 abort A")
    assert all(f.transient for f in run.findings)


def test_a_client_that_leaves_rescues_nobody():
    load = workload(Forgetful, "T0 arrive A", "T0 abort A")
    finding = only(executor(Forgetful).run(load, DEFAULT))
    assert finding.message.endswith("only its client ended that, by leaving")
    rescued = only(verdict(Forgetful, "T0 arrive A", "T1 kick"))
    assert rescued.message.endswith("a later, unrelated operation rescued it")


def test_a_stranding_is_worth_more_than_a_warning():
    assert verdict(Forgetful, "T0 arrive A").verdict == "stranded"


def test_a_trylock_pool_strands_a_request_when_the_race_is_lost():
    load = workload(StrandingPool, "T0 arrive A", "T1 arrive B", size=1)
    assert "stranded queue" in all_findings(StrandingPool, load)


def test_a_trylock_pool_strands_nobody_under_the_default_schedule():
    load = workload(StrandingPool, "T0 arrive A", "T1 arrive B", size=1)
    assert executor(StrandingPool).run(load, DEFAULT).findings == []


def test_the_trace_says_when_a_request_became_stranded():
    load = workload(StrandingPool, "T0 arrive A", "T1 arrive B", size=1)
    schedule = find(StrandingPool, load, Kind.STRANDED)
    texts = [e.text for e in executor(StrandingPool).record(load, schedule).trace.events]
    assert any(t.startswith("stranded: ") for t in texts)


def right_case(cls, threads):
    names = cls.spec("e", "e").topology
    sizes = {"size": 1} if "size" in names else {}
    words = ("", "", "")
    if "servers" in names:
        sizes = {"servers": 2, "slots": 1}
        words = (" server=0 cost=3", " server=1 cost=3", " server=0 cost=3")
    ops = [f"T{t} arrive {n}{w}" for t, n, w in zip(threads, "ABC", words, strict=True)]
    return workload(cls, *ops, threads=max(threads) + 1, **sizes)


@pytest.mark.parametrize("cls", RIGHT, ids=lambda c: c.__name__)
def test_a_right_engine_is_never_found_wrong(cls):
    assert all_findings(cls, right_case(cls, (0, 1, 2))) == set()


@pytest.mark.parametrize("cls", [RightQueue, ResumingQueue, TwoServers], ids=lambda c: c.__name__)
def test_a_right_engine_is_never_found_wrong_with_two_requests_on_a_thread(cls):
    assert all_findings(cls, right_case(cls, (0, 1, 1))) == set()


@pytest.mark.parametrize("cls", [ConditionPool, SemaphorePool], ids=lambda c: c.__name__)
def test_a_right_blocking_pool_is_never_found_wrong_with_two_requests_on_a_thread(cls):
    assert all_findings(cls, right_case(cls, (0, 1, 1))) == set()


# --------------------------------------------------------------- blocking engines


class Blocking(Engine):
    """Wrong: a slot is given back without waking the arrival that waits for it."""

    def setup(self, topology):
        self.busy = Atomic("busy", 0)
        self.freed = Condition("freed")
        self.event = Event("event")
        self.sem = Semaphore("sem", 0)
        self.resource("slot", capacity=1)

    def arrive(self, request):
        if self.busy.exchange(1):
            self.wait()
        return ADMITTED

    def wait(self):
        raise NotImplementedError

    def finish(self, request):
        self.busy.store(0)


class ConditionBlocking(Blocking):
    def wait(self):
        with self.freed:
            self.freed.wait()


class EventBlocking(Blocking):
    def wait(self):
        self.event.wait()


class SemaphoreBlocking(Blocking):
    def wait(self):
        self.sem.acquire()


BLOCKING = pytest.mark.parametrize(
    "cls", [ConditionBlocking, EventBlocking, SemaphoreBlocking], ids=lambda c: c.__name__
)


@BLOCKING
def test_an_arrival_that_waits_and_is_not_woken_is_stranded_not_deadlocked(cls):
    load = workload(cls, "T0 arrive A", "T1 arrive B")
    kinds = {run.verdict for _, run in every_run(cls, load)}
    assert kinds == {"ok", "stranded"}


@BLOCKING
def test_the_stranding_of_a_blocked_arrival_names_its_request(cls):
    load = workload(cls, "T0 arrive A", "T1 arrive B")
    schedule = find(cls, load, Kind.STRANDED)
    finding = only(executor(cls).run(load, schedule))
    assert finding.requests in (("A",), ("B",))
    assert not finding.transient


@BLOCKING
def test_a_blocked_arrival_is_stranded_only_once_its_slot_is_free_again(cls):
    load = workload(cls, "T0 arrive A", "T1 arrive B")
    recorded = executor(cls).record(load, find(cls, load, Kind.STRANDED))
    events = [e.text for e in recorded.trace.events]
    stranded = next(i for i, text in enumerate(events) if text.startswith("stranded: "))
    freed = next(i for i, text in enumerate(events) if text.startswith("ends finish"))
    assert freed < stranded


def test_an_event_cleared_too_late_strands_a_blocked_arrival():
    load = workload(EventPool, "T0 arrive A", "T1 arrive B")
    assert "stranded queue" in all_findings(EventPool, load)


@pytest.mark.parametrize("cls", [ConditionPool, SemaphorePool], ids=lambda c: c.__name__)
def test_a_right_blocking_pool_strands_nobody_on_three_threads(cls):
    sizes = {"size": 1} if cls is ConditionPool else {}
    load = workload(cls, "T0 arrive A", "T1 arrive B", "T2 arrive C", threads=3, **sizes)
    assert all_findings(cls, load) == set()


def test_a_blocked_arrival_rescued_by_a_later_operation_is_transient():
    class Kicked(EventBlocking):
        @operation()
        def kick(self):
            self.event.set()

    load = workload(Kicked, "T0 arrive A", "T1 arrive B", "T0 kick")
    found = [f for _, run in every_run(Kicked, load) for f in run.findings]
    assert any(f.kind is Kind.STRANDED and f.transient for f in found)


class SemaphoreEach(Engine):
    """Correct: a semaphore for each server; arrivals block for the one they want."""

    blocking = True

    def setup(self, topology):
        self.slots = [Semaphore(f"slots{i}", 1) for i in range(2)]
        for i in range(2):
            self.resource(f"server{i}", capacity=1)
        for i in range(2):
            self.queue(f"line{i}", served_by=[i])

    @takes(server=Int(0, 1))
    def arrive(self, request, server):
        request.data = server
        self.slots[server].acquire()
        return admitted(server)

    def finish(self, request):
        self.slots[request.data].release()


def test_an_arrival_that_blocks_for_a_busy_server_is_not_stranded_beside_a_free_one():
    ops = ("T0 arrive A server=1", "T1 arrive B server=1", "T1 arrive C server=0")
    assert all_findings(SemaphoreEach, workload(SemaphoreEach, *ops)) == set()


def test_an_arrival_that_may_block_for_a_queue_that_nothing_serves_is_not_stranded():
    class Shut(SemaphoreEach):
        @operation()
        def shut(self):
            self.set_served_by(1, [])
            self.slots[1].acquire()

    load = workload(Shut, "T0 shut", "T1 arrive A server=1")
    assert Kind.STRANDED not in {f.kind for _, r in every_run(Shut, load) for f in r.findings}


def test_a_blocked_arrival_is_stranded_once_every_server_is_free():
    class Leaking(SemaphoreEach):
        def finish(self, request):
            pass

    load = workload(Leaking, "T0 arrive A server=1", "T1 arrive B server=1")
    finding = only(executor(Leaking).run(load, DEFAULT))
    assert (finding.kind, finding.requests) == (Kind.STRANDED, ("B",))
    assert finding.where == "line0 or line1"
