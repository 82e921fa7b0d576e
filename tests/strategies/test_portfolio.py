"""The members of a portfolio take turns, and all of them learn from every run."""

from __future__ import annotations

from random import Random

from helpers import threads_case

from harness import Cell
from harness.strategies.base import Strategy
from harness.strategies.drive import run_with
from harness.strategies.portfolio import Portfolio
from harness.strategies.rff import Rff
from harness.strategies.surw import Surw


class Noting(Strategy):
    """Takes the first option and notes what it is told."""

    def __init__(self):
        super().__init__(Random(0))
        self.told = []

    def begin(self, workload):
        self.told.append("begin")

    def watch(self, workload):
        self.told.append("watch")

    def choose(self, point):
        self.told.append("choose")
        return 0

    def executed(self, option):
        self.told.append(str(option))

    def ended(self, run):
        self.told.append("ended")


def make():
    return {"x": Cell("x", 0)}


def one(s):
    s.x.write(1)


def other(s):
    s.x.read()


def test_members_decide_in_turn():
    ex, load = threads_case(make, one, other)
    members = [Noting(), Noting(), Noting()]
    whole = Portfolio(members)
    for _ in range(4):
        run_with(ex, load, whole)
    began = [[word for word in m.told if word in ("begin", "watch")] for m in members]
    assert began == [
        ["begin", "watch", "watch", "begin"],
        ["watch", "begin", "watch", "watch"],
        ["watch", "watch", "begin", "watch"],
    ]


def test_a_member_is_asked_only_when_it_decides_and_told_of_everything():
    ex, load = threads_case(make, one, other)
    first, second = Noting(), Noting()
    run_with(ex, load, Portfolio([first, second]))
    assert "choose" in first.told
    assert "choose" not in second.told
    assert [w for w in first.told[1:] if w != "choose"] == second.told[1:]
    assert second.told[-1] == "ended"


def test_surw_and_rff_know_the_accesses_after_a_run_that_neither_decided():
    ex, load = threads_case(make, one, other)
    surw, rff = Surw(Random(0)), Rff(Random(0))
    run_with(ex, load, Portfolio([Noting(), surw, rff]))
    surw.begin(load)
    rff.begin(load)
    assert surw._object == "x"
    assert rff._constraints
