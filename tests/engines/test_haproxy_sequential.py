"""What HAProxy's queue does when nobody is preempted: the description, operation by operation."""

from __future__ import annotations

import pytest
from helpers import executor, workload
from hypothesis import given
from hypothesis import strategies as st

from harness import Engine
from harness.engines.haproxy import REVISIONS, Rev16fbdda3c, Revb11495652
from harness.engines.haproxy.engine import MAXPOLLEVENTS
from harness.execute.run import RecordedRun
from harness.model.schedule import Anchor, Schedule, Switch
from harness.model.workload import Op, Topology, Workload

ONE_SERVER = {"servers": 1, "maxconn": 1, "minconn": 0, "maxpoll": 2}

EVERY = pytest.mark.parametrize("cls", REVISIONS.values(), ids=REVISIONS)


def record(
    *ops: str, cls: type[Engine] = Revb11495652, threads: int = 2, **topology: int
) -> RecordedRun:
    """T0 runs until A, its first request, is to finish; then T1 does all it has to do; then T0."""
    load = workload(cls, *ops, threads=threads, **{**ONE_SERVER, **topology})
    while_a_is_served = Switch(Anchor(0, "idle", "before finish A", 1), 1)
    recorded, met = executor(cls).replay(load, [while_a_is_served])
    assert all(met) or not any(op.startswith("T1") for op in ops)
    return recorded


def dispatches(recorded: RecordedRun) -> list[str]:
    """``B to s0`` for each pick of a queued stream, in order."""
    texts = [event.text for event in recorded.trace.events]
    return [text.removeprefix("dispatches ") for text in texts if text.startswith("dispatches ")]


def values(recorded: RecordedRun, obj: str, op: str = "") -> list[str]:
    """The values of ``obj`` after each access to it, in operations that start with ``op``."""
    return [
        step.after
        for step in recorded.trace.steps
        if step.site.endswith(f" {obj}") and step.op.startswith(op)
    ]


# ------------------------------------------------------------------------- arriving


@EVERY
def test_a_stream_that_finds_room_is_served_at_once(cls: type[Engine]) -> None:
    recorded = record("T0 arrive A target=none", cls=cls)
    assert recorded.run.findings == []
    assert dispatches(recorded) == []
    assert values(recorded, "s0.served", "arrive A")[-1] == "1"
    assert values(recorded, "s0.served")[-1] == "0"


@EVERY
def test_a_balanced_stream_without_room_waits_in_the_queue_of_the_backend(
    cls: type[Engine],
) -> None:
    recorded = record("T0 arrive A target=none", "T1 arrive B target=none", cls=cls)
    assert recorded.run.findings == []
    assert values(recorded, "px.queue.length", "arrive B")[-1] == "1"
    assert dispatches(recorded) == ["B to s0"]


@EVERY
def test_a_persistent_stream_waits_for_its_server_although_another_is_free(
    cls: type[Engine],
) -> None:
    recorded = record("T0 arrive A target=0", "T1 arrive B target=0", cls=cls, servers=2)
    assert recorded.run.findings == []
    assert values(recorded, "s0.queue.length", "arrive B")[-1] == "1"
    assert dispatches(recorded) == ["B to s0"]


def test_round_robin_takes_the_servers_in_turn() -> None:
    recorded = record("T0 arrive A target=none", "T1 arrive B target=none", servers=2)
    assert values(recorded, "s0.served", "arrive A")[-1] == "1"
    assert values(recorded, "s1.served", "arrive B")[-1] == "1"
    assert dispatches(recorded) == []


def test_round_robin_passes_over_a_full_server() -> None:
    recorded = record("T0 arrive A target=1", "T1 arrive B target=none", servers=2)
    assert values(recorded, "s0.served", "arrive B")[-1] == "1"


def test_round_robin_passes_over_a_server_with_a_queue() -> None:
    recorded = record(
        "T0 arrive A target=0",
        "T1 arrive B target=0",
        "T1 arrive C target=none",
        servers=2,
    )
    assert values(recorded, "s1.served", "arrive C")[-1] == "1"


def test_a_stream_queues_behind_others_without_looking_at_the_servers() -> None:
    recorded = record(
        "T0 arrive A target=none",
        "T1 arrive B target=none",
        "T1 arrive C target=none",
        "T1 set_maxconn server=0 value=3",  # picks B only, a batch being one
        "T1 arrive D target=none",
        maxpoll=MAXPOLLEVENTS.index(1),
    )
    assert dispatches(recorded)[0] == "B to s0"
    assert values(recorded, "s0.served", "arrive D") == []
    assert values(recorded, "px.queue.length", "arrive D")[-1] == "2"


def test_with_minconn_the_limit_follows_the_streams_on_the_backend() -> None:
    recorded = record(
        "T0 arrive A target=none",
        "T1 arrive B target=0",  # 2 of 4 streams: half of the 3 slots, rounded down
        "T1 arrive C target=0",  # 3 of 4: two slots, but others wait
        maxconn=3,
        minconn=1,
    )
    assert values(recorded, "s0.queue.length", "arrive B")[-1] == "1"
    assert values(recorded, "s0.queue.length", "finish")[-1] == "0"
    assert recorded.run.verdict == "ok"


# ------------------------------------------------------------------------- picking


def test_the_oldest_is_picked_first_when_it_waits_in_the_queue_of_the_backend() -> None:
    recorded = record("T0 arrive A target=none", "T1 arrive B target=none", "T1 arrive C target=0")
    assert dispatches(recorded) == ["B to s0", "C to s0"]


def test_the_oldest_is_picked_first_when_it_waits_in_the_queue_of_the_server() -> None:
    recorded = record("T0 arrive A target=none", "T1 arrive B target=0", "T1 arrive C target=none")
    assert dispatches(recorded) == ["B to s0", "C to s0"]


def test_a_server_that_becomes_free_does_not_pick_from_the_queue_of_another() -> None:
    load = workload(
        Revb11495652,
        "T0 arrive A target=0",
        "T1 arrive B target=1",
        "T1 arrive C target=1",
        threads=2,
        **{**ONE_SERVER, "servers": 2},
    )
    recorded, met = executor(Revb11495652).replay(
        load,
        [
            Switch(Anchor(0, "idle", "before finish A", 1), 1),
            Switch(Anchor(1, "idle", "before finish B", 1), 0),
        ],
    )
    assert all(met)
    assert values(recorded, "s1.queue.length", "arrive C")[-1] == "1"
    assert values(recorded, "s0.served", "finish A") == ["0"]
    assert dispatches(recorded) == ["C to s1"]


def test_slot_and_wakeup_come_before_the_counting() -> None:
    recorded = record("T0 arrive A target=none", "T1 arrive B target=none")
    sites = [step.site for step in recorded.trace.steps if step.op == "finish A"]
    picked = [
        site
        for site in sites[sites.index("assign: write B.pendconn.target") :]
        if "B." in site or "wake" in site or "fetch_" in site
    ]
    assert picked[:8] == [
        "assign: write B.pendconn.target",
        "assign: write B.srv_conn",
        "wake: wake B",
        "del_unlock: unlock B.pendconn.del_lock",
        "pick_from_backend: fetch_sub px.queue.length",
        "process_srv_queue: fetch_add s0.served",
        "count_dequeued: fetch_add px.served",
        "end_stream: fetch_sub px.beconn",
    ]


def test_the_end_of_a_stream_looks_at_the_queues_twice() -> None:
    recorded = record("T0 arrive A target=none")
    looks = [s.occurrence for s in recorded.trace.steps if "read px.queue" in s.site]
    assert values(recorded, "px.queue.length", "finish A") == ["0", "0"]
    assert looks[-2:] == [1, 2]


# ---------------------------------------------------------------- leaving, poking, CLI


@EVERY
def test_a_client_that_leaves_the_queue_is_never_picked(cls: type[Engine]) -> None:
    recorded = record(
        "T0 arrive A target=none",
        "T1 arrive B target=none",
        "T1 abort B",
        "T1 arrive C target=none",
        cls=cls,
    )
    assert recorded.run.findings == []
    assert dispatches(recorded) == ["C to s0"]


@EVERY
def test_a_client_that_leaves_in_service_makes_room(cls: type[Engine]) -> None:
    load = workload(
        cls,
        "T0 arrive A target=none",
        "T0 arrive B target=none",
        "T0 abort A",
        threads=2,
        **ONE_SERVER,
    )
    finish_can_wait = Switch(Anchor(0, "idle", "before finish A", 1), 0, "abort A")
    recorded, met = executor(cls).replay(load, [finish_can_wait])
    assert met == [True]
    assert recorded.run.findings == []
    assert dispatches(recorded) == ["B to s0"]


@EVERY
def test_a_stream_woken_for_nothing_takes_the_lock_and_stays(cls: type[Engine]) -> None:
    recorded = record("T0 arrive A target=none", "T1 arrive B target=none", "T1 poke B", cls=cls)
    assert recorded.run.findings == []
    assert values(recorded, "px.queue.lock", "resume B")[:2] == ["T1", "free"]
    assert dispatches(recorded) == ["B to s0"]


@EVERY
def test_poking_a_stream_in_service_does_nothing(cls: type[Engine]) -> None:
    recorded = record("T0 arrive A target=none", "T0 poke A", cls=cls)
    assert recorded.run.findings == []
    assert not [step for step in recorded.trace.steps if step.op == "poke A"]


@EVERY
def test_a_higher_limit_picks_those_who_wait(cls: type[Engine]) -> None:
    recorded = record(
        "T0 arrive A target=none",
        "T1 arrive B target=none",
        "T1 arrive C target=0",
        "T1 set_maxconn server=0 value=3",
        cls=cls,
    )
    assert recorded.run.findings == []
    assert dispatches(recorded) == ["B to s0", "C to s0"]
    assert values(recorded, "s0.served", "set_maxconn")[-1] == "3"


@EVERY
def test_a_lower_limit_holds_from_the_next_stream_on(cls: type[Engine]) -> None:
    recorded = record(
        "T0 arrive A target=none",
        "T1 set_maxconn server=0 value=1",
        "T1 arrive B target=none",
        cls=cls,
        maxconn=2,
    )
    assert recorded.run.findings == []
    assert dispatches(recorded) == ["B to s0"]


@EVERY
def test_a_batch_is_bounded_except_in_the_oldest_revision(cls: type[Engine]) -> None:
    recorded = record(
        "T0 arrive A target=none",
        "T1 arrive B target=0",
        "T1 arrive C target=0",
        "T1 set_maxconn server=0 value=3",
        cls=cls,
        maxpoll=MAXPOLLEVENTS.index(1),
    )
    taken = values(recorded, "s0.served", "set_maxconn")[-1]
    assert taken == ("3" if cls is Rev16fbdda3c else "2")
    assert recorded.run.verdict == "ok"


# -------------------------------------------------------------------------- all together


@st.composite
def workloads(draw: st.DrawFn) -> Workload:
    """Small workloads of everything but ``abort``."""
    servers = draw(st.integers(1, 2))
    topology = {
        "threads": draw(st.integers(2, 4)),
        "servers": servers,
        "maxconn": draw(st.integers(1, 3)),
        "minconn": draw(st.integers(0, 1)),
        "maxpoll": draw(st.integers(0, 2)),
    }
    ops: list[Op] = []
    arrived = [0] * topology["threads"]
    for _ in range(draw(st.integers(1, 8))):
        thread = draw(st.integers(0, topology["threads"] - 1))
        kind = draw(st.sampled_from(["arrive", "arrive", "arrive", "poke", "set_maxconn"]))
        if kind == "arrive":
            ops.append(Op(thread, "arrive", (draw(st.integers(-1, servers - 1)),)))
            arrived[thread] += 1
        elif kind == "set_maxconn":
            server, value = draw(st.integers(0, servers - 1)), draw(st.integers(1, 3))
            ops.append(Op(thread, "set_maxconn", (server, value)))
        elif arrived[thread]:
            ops.append(Op(thread, "poke", (draw(st.integers(0, arrived[thread] - 1)),)))
    return Workload(Topology(topology), tuple(ops))


@EVERY
@given(load=workloads())
def test_nothing_is_found_and_the_counters_are_right_when_nobody_is_preempted(
    cls: type[Engine], load: Workload
) -> None:
    run = executor(cls).run(load, Schedule())
    assert [f for f in run.findings if not f.kind.warning] == []
    assert not run.limited
