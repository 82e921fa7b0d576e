"""How many streams HAProxy's servers take, and who changes that, when nobody is interrupted."""

from __future__ import annotations

from stories import before, revisions, since, tell

from harness import Engine
from harness.engines.haproxy.engine import MAXPOLLEVENTS

Revision = type[Engine]

every = since("1.8")

BATCH_OF_ONE = MAXPOLLEVENTS.index(1)
RAISE = ("arrive A", "arrive B", "arrive C target=0")

# ------------------------------------------------------------------------- set maxconn


@since("79a88ba3d")
def test_a_higher_limit_from_the_cli_picks_those_who_wait(cls: Revision) -> None:
    story = tell(cls, *RAISE, "set_maxconn value=3", "finish A")
    assert story.picks == ["B to s0", "C to s0"]
    assert story.value("s0.served", "set_maxconn") == story.value("px.served", "set_maxconn") == "3"
    assert story.run.verdict == "ok"


@since("0274286dd")
def test_and_from_an_agent(cls: Revision) -> None:
    story = tell(cls, *RAISE, "set_maxconn value=3 agent=1", "finish A")
    assert story.picks == ["B to s0", "C to s0"]
    assert story.value("s0.lock") == "free"
    assert story.run.verdict == "ok"


@since("1.8", before("79a88ba3d"))
def test_before_79a88ba3d_the_cli_locks_itself_out(cls: Revision) -> None:
    assert tell(cls, *RAISE, "set_maxconn value=3").findings == {"deadlock s#.lock"}


@since("1.8", before("0274286dd"))
def test_before_0274286dd_the_agent_locks_itself_out(cls: Revision) -> None:
    assert tell(cls, *RAISE, "set_maxconn value=3 agent=1").findings == {"deadlock s#.lock"}


LOWER = ("arrive A", "arrive B", "set_maxconn value=1", "arrive C", "finish A", "finish B")


@every
def test_a_lower_limit_holds_from_the_next_stream_on(cls: Revision) -> None:
    story = tell(cls, *LOWER, maxconn=2)
    assert story.values("s0.served", "finish A")[-1] == "1"
    assert story.lives["C"][0] == "px.queue"
    assert story.picks == ["C to s0"]
    assert story.run.verdict == "ok"


RAISE_TOO_FAR = ("arrive A", "arrive B", "set_maxconn value=3", "finish A")


@revisions("ae0b12ee0")
def test_ae0b12ee0_goes_on_while_there_is_room_though_nobody_is_left(cls: Revision) -> None:
    assert tell(cls, *RAISE_TOO_FAR).findings == {"endless-loop set_maxconn"}


@since("19c5581b4")
def test_since_19c5581b4_it_stops(cls: Revision) -> None:
    assert tell(cls, *RAISE_TOO_FAR).run.verdict == "ok"


# ------------------------------------------------------------------------- dynamic limits


@every
def test_with_minconn_the_limit_follows_the_streams_on_the_backend(cls: Revision) -> None:
    story = tell(
        cls,
        "arrive A",
        "arrive B target=0",  # 2 of 4 streams: half of the 3 slots, rounded down
        "arrive C target=0",  # 3 of 4: two slots, but others wait
        maxconn=3,
        minconn=1,
    )
    assert story.lives["B"][0] == story.lives["C"][0] == "s0.queue"
    assert story.run.verdict == "ok"


@every
def test_from_fullconn_on_it_is_maxconn(cls: Revision) -> None:
    four = ("arrive A", "arrive B", "arrive C", "arrive D")
    assert tell(cls, *four, "finish A", maxconn=3, minconn=1).value("s0.served", "finish A") == "3"
    assert tell(cls, *four, "finish A", maxconn=3).lives["D"][0] == "px.queue"


@every
def test_it_is_never_below_minconn(cls: Revision) -> None:
    # 1 of 4 streams: a quarter of the 3 slots is none.
    assert tell(cls, "arrive A", maxconn=3, minconn=1).lives["A"] == ["s0", "finished"]


# -------------------------------------------------------------------------------- batches

BATCH = (*RAISE, "set_maxconn value=3", "finish A", "finish B")


@since("79a88ba3d", before("ddab05b98"))
def test_before_ddab05b98_one_thread_takes_all_it_can(cls: Revision) -> None:
    story = tell(cls, *BATCH, maxpoll=BATCH_OF_ONE)
    assert story.value("s0.served", "set_maxconn") == "3"


@since("ae0b12ee0", before("ddab05b98"))
def test_which_is_noted_when_nobody_waits_for_the_lock(cls: Revision) -> None:
    story = tell(cls, *BATCH, maxpoll=BATCH_OF_ONE)
    assert "exception process_srv_queue" in story.findings


@since("ddab05b98")
def test_a_batch_is_bounded(cls: Revision) -> None:
    story = tell(cls, *BATCH, maxpoll=BATCH_OF_ONE)
    assert story.value("s0.served", "set_maxconn") == "2"
    assert story.picks == ["B to s0", "C to s0"]
    assert story.run.verdict == "ok"


# ----------------------------------------------------------------- slow start and warm-up

SLOW_START = (
    "server_down server=0",
    "server_up server=0",
    "arrive A",
    "arrive B",
    "arrive C",
    "warm_up server=0",
)


@every
def test_a_server_that_starts_has_one_slot_at_first(cls: Revision) -> None:
    story = tell(cls, *SLOW_START[:-1], maxconn=3, slowstart=1)
    assert story.lives["A"][0] == "s0"
    assert story.lives["B"][0] == story.lives["C"][0] == "px.queue"


@every
def test_without_slow_start_it_has_them_all(cls: Revision) -> None:
    story = tell(cls, *SLOW_START[:-1], maxconn=3)
    assert [life[0] for life in story.lives.values()] == ["s0", "s0", "s0"]


@since("1.8", before("7867cebf3"))
def test_the_warm_up_sends_streams_to_balancing(cls: Revision) -> None:
    story = tell(cls, *SLOW_START, maxconn=3, slowstart=1)
    assert story.lives["B"] == story.lives["C"] == ["px.queue", "s0", "finished"]
    assert story.run.verdict == "ok"


@since("7867cebf3", before("111ea83ed"))
def test_since_7867cebf3_they_connect_without_a_slot(cls: Revision) -> None:
    story = tell(cls, *SLOW_START, "finish A", maxconn=3, slowstart=1)
    assert story.lives["B"] == story.lives["C"] == ["px.queue", "s0", "finished"]
    assert story.findings == {"accounting s#.served", "accounting px.served"}


@since("111ea83ed")
def test_since_111ea83ed_they_are_given_slots(cls: Revision) -> None:
    story = tell(cls, *SLOW_START, maxconn=3, slowstart=1)
    assert story.lives["B"] == story.lives["C"] == ["px.queue", "picked by s0", "s0", "finished"]
    assert story.value("s0.served", "warm_up") == "3"
    assert story.run.verdict == "ok"


@since("111ea83ed")
def test_and_those_of_the_servers_own_queue_as_well(cls: Revision) -> None:
    lines = [line.replace("arrive B", "arrive B target=0") for line in SLOW_START]
    story = tell(cls, *lines, maxconn=3, slowstart=1)
    assert story.lives["B"] == ["s0.queue", "picked by s0", "s0", "finished"]
    assert story.run.verdict == "ok"


@every
def test_a_server_that_was_never_down_is_not_warmed_up(cls: Revision) -> None:
    story = tell(cls, "arrive A", "arrive B", "warm_up server=0", "finish A", slowstart=1)
    assert story.values("px.queue.length", "warm_up") == []
    assert story.run.verdict == "ok"
