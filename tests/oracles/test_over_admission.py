"""``over-admission``: more in service than the limit that was in force allowed."""

from __future__ import annotations

from helpers import DEFAULT, all_findings, every_run, executor, workload
from one_slot import Base, kinds

from harness import ADMITTED, QUEUED, REJECTED, Atomic, Engine, Int, operation
from harness.model.finding import Kind


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
