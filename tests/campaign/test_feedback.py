"""Which ends of activities look alike to the fuzzer: the abstract queue state, and near misses."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace as Stub

import pytest
from engines_for_tests import RightQueue

from harness.campaign.ablation import NO_FEEDBACK, WHOLE, Ablation
from harness.campaign.feedback import FAR, TOLD, FeedbackMap
from harness.execute.activities import Finish
from harness.execute.plan import Plan
from harness.model.workload import Op, Topology, Workload
from harness.oracles.ledger import Ledger
from harness.runtime.scheduler import Scheduler

STATE = replace(WHOLE, near_miss=False)
NEAR = replace(WHOLE, queue_state=False)
ONE_ARRIVAL = Workload(Topology({"threads": 1, "size": 1}), (Op(0, "arrive"),))


def after(
    *counters: int,
    parts: Ablation = STATE,
    inside: int = 0,
    pending: int = 0,
    queued: int = 0,
    in_service: int = 0,
) -> FeedbackMap:
    """The map when an activity has ended and left such counters, and so much to do."""
    feedback = FeedbackMap(parts)
    feedback.scheduler = scheduler = Scheduler()
    scheduler.inside, scheduler.pending = inside, pending
    plan = Plan(scheduler, RightQueue.spec("queue", "queue"), ONE_ARRIVAL)
    plan.ledger = ledger = Ledger(scheduler, [], fifo=False, tasks=False)
    ledger.counters[:] = [(Stub(value=value), "queued", None) for value in counters]
    ledger.queued[:] = [0, queued]
    ledger.in_service[:] = [in_service, 0]
    feedback.ended(Finish(plan, feedback.tag(0, "finish")))
    assert feedback.seen == len(feedback.shown)
    return feedback


def place(*counters: int, parts: Ablation = STATE, **left: int) -> list[int]:
    """The places of what ``after`` shows."""
    return after(*counters, parts=parts, **left).shown


def told(feedback: FeedbackMap) -> list[int]:
    """The places that libFuzzer finds set."""
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


def test_requests_that_wait_while_few_are_left_to_dequeue_them_are_a_near_miss():
    assert len(place(parts=NEAR, queued=1, inside=1)) == 1


def test_without_a_queued_request_nothing_is_missed():
    assert place(parts=NEAR, queued=0, inside=1) == []


@pytest.mark.parametrize("left", ["inside", "pending", "in_service"])
def test_whoever_may_still_dequeue_counts(left):
    assert place(parts=NEAR, queued=1, **{left: FAR - 1}) != []
    assert place(parts=NEAR, queued=1, **{left: FAR}) == []


def test_a_nearer_miss_is_another_one():
    assert (
        len({*place(parts=NEAR, queued=1, inside=1), *place(parts=NEAR, queued=1, inside=2)}) == 2
    )


def test_a_near_miss_is_not_noted_where_it_is_left_out():
    assert place(parts=NO_FEEDBACK, queued=1, inside=1) == []


@pytest.mark.parametrize("inside", range(20))
def test_libfuzzer_is_told_of_features_by_a_small_map(inside):
    feedback = after(0, 1, inside=inside)
    assert told(feedback) == [at % TOLD for at in feedback.shown] != []


@pytest.mark.parametrize("inside", range(20))
def test_libfuzzer_is_told_of_each_feature_when_it_mutates_what_it_keeps(inside):
    feedback = after(0, 1, inside=inside, parts=replace(STATE, mutators=False))
    assert told(feedback) == feedback.shown != []
