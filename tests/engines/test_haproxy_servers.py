"""What becomes of HAProxy's streams when servers go and come, and nobody is interrupted."""

from __future__ import annotations

from stories import before, revisions, since, tell

from harness import Engine

Revision = type[Engine]

every = since("1.8")

LOCKED_OUT = ("3ff577e16", "0355dabd7")
"""In these, redistribution takes the server's lock that its caller holds."""

GRABBED = {"accounting s#.served", "accounting px.served"}
"""Who was grabbed by a server that came up is served without a slot."""

# ----------------------------------------------------------------- the health check: down

PERSISTENT = ("arrive A target=0", "arrive B target=0")


@every
def test_without_redispatch_who_insists_on_a_server_waits_until_it_is_back(cls: Revision) -> None:
    lines = (*PERSISTENT, "server_down server=0", "server_up server=0", "finish A")
    story = tell(cls, *lines, servers=2)
    assert story.lives["B"] == ["s0.queue", "picked by s0", "s0", "finished"]
    assert story.run.verdict == "ok"


@since("deca26c45")
def test_with_redispatch_it_goes_elsewhere(cls: Revision) -> None:
    story = tell(cls, *PERSISTENT, "server_down server=0", servers=2, redispatch=1)
    assert story.lives["B"] == ["s0.queue", "s1", "finished"]
    assert story.findings <= {"exception srv_update_status"}


@revisions(*LOCKED_OUT)
def test_where_the_lock_is_taken_twice_that_is_the_end(cls: Revision) -> None:
    story = tell(cls, *PERSISTENT, "server_down server=0", servers=2, redispatch=1)
    assert story.findings == {"deadlock s#.lock"}


@since("deca26c45", before("ef71f0194"))
def test_before_ef71f0194_the_log_does_not_say_so(cls: Revision) -> None:
    story = tell(cls, *PERSISTENT, "server_down server=0", servers=2, redispatch=1)
    assert story.findings == {"exception srv_update_status"}


@since("ef71f0194")
def test_since_ef71f0194_it_does(cls: Revision) -> None:
    story = tell(cls, *PERSISTENT, "server_down server=0", servers=2, redispatch=1)
    assert story.run.verdict == "ok"


@every
def test_a_server_that_is_down_takes_nobody_from_the_backend(cls: Revision) -> None:
    lines = ("arrive A target=0", "arrive B target=1", "arrive C", "server_down server=0")
    story = tell(cls, *lines, "finish A", "finish B", servers=2)
    assert story.picks == ["C to s1"]
    assert story.run.verdict == "ok"


@every
def test_a_connection_to_a_server_that_is_down_is_refused(cls: Revision) -> None:
    story = tell(cls, *PERSISTENT, "server_down server=0", "finish A", servers=2)
    assert story.lives["B"] == ["s0.queue", "picked by s0", "rejected"]
    assert story.value("s0.served") == story.value("px.served") == "0"
    assert story.run.verdict == "ok"


@since("1.8", but=LOCKED_OUT)
def test_unless_it_may_be_tried_elsewhere(cls: Revision) -> None:
    picked_too_late = (*PERSISTENT, "finish A", "server_down server=0", "resume B")
    story = tell(cls, *picked_too_late, servers=2, redispatch=1)
    assert story.lives["B"] == ["s0.queue", "picked by s0", "s1", "finished"]
    assert story.value("s0.served") == "0"
    assert story.run.verdict == "ok"


LAST_GOES = ("arrive A", "arrive B", "server_down server=0", "finish A")


@since("53f52e67a")
def test_when_the_last_server_goes_those_of_the_backend_are_rejected(cls: Revision) -> None:
    story = tell(cls, *LAST_GOES)
    assert story.lives["B"] == ["px.queue", "rejected"]
    assert story.value("px.queue.length") == "0"
    assert story.run.verdict == "ok"


@since("1.8", before("53f52e67a"))
def test_before_53f52e67a_they_wait_on(cls: Revision) -> None:
    assert tell(cls, *LAST_GOES).lives["B"] == ["px.queue"]


@since("53f52e67a")
def test_while_another_is_left_they_wait_for_that(cls: Revision) -> None:
    lines = ("arrive A target=0", "arrive B target=1", "arrive C", "server_down server=0")
    assert tell(cls, *lines, servers=2).lives["C"][1] == "picked by s1"


# ------------------------------------------------------------------- the health check: up

COMES_UP = ("server_down server=1", "arrive A", "arrive B", "server_up server=1", "finish A")


@since("1.8", before("7867cebf3"))
def test_a_server_that_comes_up_sends_streams_to_balancing(cls: Revision) -> None:
    story = tell(cls, *COMES_UP, servers=2)
    assert story.lives["B"] == ["px.queue", "s1", "finished"]
    assert story.run.verdict == "ok"


@since("7867cebf3", before("111ea83ed"))
def test_since_7867cebf3_they_go_to_that_server_without_a_slot(cls: Revision) -> None:
    story = tell(cls, *COMES_UP, servers=2)
    assert story.lives["B"] == ["px.queue", "s1", "finished"]
    assert story.findings == GRABBED


@since("111ea83ed")
def test_since_111ea83ed_with_a_slot(cls: Revision) -> None:
    story = tell(cls, *COMES_UP, servers=2)
    assert story.lives["B"] == ["px.queue", "picked by s1", "s1", "finished"]
    assert story.value("s1.served", "server_up") == "1"


@since("5b8899b6c")
def test_since_5b8899b6c_the_log_says_so(cls: Revision) -> None:
    assert tell(cls, *COMES_UP, servers=2).run.verdict == "ok"


@revisions("111ea83ed")
def test_in_111ea83ed_it_did_not(cls: Revision) -> None:
    assert tell(cls, *COMES_UP, servers=2).findings == {"exception srv_update_status"}


BALANCED_AGAIN = (
    "server_down server=1",
    "arrive A",
    "arrive B",
    "arrive C",
    "server_up server=1",
    "server_down server=0",
    "finish A",
)


@since("82cd5c13a", before("7867cebf3"))
def test_between_those_who_still_wait_send_the_grabbed_one_back(cls: Revision) -> None:
    story = tell(cls, *BALANCED_AGAIN, servers=2)
    assert story.lives["B"] == story.lives["C"] == ["px.queue"]
    assert story.findings == {"stranded px.queue"}


@since("7867cebf3")
def test_since_7867cebf3_nobody_is_left(cls: Revision) -> None:
    story = tell(cls, *BALANCED_AGAIN, servers=2)
    assert story.lives["C"] == ["px.queue", "picked by s1", "s1", "finished"]
    assert story.findings <= {*GRABBED, "exception srv_update_status"}


# ------------------------------------------------------------------------- maintenance


@every
def test_a_server_in_maintenance_is_not_balanced_to(cls: Revision) -> None:
    story = tell(cls, "set_maint server=0", "arrive A", servers=2)
    assert story.lives["A"][0] == "s1"


@every
def test_a_server_that_is_ready_again_is(cls: Revision) -> None:
    story = tell(cls, "set_maint server=0", "set_ready server=0", "arrive A", servers=2)
    assert story.lives["A"][0] == "s0"


@every
def test_a_server_that_is_down_as_well_is_not(cls: Revision) -> None:
    lines = ("server_down server=0", "set_maint server=0", "set_ready server=0", "arrive A")
    assert tell(cls, *lines, servers=2).lives["A"][0] == "s1"


@every
def test_doing_what_is_done_does_nothing(cls: Revision) -> None:
    for twice in ("server_down", "set_maint"):
        story = tell(cls, f"{twice} server=0", f"{twice} server=0", "arrive A", servers=2)
        steps = [s for s in story.trace.steps if s.op.startswith(twice) and s.op.endswith("(2)")]
        assert {s.site.split(": ")[1].split()[0] for s in steps} == {"lock", "read", "unlock"}


@every
def test_in_maintenance_the_checks_say_nothing(cls: Revision) -> None:
    down, up, maint = "server_down server=0", "server_up server=0", "set_maint server=0"
    for lines in ((maint, down), (down, maint, up)):
        story = tell(cls, *lines, "arrive A", servers=2)
        kinds = [s.site.split(": ")[1].split()[0] for s in story.trace.steps if s.op == lines[-1]]
        assert kinds == ["lock", "read", "unlock"]


MAINTENANCE = (*PERSISTENT, "set_maint server=0")


@since("1.8", before("1385e33eb"))
def test_before_1385e33eb_who_insists_waits_for_a_server_in_maintenance(cls: Revision) -> None:
    story = tell(cls, *MAINTENANCE, "finish A", servers=2)
    assert story.lives["B"] == ["s0.queue", "picked by s0", "s0", "finished"]


@since("1385e33eb")
def test_since_1385e33eb_they_are_balanced(cls: Revision) -> None:
    story = tell(cls, *MAINTENANCE, servers=2)
    assert story.lives["B"] == ["s0.queue", "s1", "finished"]
    assert story.run.verdict == "ok"


@since("deca26c45", before("1385e33eb"))
def test_with_redispatch_they_always_were(cls: Revision) -> None:
    story = tell(cls, *MAINTENANCE, servers=2, redispatch=1)
    assert story.lives["B"] == ["s0.queue", "s1", "finished"]


@since("1385e33eb")
def test_but_no_longer_are_they_take_their_server_without_a_slot(cls: Revision) -> None:
    story = tell(cls, *MAINTENANCE, servers=2, redispatch=1)
    assert story.lives["B"] == ["s0.queue", "s0", "finished"]
    assert story.findings == {*GRABBED, "over-admission s#"}


# ---------------------------------------------------------------------- shutdown sessions


@since("b500e84e2", before("1d403caf8"))
def test_shutdown_sessions_leaves_the_queue_alone(cls: Revision) -> None:
    story = tell(cls, *PERSISTENT, "shutdown_sessions server=0", redispatch=1)
    assert story.lives["B"] == ["s0.queue", "picked by s0", "s0", "finished"]
    assert story.run.verdict == "ok"


@since("1d403caf8")
def test_since_1d403caf8_it_empties_it(cls: Revision) -> None:
    story = tell(cls, *PERSISTENT, "shutdown_sessions server=0", redispatch=1)
    assert story.lives["B"] == ["s0.queue", "s0", "finished"]
    assert story.findings == {*GRABBED, "over-admission s#"}


@since("1d403caf8")
def test_unless_the_option_is_missing(cls: Revision) -> None:
    story = tell(cls, *PERSISTENT, "shutdown_sessions server=0")
    assert story.lives["B"] == ["s0.queue", "picked by s0", "s0", "finished"]
    assert story.run.verdict == "ok"


# ---------------------------------------------------------------------- backup servers


@every
def test_a_backup_server_takes_nobody_while_an_active_one_is_up(cls: Revision) -> None:
    story = tell(cls, "arrive A", "arrive B", servers=2, backup=1)
    assert story.lives["B"] == ["px.queue", "picked by s0", "s0", "finished"]


@every
def test_it_stands_in_when_there_is_none(cls: Revision) -> None:
    story = tell(cls, "server_down server=0", "arrive A", servers=2, backup=1)
    assert story.lives["A"] == ["s1", "finished"]


ACTIVE_IS_BACK = (
    "server_down server=0",
    "arrive A",
    "server_up server=0",
    "arrive B",
    "arrive C",
    "finish A",
    "finish B",
)


@since("a8694654b", but=("ae0b12ee0",))
def test_when_an_active_server_is_back_it_leaves_the_queue_to_that(cls: Revision) -> None:
    story = tell(cls, *ACTIVE_IS_BACK, servers=2, backup=1)
    assert story.picks == ["C to s0"]
    assert story.run.verdict == "ok"


@revisions("ae0b12ee0")
def test_ae0b12ee0_tries_again_and_again(cls: Revision) -> None:
    story = tell(cls, *ACTIVE_IS_BACK, servers=2, backup=1)
    assert story.findings == {"endless-loop finish"}


@since("1.8", before("a8694654b"))
def test_before_a8694654b_it_does_not(cls: Revision) -> None:
    story = tell(cls, *ACTIVE_IS_BACK, servers=2, backup=1)
    assert story.picks == ["C to s1"]
    assert story.findings == {"exception process_srv_queue"}


# ------------------------------------------------------------ servers deleted and added


@since("e558043e1")
def test_a_deleted_server_is_gone(cls: Revision) -> None:
    lines = ("set_maint server=0", "delete_server server=0", "set_ready server=0")
    assert tell(cls, *lines, "arrive A target=0", servers=2).lives["A"][0] == "s1"


ADDED = ("arrive A", "arrive B", "finish A")


@since("86207e782")
def test_an_added_server_serves_like_any_other(cls: Revision) -> None:
    story = tell(cls, *ADDED, dynamic=1)
    assert story.lives["A"] == ["s0", "finished"]
    assert story.lives["B"] == ["px.queue", "picked by s0", "s0", "finished"]
    assert story.run.verdict == "ok"


@since("e558043e1", before("86207e782"))
def test_before_86207e782_its_limit_is_too_low_for_anybody(cls: Revision) -> None:
    story = tell(cls, "arrive A", dynamic=1)
    assert story.lives["A"] == ["px.queue"]
    assert story.findings == {"stranded px.queue"}


@since("e558043e1")
def test_a_server_that_is_not_in_maintenance_is_not_deleted(cls: Revision) -> None:
    story = tell(cls, "delete_server server=0", "arrive A target=0", servers=2)
    assert story.lives["A"] == ["s0", "finished"]


@since("e558043e1")
def test_neither_is_one_that_serves(cls: Revision) -> None:
    lines = ("arrive A target=0", "set_maint server=0", "delete_server server=0")
    story = tell(cls, *lines, "set_ready server=0", "finish A", "arrive B target=0", servers=2)
    assert story.lives["B"] == ["s0", "finished"]
    assert story.run.verdict == "ok"


STILL_BOUND_FOR_IT = (*MAINTENANCE, "finish A", "delete_server server=0", "resume B")


@since("1385e33eb", before("ca686e320"))
def test_before_ca686e320_a_server_that_a_stream_is_bound_for_can_go(cls: Revision) -> None:
    story = tell(cls, *STILL_BOUND_FOR_IT, servers=2)
    assert story.findings == {"exception UseAfterFreeError in touch"}


@since("ca686e320")
def test_since_ca686e320_it_stays(cls: Revision) -> None:
    story = tell(cls, *STILL_BOUND_FOR_IT, servers=2)
    assert story.lives["B"] == ["s0.queue", "s1", "finished"]
    assert story.run.verdict == "ok"
