"""What becomes of streams on HAProxy's queue when nobody is interrupted."""

from __future__ import annotations

import pytest
from stories import HOPELESS, before, revisions, since, tell

from harness import Engine

Revision = type[Engine]

every = since("1.8")


# ------------------------------------------------------------------------- arriving


@every
def test_a_stream_that_finds_room_is_served_at_once(cls: Revision) -> None:
    story = tell(cls, "arrive A", "finish A")
    assert story.lives == {"A": ["s0", "finished"]}
    assert story.value("s0.served", "arrive A") == story.value("px.served", "arrive A") == "1"
    assert story.value("s0.served") == story.value("px.served") == story.value("px.beconn") == "0"
    assert story.run.verdict == "ok"


@every
def test_a_balanced_stream_without_room_waits_in_the_queue_of_the_backend(cls: Revision) -> None:
    story = tell(cls, "arrive A", "arrive B", "finish A")
    assert story.lives["B"] == ["px.queue", "picked by s0", "s0", "finished"]
    assert story.run.verdict == "ok"


@every
def test_a_persistent_stream_waits_for_its_server_although_another_is_free(cls: Revision) -> None:
    story = tell(cls, "arrive A target=0", "arrive B target=0", "finish A", servers=2)
    assert story.lives["B"] == ["s0.queue", "picked by s0", "s0", "finished"]
    assert story.run.verdict == "ok"


@every
def test_a_persistent_stream_is_balanced_when_its_server_is_down(cls: Revision) -> None:
    story = tell(cls, "server_down server=1", "arrive A target=1", servers=2)
    assert story.lives == {"A": ["s0", "finished"]}


@every
def test_a_stream_is_rejected_when_no_server_is_up(cls: Revision) -> None:
    story = tell(cls, "server_down server=0", "arrive A")
    assert story.lives == {"A": ["rejected"]}
    assert story.value("px.beconn") == "0"
    assert story.run.verdict == "ok"


@every
def test_round_robin_takes_the_servers_in_turn(cls: Revision) -> None:
    story = tell(cls, "arrive A", "finish A", "arrive B", "finish B", "arrive C", servers=2)
    assert [life[0] for life in story.lives.values()] == ["s0", "s1", "s0"]


@every
def test_round_robin_passes_over_a_full_server(cls: Revision) -> None:
    story = tell(cls, "arrive A target=0", "arrive B", servers=2)
    assert story.lives["B"][0] == "s1"


@every
def test_round_robin_passes_over_a_server_with_a_queue(cls: Revision) -> None:
    story = tell(cls, "arrive A target=0", "arrive B target=0", "arrive C", servers=2)
    assert story.lives["C"][0] == "s1"


@since("82cd5c13a")
def test_who_finds_others_waiting_queues_without_looking_at_the_servers(cls: Revision) -> None:
    story = tell(cls, "arrive A", "arrive B", "arrive C", "finish A", "finish B")
    assert story.values("s0.served", "arrive C") == []
    assert story.lives["C"] == ["px.queue", "picked by s0", "s0", "finished"]


@since("1.8", before("82cd5c13a"))
def test_before_it_looked_at_all_of_them(cls: Revision) -> None:
    story = tell(cls, "arrive A", "arrive B", "arrive C", "finish A", "finish B")
    assert story.values("s0.served", "arrive C") == ["1"]


# ------------------------------------------------------------------------- picking


@every
def test_the_oldest_is_picked_first_when_it_waits_in_the_queue_of_the_backend(
    cls: Revision,
) -> None:
    story = tell(cls, "arrive A", "arrive B", "arrive C target=0", "finish A", "finish B")
    assert story.picks == ["B to s0", "C to s0"]
    assert story.run.verdict == "ok"


@every
def test_the_oldest_is_picked_first_when_it_waits_in_the_queue_of_the_server(
    cls: Revision,
) -> None:
    story = tell(cls, "arrive A", "arrive B target=0", "arrive C", "finish A", "finish B")
    assert story.picks == ["B to s0", "C to s0"]
    assert story.run.verdict == "ok"


@pytest.mark.parametrize("target", ["none", "0"])
@every
def test_a_stream_of_the_better_class_overtakes(cls: Revision, target: str) -> None:
    story = tell(
        cls,
        "arrive A",
        f"arrive B target={target}",
        f"arrive C target={target}",
        f"arrive D target={target}",
        f"arrive E target={target}",
        priorities=1,
    )
    assert [pick[0] for pick in story.picks] == ["C", "E", "B", "D"]
    assert story.run.verdict == "ok"


@pytest.mark.parametrize("targets", [("none", "0"), ("0", "none")])
@every
def test_the_better_class_goes_first_whichever_queue_it_waits_in(
    cls: Revision, targets: tuple[str, str]
) -> None:
    worse, better = targets
    story = tell(
        cls,
        "arrive A",
        f"arrive B target={worse}",
        f"arrive C target={better}",
        priorities=1,
    )
    assert [pick[0] for pick in story.picks] == ["C", "B"]


@every
def test_the_end_of_a_stream_gives_its_slot_to_one_of_those_who_wait(cls: Revision) -> None:
    story = tell(cls, "arrive A", "arrive B", "arrive C", "finish A", "poke C")
    assert story.value("s0.served", "finish A") == story.value("px.served", "finish A") == "1"
    assert story.lives["C"][0] == "px.queue" and story.picks[0] == "B to s0"
    assert story.run.verdict == "ok"


@every
def test_a_server_that_becomes_free_does_not_pick_from_the_queue_of_another(cls: Revision) -> None:
    story = tell(
        cls,
        "arrive A target=0",
        "arrive B target=1",
        "arrive C target=1",
        "finish A",
        "finish B",
        servers=2,
    )
    assert story.value("s0.served", "finish A") == "0"
    assert story.lives["C"] == ["s1.queue", "picked by s1", "s1", "finished"]


PICK = ("arrive A", "arrive B", "finish A")


def in_order(cls: Revision, *sites: str) -> bool:
    """Whether the end of A, which picks B, passes ``sites`` in this order."""
    passed = iter([step.site for step in tell(cls, *PICK).trace.steps if step.op == "finish A"])
    return all(site in passed for site in sites)


@since("1.8", before("9cef43aca"))
def test_the_slot_is_counted_before_its_new_holder_is_woken(cls: Revision) -> None:
    assert in_order(
        cls,
        "count_picked: fetch_add s0.served",
        "count_picked: fetch_add px.served",
        "wake: wake B",
    )


@since("9cef43aca", before("3372a2ea0"))
def test_since_9cef43aca_it_is_counted_afterwards(cls: Revision) -> None:
    assert in_order(
        cls,
        "assign: write B.pendconn.target",
        "assign: write B.srv_conn",
        "wake: wake B",
        "count_slot: fetch_add s0.served",
        "count_dequeued: fetch_add px.served",
    )


@since("3372a2ea0")
def test_since_3372a2ea0_it_is_taken_before_the_wakeup_and_the_backend_counts_afterwards(
    cls: Revision,
) -> None:
    assert in_order(
        cls,
        "take_slot: compare_exchange s0.served",
        "wake: wake B",
        "count_dequeued: fetch_add px.served",
    )


@since("87154e301")
def test_the_pendconn_is_kept_alive_until_its_owner_is_woken(cls: Revision) -> None:
    assert in_order(
        cls,
        "pick_from_backend: lock B.pendconn.del_lock",
        "unlink: store B.pendconn.linked",
        "unlock_backend: unlock px.queue.lock",
        "wake: wake B",
        "pick_from_backend: unlock B.pendconn.del_lock",
    )


@every
def test_the_end_of_a_stream_looks_at_the_queues_twice(cls: Revision) -> None:
    story = tell(cls, "arrive A", "finish A")
    counter = "px.queueslength" if story.values("px.queueslength") else "px.queue.length"
    assert story.values(counter, "finish A") == ["0", "0"]


# ------------------------------------------------------------------ clients that leave


@every
def test_a_client_that_leaves_the_queue_is_never_picked(cls: Revision) -> None:
    story = tell(cls, "arrive A", "arrive B", "arrive C", "abort B", "finish A")
    assert story.lives["B"] == ["px.queue", "aborted"]
    assert story.picks == ["C to s0"]
    assert story.value("px.queue.length") == story.value("px.beconn") == "0"


@every
def test_a_client_that_leaves_in_service_makes_room(cls: Revision) -> None:
    story = tell(cls, "arrive A", "arrive B", "abort A")
    assert story.lives["A"] == ["s0", "aborted"]
    assert story.lives["B"] == ["px.queue", "picked by s0", "s0", "finished"]
    assert story.run.verdict == "ok"


PICKED_THEN_LEAVES = ("arrive A", "arrive B", "arrive C", "finish A", "abort B", "resume B")


@since("1.8", before("dc9ce9c26"))
def test_who_leaves_right_after_being_picked_strands_the_next(cls: Revision) -> None:
    story = tell(cls, *PICKED_THEN_LEAVES)
    assert story.lives["B"] == ["px.queue", "picked by s0", "aborted"]
    assert story.findings == {"stranded px.queue"}


@since("dc9ce9c26")
def test_since_dc9ce9c26_he_looks_for_the_next(cls: Revision) -> None:
    story = tell(cls, *PICKED_THEN_LEAVES)
    assert story.lives["C"] == ["px.queue", "picked by s0", "s0", "finished"]
    assert story.run.verdict == "ok"


# ---------------------------------------------------------------------------- timers


@every
def test_a_stream_whose_time_in_the_queue_is_over_is_rejected(cls: Revision) -> None:
    story = tell(cls, "arrive A", "arrive B", "arrive C", "queue_timeout B", "finish A")
    assert story.lives["B"] == ["px.queue", "rejected"]
    assert story.picks == ["C to s0"]
    assert story.value("px.queue.length") == story.value("px.beconn") == "0"


@every
def test_a_stream_that_was_picked_when_its_time_was_over_is_served(cls: Revision) -> None:
    story = tell(cls, "arrive A", "arrive B", "finish A", "queue_timeout B", "resume B")
    assert story.lives["B"] == ["px.queue", "picked by s0", "s0", "finished"]
    assert story.run.verdict == "ok"


@every
def test_a_stream_woken_for_nothing_takes_the_lock_and_stays(cls: Revision) -> None:
    story = tell(cls, "arrive A", "arrive B", "poke B", "finish A")
    assert story.lives["B"] == ["px.queue", "picked by s0", "s0", "finished"]
    assert story.run.verdict == "ok"


@since("16fbdda3c", before("604846010"))
def test_it_looks_with_the_lock_of_the_queue(cls: Revision) -> None:
    story = tell(cls, "arrive A", "arrive B", "poke B", "finish A")
    assert story.values("px.queue.lock", "resume B")[:2] == ["T0", "free"]


@since("604846010")
def test_since_604846010_it_does_not_even_look(cls: Revision) -> None:
    story = tell(cls, "arrive A", "arrive B", "poke B", "finish A")
    assert [step for step in story.trace.steps if step.op == "resume B"] == []


@pytest.mark.parametrize("timer", ["poke", "queue_timeout"])
@every
def test_a_timer_means_nothing_to_a_stream_in_service(cls: Revision, timer: str) -> None:
    story = tell(cls, "arrive A", f"{timer} A", "finish A")
    assert story.lives["A"] == ["s0", "finished"]
    assert [step for step in story.trace.steps if step.op.startswith(timer)] == []


WOKEN_TWICE = ("arrive A", "arrive B", "finish A", "poke B", "resume B")


@since("604846010", before("13c344516"))
def test_a_timer_hides_that_there_is_a_resource(cls: Revision) -> None:
    story = tell(cls, *WOKEN_TWICE)
    assert story.lives["B"] == ["px.queue", "picked by s0"]
    assert "lost-wakeup s#" in story.findings


@revisions("1.8", "b11495652", before("604846010"), "13c344516", "50872daa6")
def test_before_and_after_it_does_not(cls: Revision) -> None:
    story = tell(cls, *WOKEN_TWICE)
    assert story.lives["B"] == ["px.queue", "picked by s0", "s0", "finished"]
    assert story.run.verdict == "ok"


# ----------------------------------------------------------------------- statistics


@revisions(HOPELESS)
def test_in_c24de077b_a_picked_stream_has_no_statistics(cls: Revision) -> None:
    story = tell(cls, "arrive A", "arrive B", "finish A")
    assert story.findings == {"exception AssertionError in connect_server"}


@since("021a0681b")
def test_later_it_takes_them_over(cls: Revision) -> None:
    assert tell(cls, "arrive A", "arrive B", "finish A").run.verdict == "ok"
