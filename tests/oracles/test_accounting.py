"""``accounting``: at an idle point a published counter differs from the ledger."""

from __future__ import annotations

from engines_for_tests import RightQueue
from helpers import DEFAULT, all_findings, every_run, executor, only, workload
from one_slot import Base, kinds

from harness import Cell
from harness.model.finding import Kind


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
