"""Exploration and enumeration of one workload, compared."""

from __future__ import annotations

import sys
from typing import Any

from brute import Notes, TooManyError, every_run
from exploring import exploration
from hypothesis import assume
from programs import result

from harness import Engine
from harness.model.workload import Workload
from harness.verify.exploration import Exploration


def is_blind(notes: Notes, kind: str) -> bool:
    """Whether the access is made by a method that throws away what it returns."""
    frame: Any = sys._getframe(1)
    for _ in range(12):
        if frame is not None and frame.f_code.co_name == "bump":
            return True
        frame = frame and frame.f_back
    return False


def enumerated(
    cls: type[Engine], load: Workload, most: int, *, preemptions: int = 1_000
) -> tuple[set[Any], set[str], set[object]]:
    """Final states, findings, and classes of equivalent runs, over all interleavings."""
    states, findings, classes = set(), set(), set()
    try:
        for run, notes, state in every_run(cls, load, result, most=most, blind=is_blind):
            if notes.preemptions <= preemptions:
                states.add((run.verdict, state))
                findings |= {f.signature for f in run.findings}
                classes.add(notes.class_of_run())
    except TooManyError:
        assume(False)
    return states, findings, classes


def found_by(it: Exploration) -> tuple[set[Any], set[str]]:
    """Final states and findings of all runs that are explored."""
    states, findings = set(), set()
    while not it.done:
        run = it.next()
        findings |= {f.signature for f in run.findings}
        if it.driver.complete:
            states.add((run.verdict, result(it.session._engine)))
    return states, findings


def same(cls: type[Engine], load: Workload, *, most: int = 400, traces: bool = True) -> None:
    """Fail unless exploration finds what enumeration finds.

    Args:
        cls: the engine; its ``result`` is the final state.
        load: what is requested.
        most: a workload of more interleavings is passed over.
        traces: whether it also executes each class of equivalent runs once.
    """
    states, findings, classes = enumerated(cls, load, most)
    it = exploration(cls, load)
    assert found_by(it) == (states, findings)
    assert it.tally.limited == it.tally.repeating == 0
    if traces:
        assert it.tally.traces == len(classes)
