"""When was somebody for the last time still obliged to dequeue?"""

from __future__ import annotations

from harness.model.finding import Finding, Kind
from harness.report.obligation import last_obligation

STRANDED = Finding(Kind.STRANDED, 9, "queue", "B is queued", ("B",))
ALARM = "stranded: B is queued and nobody is left to dequeue it"


def test_it_is_the_end_of_a_finish_that_overlaps_the_wait(recorded_from):
    run = recorded_from(
        f"""
        T0 begins finish A
        T0 fetch_sub served 1 0
        T1 begins arrive B
        T1 load served 1 1
        T1 ends arrive B
        T0 trylock lock T1 T1
        T0 ends finish A
        T0 {ALARM}
        """
    )
    assert last_obligation(run, STRANDED) == (2, 0, "finish A")


def test_it_is_the_requests_own_arrival_when_nobody_else_was_left(recorded_from):
    run = recorded_from(
        f"""
        T1 begins arrive B
        T1 load served 1 1
        T0 begins finish A
        T0 load length 0 0
        T0 ends finish A
        T1 fetch_add length 0 1
        T1 ends arrive B
        T1 {ALARM}
        """
    )
    assert last_obligation(run, STRANDED) == (2, 1, "arrive B")


def test_the_arrival_of_another_request_promises_nothing(recorded_from):
    run = recorded_from(
        f"""
        T1 begins arrive B
        T1 load served 1 1
        T1 ends arrive B
        T0 begins arrive C
        T0 load served 0 0
        T0 ends arrive C
        T0 {ALARM}
        """
    )
    assert last_obligation(run, STRANDED) == (0, 1, "arrive B")


def test_declared_operations_resumes_and_aborts_are_obliged(recorded_from):
    for activity in ("set_maxconn value=1", "resume A", "abort A"):
        run = recorded_from(
            f"""
            T1 begins arrive B
            T1 load served 1 1
            T1 ends arrive B
            T0 begins {activity}
            T0 load served 0 0
            T0 ends {activity}
            T0 {ALARM}
            """
        )
        assert last_obligation(run, STRANDED) == (1, 0, activity)


def test_an_activity_that_executed_nothing_looked_at_nothing(recorded_from):
    run = recorded_from(
        f"""
        T1 begins arrive B
        T1 load served 1 1
        T1 ends arrive B
        T0 begins abort A
        T0 ends abort A
        T0 {ALARM}
        """
    )
    assert last_obligation(run, STRANDED) == (0, 1, "arrive B")


def test_what_ends_after_the_finding_does_not_count(recorded_from):
    run = recorded_from(
        f"""
        T1 begins arrive B
        T1 load served 1 1
        T1 ends arrive B
        T1 {ALARM}
        T0 begins finish A
        T0 load served 0 0
        T0 ends finish A
        """
    )
    assert last_obligation(run, STRANDED) == (0, 1, "arrive B")


def test_an_arrival_that_blocks_is_queued_from_its_wait_on(recorded_from):
    run = recorded_from(
        f"""
        T1 begins arrive B
        T1 load served 1 1
        T1 waits on room
        T1 {ALARM}
        """
    )
    assert last_obligation(run, STRANDED) == (0, 1, "arrive B")


def test_only_stranded_findings_have_one(recorded_from):
    run = recorded_from("T1 begins arrive B")
    assert last_obligation(run, Finding(Kind.DEADLOCK, 0, "lock", "no")) is None
    assert last_obligation(run, STRANDED) is None


def test_it_is_found_in_a_real_run(find_minimal):
    minimal, _ = find_minimal("Strands")
    obligation = last_obligation(minimal.recorded, minimal.finding)
    assert obligation is not None
    ends = [
        (e.step - 1, e.thread, e.text.removeprefix("ends "))
        for e in minimal.recorded.trace.events
        if e.text.startswith("ends ")
    ]
    assert obligation in ends
