"""lost-request: a request that left its queue without being dispatched, rejected or aborted."""

from helpers import all_findings, every_run, executor, find, workload

from harness import (
    ADMITTED,
    QUEUED,
    Atomic,
    Engine,
    Outcome,
    Request,
    SpinLock,
    Topology,
    operation,
)
from harness.model.finding import Kind


class Careless(Engine):
    """The dequeuer throws the second in line away."""

    drops = True

    def setup(self, topology: Topology) -> None:
        self.busy = Atomic("busy", 0)
        self.lock = SpinLock("lock")
        self.line: list[Request] = []
        self.resource("slot", capacity=1)
        self.publish_in_service(self.busy)

    def contents(self) -> list[Request]:
        return self.line

    def arrive(self, request: Request) -> Outcome:
        with self.lock:
            if self.busy.compare_exchange(0, 1):
                return ADMITTED
            self.line.append(request)
        return QUEUED

    def finish(self, request: Request) -> None:
        with self.lock:
            if self.drops and len(self.line) > 1:
                self.line.pop(1)
            if self.line:
                first = self.line.pop(0)
                self.dispatch(first)
                self.wake(first)
            else:
                self.busy.store(0)


class Careful(Careless):
    """Throws nothing away."""

    drops = False


LOAD = ("T0 arrive A", "T1 arrive B", "T2 arrive C")


def load(cls):
    return workload(cls, *LOAD, threads=3)


def test_a_request_that_vanished_from_its_queue_is_lost():
    assert all_findings(Careless, load(Careless)) == {"lost-request queue"}


def test_a_request_that_is_still_linked_is_not():
    assert all_findings(Careful, load(Careful)) == set()


def test_a_lost_request_is_told_in_a_recorded_run_as_well():
    schedule = find(Careless, load(Careless), Kind.LOST_REQUEST)
    recorded = executor(Careless).record(load(Careless), schedule)
    assert recorded.run.verdict == "lost-request"
    assert len(recorded.run.findings[0].requests) == 1


def test_a_request_that_was_stranded_before_can_be_lost():
    class Forgets(Careful):
        def finish(self, request: Request) -> None:
            self.busy.store(0)

        @operation()
        def forget(self) -> None:
            self.line.clear()

    runs = every_run(Forgets, workload(Forgets, "T0 arrive A", "T1 arrive B", "T1 forget"))
    found = [{f.kind for f in run.findings} for _, run in runs]
    assert {Kind.STRANDED, Kind.LOST_REQUEST} in found
