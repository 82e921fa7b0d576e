"""Reads-from constraints reach every reads-from pair, and deep bugs of many threads."""

from __future__ import annotations

from functools import partial
from itertools import repeat
from random import Random

import pytest
from helpers import threads_case
from interleavings import Spy, interleavings

from harness import Atomic, Cell, Mutex, RWLock
from harness.strategies.base import Point, Strategy
from harness.strategies.drive import run_with
from harness.strategies.pos import Pos
from harness.strategies.rff import Accesses, Pair, Rff
from harness.strategies.search import search
from harness.strategies.surw import Surw
from harness.strategies.uniform import Uniform


class Scripted(Strategy):
    """Runs the threads in a given order."""

    name = "scripted"

    def begin(self, workload):
        self.turn = 0

    def choose(self, point: Point) -> int:
        wanted = self.order[self.turn]
        self.turn += 1
        return next(i for i, o in enumerate(point.options) if o.thread == wanted)


def make():
    return {"a": Atomic("a", 0), "b": Cell("b", 0)}


def one(s):
    s.a.store(1)
    s.b.write(s.b.read())


def other(s):
    s.a.fetch_add(1)
    s.b.read()
    s.a.load()


def pairs(chosen):
    last = {}
    for option in chosen:
        if option.reads:
            yield (last.get(option.obj), option.event)
        if option.writes:
            last[option.obj] = option.event


def over(filler, seed):
    random = Random(seed)
    return Rff(random, filler(random))


FILLERS = pytest.mark.parametrize("filler", [Pos, Surw])


@FILLERS
def test_it_shows_every_reads_from_pair_that_any_interleaving_has(filler):
    ex, load = threads_case(make, one, other)
    every = set()
    script = Spy(Scripted(Random(0)))
    for script.inner.order in interleavings((4, 4)):
        run_with(ex, load, script)
        every |= set(pairs(script.chosen))
    spy = Spy(over(filler, 0))
    shown = set()
    for _ in range(200):
        run_with(ex, load, spy)
        shown |= set(pairs(spy.chosen))
    assert shown == every
    assert len(every) == 7


BLOCKING = ("lock", "read_lock", "write_lock")


def locking(s):
    with s.mutex:
        pass
    if s.mutex.trylock():
        s.mutex.unlock()
    s.shared.read_lock()
    s.shared.read_unlock()
    s.shared.write_lock()
    s.shared.write_unlock()


def test_no_lock_is_wanted_to_be_taken_from_who_has_taken_it():
    ex, load = threads_case(
        lambda: {"mutex": Mutex("mutex"), "shared": RWLock("shared")}, locking, locking
    )
    spy, known, shown = Spy(Uniform(Random(0))), Accesses(), set()
    for _ in range(400):
        run_with(ex, load, spy)
        for option in spy.chosen:
            if option.obj:
                known.note(option)
        shown |= {Pair(*pair) for pair in pairs(spy.chosen)}
    drawn = {known.draw(Random(seed), known.shared) for seed in range(2000)}
    assert shown <= drawn
    # Nobody comes to the second lock before somebody was at the first one.
    never = {pair for pair in drawn - shown if pair.read.kind in BLOCKING}
    assert {(pair.write, pair.read.kind) for pair in never} == {(None, "write_lock")}


def reorder(setters):
    """A checker must see what one of many setters wrote first, and not what it wrote then."""

    def set_both(which, s):
        s.a.store(1)
        s.b.write(-1)

    def check(s):
        assert (s.a.load(), s.b.read()) in ((0, 0), (1, -1))

    bodies = [partial(set_both, i) for i in range(setters)]
    return threads_case(make, *bodies, check)


def runs_to_bug(strategy, ex, load, limit):
    found = search(ex, repeat(load), strategy, limit)
    return next((i for i, one in enumerate(found, 1) if one.run.worst is not None), limit)


@FILLERS
def test_with_constraints_deep_orders_are_found_sooner_than_by_the_filler_alone(filler):
    ex, load = reorder(11)
    constrained = [runs_to_bug(over(filler, seed), ex, load, 400) for seed in range(10)]
    alone = [runs_to_bug(filler(Random(seed)), ex, load, 400) for seed in range(10)]
    assert sum(constrained) < sum(alone)


def test_the_filler_chooses_among_what_the_constraints_allow_and_is_told_of_all():
    ex, load = threads_case(make, one, other)
    spy = Spy(Pos(Random(0)))
    whole = Spy(Rff(Random(0), spy))
    narrowed = 0
    for _ in range(50):
        run_with(ex, load, whole)
        assert spy.chosen == whole.chosen
        asked = list(zip(spy.points, whole.points, strict=True))
        assert all(set(few.options) <= set(every.options) for few, every in asked)
        narrowed += sum(len(few.options) < len(every.options) for few, every in asked)
    assert narrowed
