"""When a run can be foreseen to be a repetition, and when that is not even tried."""

from __future__ import annotations

import pytest

from harness.strategies.foresight import FURTHEST, PATIENCE, Foresight
from harness.strategies.option import Event, Option


def begin(thread, activity="act"):
    return Option(thread, activity, Event(activity, "", "", "begin"))


def write(thread, obj, site="here"):
    return Option(thread, "", Event("act", site, obj, "store"))


def run(foresight, *events):
    """A run in which these events happen; nothing is ready but what comes next of each thread."""
    foresight.begin()
    for n, event in enumerate(events):
        foresight.reached(nexts(events[n:]))
        foresight.executed(event)
    foresight.ended(complete=True)


def nexts(events):
    found = {}
    for event in events:
        found.setdefault(event.thread, event)
    return list(found.values())


def starts(foresight, *options):
    """Another run begins with these options: which of them lead to nothing new?"""
    foresight.begin()
    foresight.reached(options)
    return [foresight.nothing_new(option) for option in options]


def independent(length):
    """Two threads of so many events that have nothing to do with each other."""
    return [
        step for t in (0, 1) for step in (begin(t), *(write(t, f"{t}{n}") for n in range(length)))
    ]


def test_the_other_order_of_independent_events_is_nothing_new():
    foresight = Foresight()
    run(foresight, *independent(3))
    assert starts(foresight, begin(0), begin(1)) == [True, True]


def test_the_other_order_of_writes_to_one_object_is_new():
    foresight = Foresight()
    run(foresight, begin(0), begin(1), write(0, "x"), write(1, "x"))
    foresight.begin()
    for event in (begin(0), begin(1)):
        foresight.reached([event])
        foresight.executed(event)
    options = [write(0, "x"), write(1, "x")]
    foresight.reached(options)
    assert [foresight.nothing_new(option) for option in options] == [True, False]


def test_nothing_is_foreseen_of_threads_that_take_several_activities():
    foresight = Foresight()
    run(foresight, *independent(1), begin(0, "another"))
    assert starts(foresight, begin(0), begin(1)) == [False, False]


@pytest.mark.parametrize("complete", [True, False])
def test_a_thread_is_at_its_end_only_where_runs_come_to_theirs(complete):
    foresight = Foresight()
    foresight.begin()
    for n, event in enumerate(events := independent(1)):
        foresight.reached(nexts(events[n:]))
        foresight.executed(event)
    foresight.ended(complete=complete)
    assert starts(foresight, begin(1)) == [complete]


def test_one_looks_so_far_and_no_further():
    near, far = Foresight(), Foresight()
    run(near, *independent(2))
    run(far, *independent(FURTHEST))
    assert starts(near, begin(1)) == [True]
    assert starts(far, begin(1)) == [False]


def test_where_no_run_is_a_repetition_few_are_played_until_one_is_foreseen():
    foresight = Foresight()
    for n in range(2 * PATIENCE):
        run(foresight, begin(0), write(0, "x", str(n)), begin(1), write(1, "y"))
    assert played(foresight) == [n >= PATIENCE - 1 for n in range(PATIENCE + 3)]


def test_a_repetition_brings_the_playing_back():
    foresight = Foresight()
    for n in range(2 * PATIENCE):
        run(foresight, begin(0), write(0, "x", str(n)), begin(1), write(1, "y"))
    run(foresight, begin(0), write(0, "x", "0"), begin(1), write(1, "y"))
    assert all(played(foresight))


def played(foresight):
    """Which of the next runs are played in thought, each of which could have been foreseen."""
    found = []
    for n in range(PATIENCE + 3):
        foresight.begin()
        for event in (begin(0), write(0, "x", "0")):
            foresight.reached([event, begin(1)])
            foresight.executed(event)
        foresight.reached([begin(1)])
        found.append(foresight.nothing_new(begin(1)))
        event = write(1, "z", f"end {n}")
        foresight.executed(event)
        foresight.ended(complete=True)
    return found
