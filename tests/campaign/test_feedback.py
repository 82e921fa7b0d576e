"""The abstract queue state: which ends of activities look alike to the fuzzer."""

from __future__ import annotations

from types import SimpleNamespace as Stub

import pytest

from harness.campaign.ablation import NO_FEEDBACK, WHOLE, Ablation
from harness.campaign.feedback import FeedbackMap


def place(*counters: int, parts: Ablation = WHOLE, inside: int = 0) -> list[int]:
    """The places set by the end of an activity that leaves such counters."""
    feedback = FeedbackMap(parts)
    feedback.scheduler = Stub(inside=inside, pending=0)
    ledger = Stub(counters=[(Stub(value=value), 0, 0) for value in counters])
    feedback.ended(Stub(plan=Stub(ledger=ledger), tag=Stub(kind="finish")))
    assert feedback.seen == feedback.places
    return [at for at, seen in enumerate(feedback.places) if seen]


@pytest.mark.parametrize(
    ("first", "second"),
    [((0, 1, 2), (2, 0, 0)), ((7,), (3,)), ((-4, 1), (-1, 1)), ((), (0,))],
    ids=["which counter", "beyond the largest", "below the least", "none"],
)
def test_these_states_look_alike(first, second):
    assert place(*first) == place(*second) != []


@pytest.mark.parametrize("other", [(1, 1), (0, 2), (-1, 1), (0, 0)])
def test_these_states_do_not(other):
    assert place(*other) != place(0, 1)


def test_who_is_inside_an_activity_matters():
    assert place(0, 1, inside=1) != place(0, 1)


def test_nothing_is_noted_that_is_left_out():
    assert place(0, 1, parts=NO_FEEDBACK) == []
