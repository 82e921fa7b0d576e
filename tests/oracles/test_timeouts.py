"""A wait that may time out is a wait: its timeout is a last resort, and no promise."""

from __future__ import annotations

from helpers import DEFAULT, all_findings, every_run, executor, only, workload

from harness import ADMITTED, REJECTED, Atomic, Condition, Engine, Event, sleep
from harness.model.finding import Kind

LOAD = ("T0 arrive A", "T1 arrive B")


class Waiting(Engine):
    """Wrong: whoever finds the slot taken waits to be told, which nobody does."""

    blocking = True

    def setup(self, topology):
        self.changed = Condition("changed")
        self.busy = False
        self.resource("slot", capacity=1)

    def arrive(self, request):
        with self.changed:
            while self.busy:
                self.changed.wait(timeout=10)
            self.busy = True
        return ADMITTED

    def finish(self, request):
        with self.changed:
            self.busy = False


def test_an_arrival_that_only_its_timeout_saves_is_stranded():
    assert all_findings(Waiting, workload(Waiting, *LOAD)) == {"stranded queue"}


def test_what_saves_it_is_named():
    load = workload(Waiting, *LOAD)
    messages = {f.message for _, run in every_run(Waiting, load) for f in run.findings}
    ends = {message.rpartition("; ")[2] for message in messages}
    assert ends == {"a timeout or a later, unrelated operation rescued it"}


def test_an_arrival_that_sleeps_and_looks_again_is_not_stranded():
    class Polling(Waiting):
        def arrive(self, request):
            while True:
                with self.changed:
                    if not self.busy:
                        self.busy = True
                        return ADMITTED
                sleep(10)

    assert all_findings(Polling, workload(Polling, *LOAD)) == set()


class Connecting(Engine):
    """Correct: takes its slot, and connects for up to five milliseconds before it is served."""

    blocking = True

    def setup(self, topology):
        self.served = Atomic("served", 0)
        self.connected = Event("connected")
        self.resource("slot", capacity=1)
        self.publish_in_service(self.served)

    def arrive(self, request):
        if not self.served.compare_exchange(0, 1):
            return REJECTED
        self.connected.wait(timeout=5)
        return ADMITTED

    def finish(self, request):
        self.served.store(0)


def test_a_counter_need_not_agree_while_an_operation_waits_for_its_timeout():
    assert all_findings(Connecting, workload(Connecting, *LOAD)) == set()


def test_a_counter_that_is_wrong_when_no_timer_is_left_is_found():
    class Forgetful(Connecting):
        def finish(self, request):
            pass

    finding = only(executor(Forgetful).run(workload(Forgetful, "T0 arrive A"), DEFAULT))
    assert finding.kind is Kind.ACCOUNTING
