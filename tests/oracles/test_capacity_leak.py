"""``capacity-leak``: a probe finds that capacity has not come back."""

from __future__ import annotations

from helpers import DEFAULT, all_findings, executor, only, workload
from one_slot import Base

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
