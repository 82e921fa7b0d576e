"""What does a person read of a recorded run?"""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from harness.model.finding import Finding, Kind
from harness.report.interleaving import interleaving, to_json
from harness.report.rows import Sort


def rows_of(run, sort, finding=None):
    return [row for row in interleaving(run, finding).rows if row.sort is sort]


def test_every_step_is_shown_with_what_it_did(recorded_from):
    run = recorded_from("T0 begins finish A\nT0 fetch_sub served 1 0\nT0 load length 0 0")
    (first, second) = rows_of(run, Sort.STEP)
    assert (first.function, first.text, first.effect) == ("run", "fetch_sub served", "1 → 0")
    assert (second.text, second.effect) == ("load length", "= 0")


def test_a_failed_trylock_says_who_holds_the_lock(recorded_from):
    (row,) = rows_of(recorded_from("T0 begins finish A\nT0 trylock lock T1 T1"), Sort.STEP)
    assert row.failed and row.effect == "fails: T1 holds it"


def test_a_preemption_names_what_the_thread_stood_before_and_holds(recorded_from):
    run = recorded_from(
        """
        T0 begins finish A
        T0 lock lock free T0
        T1 begins arrive B
        T1 load served 1 1
        T1 ends arrive B
        T0 store served 1 0
        """
    )
    first, second = rows_of(run, Sort.SWITCH)
    told = "T0 is PREEMPTED in finish A before store served, holding lock; T1 runs"
    assert (first.text, first.weak) == (told, False)
    assert (second.text, second.weak) == ("T1 has nothing to do; T0 runs", True)


def test_a_thread_that_blocks_is_not_preempted(recorded_from):
    run = recorded_from(
        "T0 begins finish A\nT0 lock l T1 T1\nT0 blocks on l\nT1 begins arrive B\nT1 load x 0 0"
    )
    assert interleaving(run, None).preemptions == 0
    assert rows_of(run, Sort.SWITCH)[0].text == "T0 is blocked; T1 runs"


def test_a_lock_that_a_thread_blocked_for_is_taken_when_it_goes_on(recorded_from):
    run = recorded_from(
        """
        T0 begins finish A
        T0 lock l T1 T1
        T0 blocks on l
        T0 tries l again
        T0 blocks on l
        T0 tries l again
        T0 load x 0 0
        T1 begins arrive B
        T1 load y 0 0
        T0 load x 0 0
        """
    )
    told = [row.text for row in rows_of(run, Sort.EVENT)]
    assert told == ["blocks on l", "tries l again", "blocks on l", "takes l"]
    assert "holding l; T1 runs" in rows_of(run, Sort.SWITCH)[0].text


def test_a_thread_that_goes_on_is_told_what_it_missed(recorded_from):
    run = recorded_from(
        """
        T0 begins finish A
        T0 load length 0 0
        T1 begins arrive B
        T1 fetch_add length 0 1
        T1 ends arrive B
        T0 store served 1 0
        """
    )
    (row,) = rows_of(run, Sort.MISSED)
    assert row.text == "T0 goes on with what it read: length = 0 at step 0, now 1"


def test_what_the_thread_wrote_itself_is_not_missed(recorded_from):
    run = recorded_from(
        """
        T0 begins finish A
        T0 load length 0 0
        T0 fetch_add length 0 1
        T1 begins arrive B
        T1 fetch_add length 1 2
        T0 store served 1 0
        """
    )
    assert rows_of(run, Sort.MISSED) == []


def test_repetitions_are_shown_once_and_counted(recorded_from):
    run = recorded_from("T0 begins finish A\n" + "T0 load a 0 0\nT0 load b 1 1\n" * 9)
    rows = interleaving(run, None).rows
    assert [r.text for r in rows][1:] == [
        "load a",
        "load b",
        "these 2 steps 8 more times, with the same values",
    ]


def test_steps_with_other_values_are_no_repetition(recorded_from):
    steps = "\n".join(f"T0 fetch_add a {n} {n + 1}" for n in range(9))
    run = recorded_from(f"T0 begins finish A\n{steps}")
    assert len(rows_of(run, Sort.STEP)) == 9


def test_brief_folds_dull_steps_but_neither_failures_nor_switches(recorded_from):
    run = recorded_from(
        """
        T0 begins finish A
        T0 load a 0 0
        T0 load b 0 0
        T0 load c 0 0
        T0 trylock l T1 T1
        T0 load d 0 0
        T1 begins arrive B
        T1 load e 0 0
        """
    )
    view = interleaving(run, None, brief=True)
    assert [r.text for r in view.rows if r.sort in (Sort.STEP, Sort.FOLD)] == [
        "3 steps, 0 to 2, in run",
        "trylock l",
        "load d",
        "load e",
    ]


def test_an_arrival_says_what_became_of_the_request(recorded_from):
    run = recorded_from(
        """
        T0 begins arrive A
        T0 load served 0 0
        T0 ends arrive A
        T0 begins arrive B
        T0 load served 1 1
        T0 ends arrive B
        T0 begins finish A
        T0 dispatches B to pool
        T0 ends finish A
        """
    )
    assert [r.effect for r in rows_of(run, Sort.END)] == ["A is admitted", "B is queued", ""]


def test_control_characters_do_not_reach_the_terminal(recorded_from):
    run = recorded_from("T0 begins finish A")
    finding = Finding(Kind.EXCEPTION, 0, "x", "boom \x1b[2J\nnext")
    assert rows_of(run, Sort.FINDING, finding)[0].text == "exception: boom \\x1b[2J next"
    assert interleaving(run, finding).story == ["boom \\x1b[2J next."]


def test_a_stranded_request_is_explained_in_plain_words(find_minimal):
    minimal, _ = find_minimal("Strands")
    view = interleaving(minimal.recorded, minimal.finding)
    waiting = " and ".join(minimal.finding.requests)
    verb = "is" if len(minimal.finding.requests) == 1 else "are"
    told = f"{waiting} {verb} queued in queue, capacity is free, and nobody"
    assert view.story[0].startswith(told)
    assert "the last one obliged to look" in view.story[0]
    obligations = [r for r in view.rows if r.sort is Sort.OBLIGATION]
    assert len(obligations) == 1
    assert "still obliged to dequeue" in obligations[0].text
    assert [r for r in view.rows if r.sort is Sort.FINDING]
    assert [r for r in view.rows if r.key]


@pytest.mark.parametrize(
    ("ending", "told"),
    [
        ("T1 dispatches B to pool", "Only luck ended the wait: abort B on T1"),
        ("T1 ends abort B", "Only its client ended the wait: abort B on T1 after step 0."),
    ],
    ids=["dispatched", "left"],
)
def test_what_ended_a_wait_is_told(recorded_from, ending, told):
    run = recorded_from(
        f"""
        T1 begins arrive B
        T1 lock line.lock 1 1
        T1 ends arrive B
        T1 stranded: B is queued and nobody is left to dequeue it
        T1 begins abort B
        {ending}
        """
    )
    finding = Finding(Kind.STRANDED, 1, "queue", "B is queued", ("B",), transient=True)
    assert interleaving(run, finding).story[-1].startswith(told)


def test_of_a_wait_that_timed_out_only_what_came_before_it_explains(recorded_from):
    run = recorded_from(
        """
        T1 begins arrive B
        T1 load total 1 1
        T1 unlock room.mutex T1 free
        T1 waits on room
        T0 begins abort A
        T0 store total 1 0
        T0 ends abort A
        T0 stranded: B is queued and nobody is left to dequeue it
        T1 times out on room
        T1 load total 0 0
        T1 load total 0 0
        T1 ends arrive B
        T1 begins finish B
        T1 ends finish B
        """
    )
    finding = Finding(Kind.STRANDED, 1, "queue", "B is queued", ("B",), transient=True)
    view = interleaving(run, finding)
    assert view.story[1:] == [
        "Before it, arrive B on T1 had gone to wait after step 1, having seen total = 1 (step 0).",
        "Only the timeout of its wait ended it, after step 2.",
    ]
    assert [row.step for row in view.rows if row.key] == [0]
    (arrived,) = [r for r in view.rows if r.sort is Sort.END and r.text == "arrive B"]
    assert arrived.effect == "B is admitted"


def test_a_deadlock_ends_with_its_cycle(find_minimal):
    minimal, _ = find_minimal("Deadlocks")
    view = interleaving(minimal.recorded, minimal.finding)
    assert view.rows[-1].sort is Sort.FINDING
    assert "wait for each other" in view.rows[-1].text
    assert len([r for r in view.rows if r.key and r.text.startswith("blocks on")]) == 2


def test_an_endless_loop_shows_its_cycle_once(find_minimal):
    minimal, _ = find_minimal("Loops")
    view = interleaving(minimal.recorded, minimal.finding)
    (cycle,) = [r for r in view.rows if r.sort is Sort.FOLD and r.key]
    assert cycle.text.startswith("the cycle is seen here: these 3 steps")
    assert len(view.rows) < 60


TURNS = """
    T0 begins arrive A
    T1 begins arrive B
    T1 load a 0 0
    T0 load a 0 0
    T0 nothing has come of 1,024 decisions; from here on the threads take turns
    T0 store a 0 1
    T1 store a 1 0
    T0 load a 0 0
    T1 load a 0 0
    T0 store a 0 1
    T1 store a 1 0
"""
LOOP = Finding(Kind.ENDLESS_LOOP, 8, "", "T0 and T1 go round a cycle of 4 steps")


def test_threads_that_take_turns_are_not_preempted(recorded_from):
    view = interleaving(recorded_from(TURNS), LOOP)
    at = next(i for i, row in enumerate(view.rows) if row.sort is Sort.ROTATION)
    switches = [row for row in view.rows[at:] if row.sort is Sort.SWITCH]
    assert len(switches) == 5
    assert all(row.weak and "has had its turn" in row.text for row in switches)
    assert view.preemptions == 2  # before that


def test_brief_shows_what_threads_do_in_turn_a_row_each(recorded_from):
    view = interleaving(recorded_from(TURNS), LOOP, brief=True)
    at = next(i for i, row in enumerate(view.rows) if row.sort is Sort.ROTATION)
    assert [(row.sort, row.thread, row.text) for row in view.rows[at + 1 :]] == [
        (Sort.FOLD, 0, "3 steps, 2 to 6, in run"),
        (Sort.FOLD, 1, "3 steps, 3 to 7, in run"),
        (Sort.FINDING, 1, "endless-loop: T0 and T1 go round a cycle of 4 steps"),
    ]


def test_brief_folds_turns_from_where_on_no_activity_ends(recorded_from):
    run = recorded_from(TURNS + "T1 ends arrive B\nT0 load a 0 0\nT0 load a 0 0\nT0 load a 0 0")
    view = interleaving(run, LOOP, brief=True)
    assert [row.step for row in view.rows if row.sort is Sort.STEP] == list(range(8))
    assert [row.text for row in view.rows if row.sort is Sort.FOLD] == ["3 steps, 8 to 10, in run"]


def test_over_admission_tells_who_was_let_in(find_minimal):
    minimal, _ = find_minimal("OverAdmits")
    view = interleaving(minimal.recorded, minimal.finding)
    assert len(view.story) == 2
    assert all(name in view.story[1] for name in minimal.finding.requests)


@pytest.mark.parametrize("engine", ["Strands", "Deadlocks", "Loops", "OverAdmits"])
def test_machines_get_everything_as_json(find_minimal, engine):
    minimal, about = find_minimal(engine)
    given = to_json(minimal.recorded, about)
    assert json.loads(json.dumps(given)) == given
    assert len(given["steps"]) == len(minimal.recorded.trace.steps)
    assert given["digest"] == minimal.recorded.trace.digest()
    assert (given["last_obligation"] is not None) == (engine == "Strands")


def test_a_run_without_a_finding_has_no_story(find_minimal):
    minimal, _ = find_minimal("Strands")
    clean = replace(minimal.recorded)
    assert interleaving(clean, None).story == []
