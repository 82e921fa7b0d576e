"""An engine that blocks in ``arrive`` and has not said so is told apart from other deadlocks."""

from __future__ import annotations

import pytest

from harness.model.finding import Finding, Kind
from harness.report.undeclared import blocks_undeclared

FINDING = Finding(Kind.DEADLOCK, 0, "ev.B", "T0 can never go on: T0 waits for ev.B")

BOTH_WAIT = """
    T0 begins arrive A
    T0 ends arrive A
    T1 begins arrive B
    T1 ends arrive B
    T0 begins arrive C
    T0 waits on ev.C
    T1 begins arrive D
    T1 waits on ev.D
"""


@pytest.fixture
def undeclared(recorded_from):
    def judge(text, finding=FINDING, blocking=False):
        return blocks_undeclared(recorded_from(text).trace, finding, blocking=blocking)

    return judge


def test_all_wait_in_arrivals_with_a_request_of_their_own_before_it(undeclared):
    assert undeclared(BOTH_WAIT)


def test_a_thread_that_has_ended_says_nothing(undeclared):
    assert undeclared(BOTH_WAIT.partition("T1 begins arrive D")[0])


def test_an_engine_that_has_declared_it_is_not_told_to(undeclared):
    assert not undeclared(BOTH_WAIT, blocking=True)


@pytest.mark.parametrize("finding", [None, Finding(Kind.STRANDED, 0, "queue", "A is queued")])
def test_it_is_about_deadlocks(undeclared, finding):
    assert not undeclared(BOTH_WAIT, finding)


@pytest.mark.parametrize(
    ("line", "instead"),
    [
        ("T1 waits on ev.D", "T1 blocks on lock"),
        ("T1 begins arrive D", "T1 begins finish B"),
    ],
    ids=["on a lock", "not in an arrival"],
)
def test_one_thread_that_can_not_go_on_for_another_reason_is_enough(undeclared, line, instead):
    assert not undeclared(BOTH_WAIT.replace(line, instead))


FIRST_ENDED = BOTH_WAIT.replace(
    "T0 begins arrive C", "T0 begins finish A\n    T0 ends finish A\n    T0 begins arrive C"
)


def test_one_thread_that_has_another_request_holds_up_all(undeclared):
    assert undeclared(FIRST_ENDED)


def test_requests_that_have_ended_hold_nobody_up(undeclared):
    assert not undeclared(FIRST_ENDED.replace("T1 begins arrive B", "T1 begins look"))
