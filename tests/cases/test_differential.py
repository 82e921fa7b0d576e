"""What one engine shows and another does not."""

from __future__ import annotations

from engines_for_tests import RightQueue
from helpers import DEFAULT, executor, find, workload

from harness import REJECTED
from harness.cases.differential import Differential
from harness.cases.minimise import minimise
from harness.cases.replay import Fidelity, replay
from harness.model.finding import Kind


class Forgets(RightQueue):
    """Whoever leaves looks without the lock, before the slot is free."""

    def finish(self, request):
        waiting = bool(self.line)
        self.served.fetch_sub(1)
        if waiting:
            with self.lock:
                self.dequeue()


class OtherName(Forgets):
    """The same once more."""


OPS = ("T0 arrive A", "T1 arrive B")


def stranding():
    load = workload(Forgets, *OPS, size=1)
    return load, find(Forgets, load, Kind.STRANDED)


def test_what_the_reference_does_not_show_is_kept():
    load, schedule = stranding()
    both = Differential(executor(Forgets), executor(RightQueue))
    assert both.run(load, schedule).verdict == "stranded"
    assert both.record(load, schedule).run.verdict == "stranded"


def test_what_the_reference_shows_too_is_left_out():
    load, schedule = stranding()
    both = Differential(executor(Forgets), executor(OtherName))
    assert both.run(load, schedule).verdict == "ok"
    assert both.record(load, schedule).run.findings == []


def test_the_trace_is_that_of_the_engine():
    load, schedule = stranding()
    both = Differential(executor(Forgets), executor(OtherName))
    alone = executor(Forgets).record(load, schedule)
    assert both.record(load, schedule).trace.digest() == alone.trace.digest()


class Refuses(RightQueue):
    """Admits nobody, so a switch inside the end of a service has no place."""

    def arrive(self, request):
        return REJECTED


def test_nothing_is_kept_where_the_schedule_does_not_apply_to_the_reference():
    load, schedule = stranding()
    both = Differential(executor(Forgets), executor(Refuses))
    assert replay(executor(Refuses), load, both.record(load, schedule).switches).fidelity is (
        Fidelity.STALE
    )
    assert both.run(load, schedule).verdict == "ok"


def test_a_minimal_case_still_tells_the_two_apart():
    load = workload(Forgets, *OPS, "T0 arrive C", "T1 arrive D", size=1)
    both = Differential(executor(Forgets), executor(RightQueue))
    recorded = both.record(load, find(Forgets, load, Kind.STRANDED))
    with both.guard():
        minimal = minimise(both, load, recorded.switches, recorded.run.findings[0], budget=500)
    assert minimal.workload.requests == 2
    assert both.replay(minimal.workload, minimal.switches)[0].run.verdict == "stranded"


class Complains(RightQueue):
    """Says at every end of a service that something is wrong."""

    def finish(self, request):
        self.fail("the left hand", "something")
        super().finish(request)


class ComplainsElsewhere(Complains):
    def finish(self, request):
        self.fail("the right hand", "something else")
        super().finish(request)


def test_exceptions_of_other_places_are_other_findings():
    load = workload(Complains, *OPS, size=1)
    both = Differential(executor(ComplainsElsewhere), executor(Complains))
    assert [f.where for f in both.record(load, DEFAULT).run.findings] == ["the right hand"]
