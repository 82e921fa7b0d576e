"""What tells the revisions of HAProxy's queue apart: the bugs their commits fixed and left.

Steered runs show a scenario of the lineage step by step. Searches show that it comes up by
itself: in every revision that has it, and never in one that has not.
"""

from __future__ import annotations

from random import Random

import pytest
from helpers import all_findings, executor, workload

from harness import Engine
from harness.engine.registry import find
from harness.engines.haproxy import (
    REVISIONS,
    Rev16fbdda3c,
    Rev5541d4995,
    Revb11495652,
    Revb11495652NoRecheck,
    Revddab05b98,
)
from harness.execute.run import RecordedRun
from harness.model.finding import Kind
from harness.model.schedule import Anchor, Schedule, Switch
from harness.model.workload import Workload

Revision = type[Engine]

ONE_SERVER = {"servers": 1, "maxconn": 1, "minconn": 0, "maxpoll": 2}

NO_RECHECK = [Rev16fbdda3c, Revddab05b98, Revb11495652NoRecheck]
RECHECK = [Rev5541d4995, Revb11495652]
TRYLOCK = [Revddab05b98, Rev5541d4995]

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
PICKED_THEN_LEAVES = [
    "T0 arrive A target=none",
    "T1 arrive B target=none",
    "T1 abort B",
    "T2 arrive C target=none",
]


def each(*revisions: Revision) -> pytest.MarkDecorator:
    """Run a test on each of ``revisions``."""
    names = {cls: name for name, cls in REVISIONS.items()}
    chosen = revisions or tuple(names)
    return pytest.mark.parametrize("cls", chosen, ids=[names[cls] for cls in chosen])


def workload_of(cls: Revision, ops: list[str]) -> Workload:
    """``ops`` on one server with one slot."""
    return workload(cls, *ops, threads=1 + max(int(op[1]) for op in ops), **ONE_SERVER)


def steer(cls: Revision, ops: list[str], *switches: tuple[int, str, str, int]) -> RecordedRun:
    """Run ``ops``, leaving T0 for T1 before A's end and then as ``switches`` say.

    Each switch is (thread, its operation, site, thread to run); every site is a first visit
    unless it ends in ``#`` and a number. All must be met.
    """
    plan = [Switch(Anchor(0, "idle", "before finish A", 1), 1)]
    for thread, op, site, to in switches:
        name, _, occurrence = site.partition(" #")
        plan.append(Switch(Anchor(thread, op, name, int(occurrence or 1)), to))
    recorded, met = executor(cls).replay(workload_of(cls, ops), plan)
    assert all(met), met
    return recorded


def random_schedules(count: int) -> list[Schedule]:
    """Random deviations with mean gaps of 4 to 32 decisions; the same ones every day."""
    random = Random(0)
    made = []
    for _ in range(count):
        mean, length = random.choice((4, 8, 16, 32)), random.choice((4, 16, 64))
        gaps = [min(255, int(random.expovariate(1 / mean))) for _ in range(length)]
        made.append(Schedule(gaps, random.randbytes(length)))
    return made


def runs_until(cls: Revision, ops: list[str], kind: Kind, limit: int) -> int | None:
    """After how many random runs ``kind`` is found; None when it is not within ``limit``."""
    load = workload_of(cls, ops)
    ex = executor(cls)
    for i, schedule in enumerate(random_schedules(limit), 1):
        if any(f.kind is kind for f in ex.run(load, schedule).findings):
            return i
    return None


def signatures(recorded: RecordedRun) -> set[str]:
    """What was found."""
    return {f.signature for f in recorded.run.findings}


# ------------------------------------------------- the look of whoever queues (5541d4995)


@pytest.mark.parametrize("ops", [PERSISTENT_PAIR, BALANCED_PAIR], ids=["server", "backend"])
@each(*NO_RECHECK)
def test_without_a_look_after_queueing_two_requests_suffice_to_strand(
    cls: Revision, ops: list[str]
) -> None:
    assert "stranded" in {s.split()[0] for s in all_findings(cls, workload_of(cls, ops))}


@pytest.mark.parametrize("ops", [PERSISTENT_PAIR, BALANCED_PAIR], ids=["server", "backend"])
@each(*RECHECK)
def test_with_it_two_requests_are_never_stranded_within_two_deviations(
    cls: Revision, ops: list[str]
) -> None:
    assert all_findings(cls, workload_of(cls, ops)) <= {"over-admission s#"}


@pytest.mark.parametrize("ops", [PERSISTENT_PAIR, BALANCED_PAIR], ids=["server", "backend"])
@each(*NO_RECHECK)
def test_a_random_search_strands_without_it(cls: Revision, ops: list[str]) -> None:
    assert runs_until(cls, ops, Kind.STRANDED, 2000)


@pytest.mark.parametrize("ops", [PERSISTENT_PAIR, BALANCED_PAIR], ids=["server", "backend"])
@each(*RECHECK)
def test_a_random_search_does_not_strand_two_requests_with_it(
    cls: Revision, ops: list[str]
) -> None:
    assert runs_until(cls, ops, Kind.STRANDED, 2000) is None


# ------------------------------------------- a lock holder that does not dequeue (b11495652)

LOOKS_WITH_THE_LOCK = (1, "resume B", "pendconn_dequeue: load B.pendconn.linked", 0)


@each(*TRYLOCK)
def test_a_trylock_that_fails_on_somebody_who_only_looks_strands(cls: Revision) -> None:
    ops = [*PERSISTENT_PAIR, "T1 poke B"]
    assert signatures(steer(cls, ops, LOOKS_WITH_THE_LOCK)) == {"stranded s#.queue"}


@each(Rev16fbdda3c, Revb11495652, Revb11495652NoRecheck)
def test_a_lock_that_is_waited_for_does_not(cls: Revision) -> None:
    ops = [*PERSISTENT_PAIR, "T1 poke B"]
    assert signatures(steer(cls, ops, LOOKS_WITH_THE_LOCK)) == set()


def test_who_is_balanced_afterwards_goes_round_for_ever_in_5541d4995() -> None:
    ops = [*PERSISTENT_PAIR, "T1 poke B", "T2 arrive C target=none"]
    recorded = steer(Rev5541d4995, ops, LOOKS_WITH_THE_LOCK)
    assert signatures(recorded) == {"stranded s#.queue", "endless-loop arrive"}


@each(*TRYLOCK)
def test_a_random_search_strands_behind_the_trylock(cls: Revision) -> None:
    assert runs_until(cls, WOKEN_FOR_NOTHING, Kind.STRANDED, 10_000)


def test_a_random_search_does_not_strand_behind_the_flag() -> None:
    assert runs_until(Revb11495652, WOKEN_FOR_NOTHING, Kind.STRANDED, 5000) is None


def test_a_random_search_finds_the_endless_loop_of_5541d4995() -> None:
    assert runs_until(Rev5541d4995, WOKEN_FOR_NOTHING_THEN_BALANCED, Kind.ENDLESS_LOOP, 20_000)


# ------------------------------------------------------------------- what is left in all


@each()
def test_two_arrivals_that_both_see_room_are_both_admitted(cls: Revision) -> None:
    saw_room = Anchor(0, "arrive A target=0", "sess_change_server: read A.srv_conn", 1)
    is_served = Anchor(1, "idle", "before finish B", 1)
    load = workload_of(cls, PERSISTENT_PAIR)
    recorded, met = executor(cls).replay(load, [Switch(saw_room, 1), Switch(is_served, 0)])
    assert all(met)
    assert signatures(recorded) == {"over-admission s#"}


@each()
def test_a_random_search_over_admits(cls: Revision) -> None:
    assert runs_until(cls, PERSISTENT_PAIR, Kind.OVER_ADMISSION, 5000)


@each()
def test_who_leaves_right_after_being_picked_strands_the_next(cls: Revision) -> None:
    recorded = steer(cls, PICKED_THEN_LEAVES, (1, "idle", "before abort B", 2))
    assert signatures(recorded) == {"stranded px.queue"}


@each()
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
        Revb11495652,
        [*BALANCED_PAIR, "T2 arrive C target=none"],
        # B has announced itself, but A finds nobody in its first look,
        (1, "arrive B target=none", "pendconn_add: lock px.queue.lock", 0),
        (0, "finish A", "end_stream: fetch_sub px.beconn", 1),
        # and picks B in its second. C finds the slot taken,
        (1, "arrive B target=none", "pendconn_must_try_again: load B.pendconn.linked", 0),
        (0, "finish A", "process_srv_queue: store s0.dequeuing #2", 2),
        (2, "arrive C target=none", "pendconn_add: fetch_add px.queue.length", 0),
        # A has yet to count it when B ends, and C, queued, takes -1 for somebody in service.
        (0, "finish A", "count_dequeued: add px.totpend", 1),
    )
    assert signatures(recorded) == {"stranded px.queue"}


# ------------------------------------------------------------ the life of a pendconn (87154e301)


def test_without_del_lock_a_pendconn_is_touched_after_it_was_freed() -> None:
    recorded = steer(
        Rev16fbdda3c,
        [*BALANCED_PAIR, "T1 abort B"],
        (1, "idle", "before abort B", 0),
        (0, "finish A", "assign: write B.pendconn.target", 1),
    )
    assert signatures(recorded) == {"exception UseAfterFreeError in assign"}


@each(Revddab05b98, Rev5541d4995, Revb11495652, Revb11495652NoRecheck)
def test_with_it_the_owner_waits_for_the_picker(cls: Revision) -> None:
    recorded = steer(
        cls,
        [*BALANCED_PAIR, "T1 abort B"],
        (1, "idle", "before abort B", 0),
        (0, "finish A", "assign: write B.pendconn.target", 1),
    )
    assert signatures(recorded) == set()
    assert recorded.run.verdict == "ok"


def test_a_random_search_finds_the_use_after_free_in_16fbdda3c_only() -> None:
    assert runs_until(Rev16fbdda3c, PICKED_THEN_LEAVES, Kind.EXCEPTION, 10_000)
    for cls in (Revddab05b98, Rev5541d4995, Revb11495652, Revb11495652NoRecheck):
        assert runs_until(cls, PICKED_THEN_LEAVES, Kind.EXCEPTION, 2000) is None


# --------------------------------------------------------------------------- registration


@pytest.mark.parametrize("name", REVISIONS)
def test_each_revision_is_selected_by_its_name(name: str) -> None:
    assert find(name).engine is REVISIONS[name]
