"""``idle-capacity``: a request waits beside a free slot, but what is in service may wake it."""

from __future__ import annotations

from helpers import DEFAULT, every_run, executor, only, workload

from harness import ADMITTED, QUEUED, Cell, Engine, SpinLock
from harness.model.finding import Kind


class Lazy(Engine):
    """Two slots, but only the end of a service dequeues: the second slot stays idle."""

    def setup(self, topology):
        self.line = []
        self.lock = SpinLock("lock")
        self.busy = Cell("busy", 0)
        self.resource("slot", capacity=2)

    def arrive(self, request):
        with self.lock:
            if self.busy.read():
                self.line.append(request)
                return QUEUED
            self.busy.write(1)
            return ADMITTED

    def finish(self, request):
        with self.lock:
            if self.line:
                following = self.line.pop(0)
                self.dispatch(following)
                self.wake(following)
            else:
                self.busy.write(0)


def run(*ops):
    return [r for _, r in every_run(Lazy, workload(Lazy, *ops), deviations=1)]


def test_waiting_beside_a_free_slot_while_something_is_in_service_is_a_warning():
    found = [f for r in run("T0 arrive A", "T1 arrive B") for f in r.findings]
    assert {f.kind for f in found} == {Kind.IDLE_CAPACITY}
    assert all(f.kind.warning for f in found)


def test_a_warning_does_not_make_the_verdict():
    warned = [r for r in run("T0 arrive A", "T1 arrive B") if r.findings]
    assert {r.verdict for r in warned} == {"ok"}
    assert {r.worst for r in warned} == {None}


def test_it_is_reported_once_a_run():
    runs = run("T0 arrive A", "T1 arrive B", "T1 arrive C")
    counts = {sum(f.kind is Kind.IDLE_CAPACITY for f in r.findings) for r in runs}
    assert max(counts) == 1


def test_it_ranks_below_every_other_kind():
    assert max(Kind, key=lambda k: k.severity) is Kind.IDLE_CAPACITY


def test_a_slot_in_service_of_another_queue_is_no_excuse():
    class Separate(Engine):
        def setup(self, topology):
            self.resource("left", capacity=1)
            self.resource("right", capacity=1)
            self.queue("left line", served_by=[0])
            self.queue("right line", served_by=[1])
            self.cell = Cell("cell", 0)

        def arrive(self, request):
            from harness import admitted, queued

            return admitted(0) if request.name == "A" else queued(1)

        def finish(self, request):
            self.cell.read()

    finding = only(
        executor(Separate).run(workload(Separate, "T0 arrive A", "T1 arrive B"), DEFAULT)
    )
    assert finding.kind is Kind.STRANDED
    assert finding.where == "right line"
