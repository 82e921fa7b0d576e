"""Sliding: of all the places where a switch gives the same finding, it ends at the last."""

from __future__ import annotations

import pytest
from helpers import every_run, executor, workload

from harness import ADMITTED, Cell, Engine
from harness.cases.cause import cause_of
from harness.cases.minimise import minimise
from harness.cases.sliding import progress, slid
from harness.model.finding import Kind
from harness.model.schedule import Anchor, Schedule, Switch


class Dawdling(Engine):
    """Wrong: two requests may draw one number; looks at much in between that plays no part."""

    def setup(self, topology):
        self.next = Cell("next", 0)
        self.notes = [Cell(f"note{n}", n) for n in range(4)]
        self.drawn = set()
        self.resource("unused", capacity=None)

    def arrive(self, request):
        number = self.next.read()
        self.dawdle()
        self.next.write(number + 1)
        assert number not in self.drawn
        self.drawn.add(number)
        return ADMITTED

    def dawdle(self):
        for note in self.notes:
            note.read()

    def finish(self, request):
        pass


RACE = workload(Dawdling, "T0 arrive A", "T1 arrive B")


def found():
    """Every recorded run of one deviation in which both draw the same."""
    ex = executor(Dawdling)
    for schedule, run in every_run(Dawdling, RACE, deviations=1):
        if any(f.kind is Kind.EXCEPTION for f in run.findings):
            yield ex.record(RACE, schedule)


def minimised(recorded):
    wanted = next(f for f in recorded.run.findings if f.kind is Kind.EXCEPTION)
    return minimise(executor(Dawdling), RACE, recorded.switches, wanted, budget=0)


def test_wherever_a_switch_was_found_it_ends_at_the_last_place_that_will_do():
    runs = list(found())
    (last,) = {max((r for r in runs), key=lambda r: progress(r.switches[0], r.anchors)).switches}
    assert len({r.switches for r in runs}) > 4
    assert {minimised(r).switches for r in runs} == {last}
    assert last[0].anchor.site == "arrive: write next"


def test_places_of_one_switch_are_one_cause():
    minimals = [minimised(recorded) for recorded in found()]
    causes = {cause_of(m.finding, m.workload, m.switches) for m in minimals}
    assert causes == {"exception AssertionError in arrive | arrive | arrive/arrive"}


AT = [Anchor(0, "arrive A", site, 1) for site in ("f: read x", "f: read y", "before finish A")]
ELSEWHERE = Anchor(1, "arrive B", "f: read x", 1)
BLOCKED = Anchor(0, "arrive A", "blocked on guard: outer", 1)
REACHED = [BLOCKED, AT[0], ELSEWHERE, AT[1], AT[2], Anchor(0, "idle", "at rest", 1)]


def test_a_switch_moves_by_decisions_of_its_own_thread():
    kept = Switch(ELSEWHERE, 0)
    assert slid([kept, Switch(AT[0], 1)], REACHED, 1, 1) == [kept, Switch(AT[1], 1)]
    assert slid([Switch(AT[1], 1), kept], REACHED, 0, 1) == [Switch(AT[2], 1), kept]


def test_a_switch_moves_by_several_decisions_at_once():
    assert slid([Switch(AT[0], 1)], REACHED, 0, 2) == [Switch(AT[2], 1)]
    assert slid([Switch(AT[0], 1)], REACHED, 0, 3) is None


def test_sliding_far_takes_few_runs():
    class Long(Dawdling):
        def dawdle(self):
            for _ in range(500):
                self.notes[0].read()

    ex = executor(Long)
    recorded = ex.record(RACE, Schedule([4], [0], 1))
    (wanted,) = (f for f in recorded.run.findings if f.kind is Kind.EXCEPTION)
    smallest = minimise(ex, RACE, recorded.switches, wanted, budget=0)
    assert smallest.switches[0].anchor.site == "arrive: write next"
    assert smallest.runs < 60


@pytest.mark.parametrize(
    "switch",
    [
        Switch(AT[2], 1),
        Switch(REACHED[-1], 1),
        Switch(BLOCKED, 1),
        Switch(AT[0], 0, "finish A"),
    ],
    ids=["at the last decision", "at rest", "blocked", "of activities"],
)
def test_some_switches_can_not_move(switch):
    assert slid([switch], REACHED, 0, 1) is None
