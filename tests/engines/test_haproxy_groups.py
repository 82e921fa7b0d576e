"""What came to HAProxy's queue in 2024 to 2026, when nobody is interrupted.

One queue for each thread group, ``leastconn``, the mark of a server with nothing to do.
"""

from __future__ import annotations

import pytest
from stories import before, revisions, since, tell

from harness import Engine
from harness.model.finding import Kind

Revision = type[Engine]

grouped = since("26b3e5236")

# ------------------------------------------------------------------- a queue for each group


@pytest.mark.parametrize(("target", "queue"), [("none", "px.tg1.queue"), ("0", "s0.tg1.queue")])
@grouped
def test_a_thread_adds_to_the_queue_of_its_group(cls: Revision, target: str, queue: str) -> None:
    story = tell(cls, "arrive A", f"T1 arrive B target={target}", groups=2)
    assert story.lives["B"] == [queue, "picked by s0", "s0", "finished"]
    assert story.run.verdict == "ok"


@pytest.mark.parametrize("targets", [("none", "none"), ("0", "0"), ("none", "0")])
@grouped
def test_a_thread_takes_from_the_queue_of_its_group_first(
    cls: Revision, targets: tuple[str, str]
) -> None:
    other, own = targets
    lines = ("arrive A", f"T1 arrive B target={other}", f"arrive C target={own}")
    story = tell(cls, *lines, "finish A", groups=2)
    assert story.picks[0] == "C to s0"


@grouped
def test_and_from_that_of_another_when_its_own_is_empty(cls: Revision) -> None:
    story = tell(cls, "arrive A", "T1 arrive B", "finish A", groups=2)
    assert story.picks == ["B to s0"]


@grouped
def test_both_lengths_are_right(cls: Revision) -> None:
    lines = ("arrive A", "T1 arrive B target=0", "arrive C target=0", "T1 poke B")
    story = tell(cls, *lines, groups=2)
    assert story.value("s0.queueslength", "arrive C") == "2"
    assert story.value("s0.tg0.queue.length", "arrive C") == "1"
    assert story.value("s0.queueslength") == "0"
    assert story.run.verdict == "ok"


@grouped
def test_an_arrival_looks_at_the_queue_of_its_own_group_only(cls: Revision) -> None:
    # B waits in the other group's queue; a batch of one leaves a slot free.
    lines = ("arrive A target=0", "T1 arrive B target=0", "T1 arrive C target=0")
    story = tell(cls, *lines, "set_maxconn value=3", "arrive D target=0", groups=2, maxpoll=0)
    assert story.lives["C"][0] == "s0.tg1.queue"
    assert story.lives["D"] == ["s0", "finished"]


def turns(cls: Revision) -> str:
    """Ten of T0, then two of T1 wait; the groups whose streams T0 picks, in order."""
    names = "ABCDEFGHIJKLM"
    own, others = names[1:11], names[11:]
    lines = [f"arrive {name}" for name in "A" + own] + [f"T1 arrive {name}" for name in others]
    lines += [f"finish {name}" for name in "A" + own[:9]]
    story = tell(cls, *lines, groups=2)
    return "".join(str(int(pick[0] in others)) for pick in story.picks)


@grouped
def test_nine_of_the_own_group_come_before_one_of_another(cls: Revision) -> None:
    assert turns(cls)[:10] == "0000000001"


SKIPPED = ("arrive A", "arrive B", "T2 arrive C", "finish A", "finish B")


@revisions("7e1fed4b7")
def test_7e1fed4b7_forgets_the_groups_of_the_second_word(cls: Revision) -> None:
    story = tell(cls, *SKIPPED, groups=4, maxconn=2)
    assert story.value("s0.served", "finish A") == "1"
    assert [f.kind for f in story.run.findings] == [Kind.IDLE_CAPACITY]


@revisions("624969884")
def test_624969884_does_not(cls: Revision) -> None:
    story = tell(cls, *SKIPPED, groups=4, maxconn=2)
    assert story.value("s0.served", "finish A") == "2"
    assert story.run.findings == []


# ------------------------------------------------------------------------- the lengths

LEAVES = ("arrive A", "arrive B", "abort B", "arrive C")


@since("583303c48", before("099c1b244"))
def test_who_leaves_by_himself_is_not_counted_out_of_the_sum(cls: Revision) -> None:
    assert tell(cls, *LEAVES).findings == {"accounting px.queueslength"}


@since("099c1b244")
def test_since_099c1b244_he_is(cls: Revision) -> None:
    assert tell(cls, *LEAVES).run.verdict == "ok"


# -------------------------------------------------------------------------- leastconn

least = since("6be02d1c6")


@least
def test_leastconn_passes_over_a_full_server(cls: Revision) -> None:
    story = tell(cls, "arrive A target=0", "arrive B", servers=2, leastconn=1)
    assert story.lives["B"][0] == "s1"


@least
def test_with_leastconn_a_stream_looks_although_others_wait(cls: Revision) -> None:
    lines = ("arrive A target=0", "arrive B target=1", "arrive C", "arrive D")
    assert tell(cls, *lines, servers=2, leastconn=1).values("s1.served", "arrive D") == ["1"]
    assert tell(cls, *lines, servers=2).values("s1.served", "arrive D") == []


ALL_FULL = ("arrive A", "arrive B", "finish A")


@since("9fe72bba3", before("6be02d1c6"))
def test_it_looks_for_ever_when_all_are_full(cls: Revision) -> None:
    assert tell(cls, *ALL_FULL, leastconn=1).findings == {"endless-loop arrive"}


@since("6be02d1c6")
def test_since_6be02d1c6_it_queues(cls: Revision) -> None:
    story = tell(cls, *ALL_FULL, leastconn=1)
    assert story.lives["B"] == ["px.queue", "picked by s0", "s0", "finished"]
    assert story.run.verdict == "ok"


ONLY_THE_ONE_TO_AVOID = (
    "arrive A target=0",
    "arrive B target=0",
    "set_maint server=0",  # B is to look elsewhere, but the server is back before it does
    "set_ready server=0",
    "finish A",
    "resume B",
)


@since("9fe72bba3", before("e28e647fe"))
def test_it_looks_for_ever_when_the_only_one_is_to_be_avoided(cls: Revision) -> None:
    assert tell(cls, *ONLY_THE_ONE_TO_AVOID, leastconn=1).findings == {"endless-loop resume"}


@since("e28e647fe")
def test_since_e28e647fe_it_takes_that(cls: Revision) -> None:
    story = tell(cls, *ONLY_THE_ONE_TO_AVOID, leastconn=1)
    assert story.lives["B"] == ["s0.queue", "s0", "finished"]
    assert story.run.verdict == "ok"


# ----------------------------------------------------------------- the mark (cda7275ef)


@since("cda7275ef")
def test_a_server_that_comes_up_with_nothing_to_do_marks_itself(cls: Revision) -> None:
    story = tell(cls, "server_down server=0", "server_up server=0", "arrive A")
    assert story.value("px.ready_srv", "server_up") == "s0"
    assert story.run.verdict == "ok"


@since("cda7275ef")
def test_one_that_goes_is_no_longer_marked(cls: Revision) -> None:
    story = tell(cls, "server_down server=0", "server_up server=0", "set_maint server=0")
    assert story.value("px.ready_srv", "set_maint") == "None"


@since("cda7275ef")
def test_who_queues_himself_takes_the_mark_but_not_a_server_that_serves(cls: Revision) -> None:
    lines = ("server_down server=0", "server_up server=0", "arrive A", "arrive B", "finish A")
    story = tell(cls, *lines)
    assert story.value("px.ready_srv", "arrive B") == "None"
    assert story.lives["B"] == ["px.queue", "picked by s0", "s0", "finished"]
    assert story.run.verdict == "ok"


@since("cda7275ef")
def test_the_mark_of_a_backup_server_is_taken_although_an_active_one_is_up(cls: Revision) -> None:
    # What marks itself, and who takes it, do not ask; no commit says so.
    lines = ("server_down server=1", "server_up server=1", "arrive A", "arrive B")
    story = tell(cls, *lines, servers=2, backup=1)
    assert story.lives["B"] == ["s1", "finished"]
    assert "backup server, is taken while an active one is up" in story.run.findings[0].message


@since("111ea83ed", before("cda7275ef"))
def test_before_there_were_marks_it_was_left_alone(cls: Revision) -> None:
    lines = ("server_down server=1", "server_up server=1", "arrive A", "arrive B")
    story = tell(cls, *lines, servers=2, backup=1)
    assert story.lives["B"] == ["px.queue", "picked by s0", "s0", "finished"]
