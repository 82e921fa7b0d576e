"""What tells 16fbdda3c to b11495652 apart: the bugs their commits fixed and left.

Steered runs show a scenario of the lineage step by step. Searches show that it comes up by
itself: in every revision that has it, and never in one that has not. And, for all of them, how
the history is made: a class a commit.
"""

from __future__ import annotations

import pytest
from helpers import all_findings, executor
from searches import runs_until, signatures, steer
from stories import REVISIONS, revisions, since, workload

from harness import Engine
from harness.engine.registry import find
from harness.engines.haproxy import HISTORY
from harness.engines.haproxy.engine import HaproxyQueue
from harness.execute.run import RecordedRun
from harness.model.finding import Kind
from harness.model.schedule import Anchor, Switch

Revision = type[Engine]

SEED = ("16fbdda3c", "ddab05b98", "5541d4995", "b11495652", "b11495652-no-recheck")
NO_RECHECK = ("16fbdda3c", "ddab05b98", "b11495652-no-recheck")
RECHECK = ("5541d4995", "b11495652")
TRYLOCK = ("ddab05b98", "5541d4995")
UNPROTECTED = ("49667c14b", "ae0b12ee0", "19c5581b4")

PERSISTENT_PAIR = ["T0 arrive A target=0", "T1 arrive B target=0"]
BALANCED_PAIR = ["T0 arrive A target=none", "T1 arrive B target=none"]
WOKEN_FOR_NOTHING = [
    "T0 arrive A target=0",
    "T1 arrive B target=0",
    "T1 poke B",
    "T2 arrive C target=0",
    "T2 poke C",
]
WOKEN_FOR_NOTHING_THEN_BALANCED = [
    "T0 arrive A target=0",
    "T1 arrive B target=0",
    "T1 poke B",
    "T2 arrive C target=none",
    "T0 arrive D target=0",
]
B_ARRIVES = "arrive B target=none"
PICKED_THEN_LEAVES = [
    "T0 arrive A target=none",
    "T1 arrive B target=none",
    "T1 abort B",
    "T2 arrive C target=none",
]


# ------------------------------------------------- the look of whoever queues (5541d4995)


@pytest.mark.parametrize("ops", [PERSISTENT_PAIR, BALANCED_PAIR], ids=["server", "backend"])
@revisions(*NO_RECHECK)
def test_without_a_look_after_queueing_two_requests_suffice_to_strand(
    cls: Revision, ops: list[str]
) -> None:
    assert "stranded" in {s.split()[0] for s in all_findings(cls, workload(cls, *ops))}


@pytest.mark.parametrize("ops", [PERSISTENT_PAIR, BALANCED_PAIR], ids=["server", "backend"])
@revisions(*RECHECK)
def test_with_it_two_requests_are_never_stranded_within_two_deviations(
    cls: Revision, ops: list[str]
) -> None:
    assert all_findings(cls, workload(cls, *ops)) <= {"over-admission s#"}


@pytest.mark.parametrize("ops", [PERSISTENT_PAIR, BALANCED_PAIR], ids=["server", "backend"])
@revisions(*NO_RECHECK)
def test_a_random_search_strands_without_it(cls: Revision, ops: list[str]) -> None:
    assert runs_until(cls, ops, Kind.STRANDED, 2000)


@pytest.mark.parametrize("ops", [PERSISTENT_PAIR, BALANCED_PAIR], ids=["server", "backend"])
@revisions(*RECHECK)
def test_a_random_search_does_not_strand_two_requests_with_it(
    cls: Revision, ops: list[str]
) -> None:
    assert runs_until(cls, ops, Kind.STRANDED, 2000) is None


# ------------------------------------------- a lock holder that does not dequeue (b11495652)

LOOKS_WITH_THE_LOCK = (1, "resume B", "still_linked: load B.pendconn.linked", 0)


@revisions(*TRYLOCK)
def test_a_trylock_that_fails_on_somebody_who_only_looks_strands(cls: Revision) -> None:
    ops = [*PERSISTENT_PAIR, "T1 poke B"]
    assert signatures(steer(cls, ops, LOOKS_WITH_THE_LOCK)) == {"stranded s#.queue"}


@revisions("16fbdda3c", "b11495652", "b11495652-no-recheck")
def test_a_lock_that_is_waited_for_does_not(cls: Revision) -> None:
    ops = [*PERSISTENT_PAIR, "T1 poke B"]
    assert signatures(steer(cls, ops, LOOKS_WITH_THE_LOCK)) == set()


def test_who_is_balanced_afterwards_goes_round_for_ever_in_5541d4995() -> None:
    ops = [*PERSISTENT_PAIR, "T1 poke B", "T2 arrive C target=none"]
    recorded = steer(HISTORY["5541d4995"], ops, LOOKS_WITH_THE_LOCK)
    assert signatures(recorded) == {"stranded s#.queue", "endless-loop arrive"}


@revisions(*TRYLOCK)
def test_a_random_search_strands_behind_the_trylock(cls: Revision) -> None:
    assert runs_until(cls, WOKEN_FOR_NOTHING, Kind.STRANDED, 10_000)


def test_a_random_search_does_not_strand_behind_the_flag() -> None:
    assert runs_until(HISTORY["b11495652"], WOKEN_FOR_NOTHING, Kind.STRANDED, 5000) is None


def test_a_random_search_finds_the_endless_loop_of_5541d4995() -> None:
    assert runs_until(
        HISTORY["5541d4995"], WOKEN_FOR_NOTHING_THEN_BALANCED, Kind.ENDLESS_LOOP, 20_000
    )


# ------------------------------------------------------------------- what is left in all


@revisions(*SEED)
def test_two_arrivals_that_both_see_room_are_both_admitted(cls: Revision) -> None:
    saw_room = Anchor(0, "arrive A target=0", "sess_change_server: read A.srv_conn", 1)
    is_served = Anchor(1, "idle", "before finish B", 1)
    load = workload(cls, *PERSISTENT_PAIR)
    recorded, met = executor(cls).replay(load, [Switch(saw_room, 1), Switch(is_served, 0)])
    assert all(met)
    assert signatures(recorded) == {"over-admission s#"}


@revisions(*SEED)
def test_a_random_search_over_admits(cls: Revision) -> None:
    assert runs_until(cls, PERSISTENT_PAIR, Kind.OVER_ADMISSION, 5000)


@revisions(*SEED)
def test_who_leaves_right_after_being_picked_strands_the_next(cls: Revision) -> None:
    recorded = steer(cls, PICKED_THEN_LEAVES, (1, "idle", "before abort B", 2))
    assert signatures(recorded) == {"stranded px.queue"}


@revisions(*SEED)
def test_a_woken_stream_can_end_before_its_slot_was_counted(cls: Revision) -> None:
    recorded = steer(
        cls,
        BALANCED_PAIR,
        (0, "finish A", "count_dequeued: add px.totpend", 1),
    )
    served = [s.after for s in recorded.trace.steps if s.site.endswith(" px.served")]
    assert "-1" in served
    assert served[-1] == "0"
    assert signatures(recorded) == set()


def test_behind_that_window_b11495652_still_strands_a_third() -> None:
    recorded = steer(
        HISTORY["b11495652"],
        [*BALANCED_PAIR, "T2 arrive C target=none"],
        # B has announced itself, but A finds nobody in its first look,
        (1, B_ARRIVES, "pendconn_link: lock px.queue.lock", 0),
        (0, "finish A", "end_stream: fetch_sub px.beconn", 1),
        # and picks B in its second. C finds the slot taken,
        (1, B_ARRIVES, "pendconn_must_try_again: load B.pendconn.linked", 0),
        (0, "finish A", "stop_dequeuing: store s0.dequeuing #2", 2),
        (2, "arrive C target=none", "pendconn_link: fetch_add px.queue.length", 0),
        # A has yet to count it when B ends, and C, queued, takes -1 for somebody in service.
        (0, "finish A", "count_dequeued: add px.totpend", 1),
    )
    assert signatures(recorded) == {"stranded px.queue"}


# ------------------------------------------------------------ the life of a pendconn (87154e301)


def while_picked(cls: Revision, event: str) -> RecordedRun:
    """``event`` happens to B while A's end, which picks B, is about to tell it where to go."""
    return steer(
        cls,
        [*BALANCED_PAIR, f"T1 {event} B"],
        (1, "idle", f"before {event} B", 0),
        (0, "finish A", "assign: write B.pendconn.target", 1),
    )


@pytest.mark.parametrize("event", ["abort", "poke"])
@revisions(*UNPROTECTED)
def test_without_del_lock_a_pendconn_is_touched_after_it_was_freed(
    cls: Revision, event: str
) -> None:
    assert signatures(while_picked(cls, event)) == {"exception UseAfterFreeError in assign"}


@pytest.mark.parametrize("event", ["abort", "poke"])
@revisions(*SEED)
def test_where_the_picker_holds_a_lock_the_owner_waits_for_it(cls: Revision, event: str) -> None:
    assert while_picked(cls, event).run.verdict == "ok"


@revisions(*UNPROTECTED)
def test_a_random_search_finds_the_use_after_free(cls: Revision) -> None:
    assert runs_until(cls, PICKED_THEN_LEAVES, Kind.EXCEPTION, 10_000)


@revisions(*SEED)
def test_and_not_where_there_is_none(cls: Revision) -> None:
    assert runs_until(cls, PICKED_THEN_LEAVES, Kind.EXCEPTION, 2000) is None


TIMED_OUT_WHEN_PICKED = ("T0 arrive A", "T1 arrive B", "T1 queue_timeout B", "T0 arrive C")


@since("3372a2ea0")
def test_who_is_picked_as_his_time_ends_has_given_the_slot_back_before_another_takes_it(
    cls: Revision,
) -> None:
    assert runs_until(cls, TIMED_OUT_WHEN_PICKED, Kind.OVER_ADMISSION, 500) is None


# -------------------------------------------------------------------- how the history is made

VARIANT = "b11495652-no-recheck"
CHAIN = [name for name in REVISIONS if name not in ("1.8", VARIANT)]


@pytest.mark.parametrize("name", REVISIONS)
def test_each_revision_is_selected_by_its_name(name: str) -> None:
    assert find(f"haproxy@{name}").engine is HISTORY[name]


@pytest.mark.parametrize("name", REVISIONS)
def test_each_revision_says_what_its_commit_did(name: str) -> None:
    assert vars(HISTORY[name])["__doc__"]


def test_each_revision_builds_on_the_one_before() -> None:
    bases = [HaproxyQueue, *(HISTORY[name] for name in CHAIN)]
    for base, name in zip(bases, CHAIN, strict=False):
        assert HISTORY[name].__bases__ == (base,), name


def test_but_what_1_8_did_was_all_thrown_away() -> None:
    assert REVISIONS[:2] == ["1.8", CHAIN[0]]
    assert HISTORY["1.8"].__bases__ == (HaproxyQueue,)


def test_and_one_is_no_real_revision() -> None:
    assert HISTORY[VARIANT].__bases__ == (HISTORY["b11495652"],)


def overrides(cls: Revision) -> list[str]:
    """What a class has of its own that its base has not."""
    (base,) = cls.__bases__
    return [
        name
        for name, value in vars(cls).items()
        if not name.startswith("__") and getattr(base, name, None) is not value
    ]


@pytest.mark.parametrize("name", ["1.8", *CHAIN[:-1], VARIANT])
def test_each_revision_changes_something(name: str) -> None:
    assert overrides(HISTORY[name])


def test_but_the_newest_is_the_sum_of_all() -> None:
    assert overrides(HISTORY[CHAIN[-1]]) == []
