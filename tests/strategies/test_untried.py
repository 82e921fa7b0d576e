"""Untried runs: nothing is repeated, nothing is missed, judged by running every schedule."""

from __future__ import annotations

from collections import defaultdict
from random import Random

import pytest
from engines_for_tests import RightQueue
from helpers import executor, threads_case, workload
from hypothesis import given, settings
from hypothesis import strategies as st
from interleavings import Spy, seeded

from harness import Cell, Mutex, RWLock
from harness import Event as Signal
from harness.strategies import untried
from harness.strategies.base import Point, Strategy
from harness.strategies.configuration import Configuration
from harness.strategies.drive import run_with
from harness.strategies.rff import Rff
from harness.strategies.surw import Surw
from harness.strategies.uniform import Uniform
from harness.strategies.untried import Untried, UntriedPairs

ACCESSES = st.sampled_from(["read x", "write x", "write y", "locked read x", "locked write x"])
PROGRAMS = st.one_of(
    st.lists(st.lists(ACCESSES, max_size=3), min_size=2, max_size=2),
    st.lists(st.lists(ACCESSES, max_size=1), min_size=3, max_size=3),
)


class Program:
    """Threads that read, and write what nobody else does; keeps what each of them has read."""

    def __init__(self, program):
        bodies = [self.body(thread, accesses) for thread, accesses in enumerate(program)]
        self.executor, self.load = threads_case(self.make, *bodies)

    def make(self):
        self.seen = []
        self.cells = {"x": Cell("x", "nothing"), "y": Cell("y", "nothing")}
        return {**self.cells, "lock": Mutex("lock")}

    def body(self, thread, accesses):
        def access(s, at, what, name):
            cell = getattr(s, name)
            if what == "read":
                self.seen.append((thread, at, cell.read()))
            else:
                cell.write((thread, at))

        def run(s):
            for at, words in enumerate(map(str.split, accesses)):
                if words[0] == "locked":
                    with s.lock:
                        access(s, at, *words[1:])
                else:
                    access(s, at, *words)

        return run

    def run(self, strategy):
        """Returns what was read and what is left, which tells runs apart."""
        run_with(self.executor, self.load, strategy)
        return tuple(sorted(self.seen)), *(cell.value for cell in self.cells.values())


class Systematic(Strategy):
    """Every schedule once, in depth-first order."""

    name = "systematic"

    def __init__(self):
        super().__init__(Random(0))
        self.script = []
        self.counts = []
        self.at = Configuration()
        self.points = []

    def begin(self, workload):
        self.counts = []
        self.at = Configuration()
        self.points = []

    def choose(self, point: Point) -> int:
        self.points.append(self.at.number)
        self.counts.append(len(point.options))
        if len(self.script) < len(self.counts):
            self.script.append(0)
        return self.script[len(self.counts) - 1]

    def executed(self, option):
        self.at.execute(option)

    def next(self):
        """Whether there is another schedule; the next run is it."""
        while self.script and self.script[-1] == self.counts[len(self.script) - 1] - 1:
            self.script.pop()
        if self.script:
            self.script[-1] += 1
        return bool(self.script)


def in_every_way(run):
    """What ``run`` returns for every schedule, given a strategy that takes it."""
    strategy = Systematic()
    while True:
        yield run(strategy)
        if not strategy.next():
            return


def every_run(program):
    """Of every schedule the choices, the numbers of the points they lead to, and the ending."""

    def run(strategy):
        ending = program.run(strategy)
        return tuple(strategy.script), strategy.points, ending

    return in_every_way(run)


@settings(max_examples=60, deadline=None)
@given(PROGRAMS)
def test_what_can_follow_depends_on_the_configuration_alone(program):
    follows = defaultdict(set)  # by the choices so far
    prefixes = defaultdict(set)  # by configuration
    for choices, points, ending in every_run(Program(program)):
        for n, number in enumerate(points):
            follows[choices[:n]].add(ending)
            prefixes[number].add(choices[:n])
    for same in prefixes.values():
        assert len({frozenset(follows[prefix]) for prefix in same}) == 1


@settings(max_examples=60, deadline=None)
@given(PROGRAMS, st.integers(0, 9))
def test_every_way_a_program_can_end_is_shown_before_the_points_are_used_up(program, seed):
    tried = Program(program)
    runs = list(every_run(tried))
    most = len({number for _, points, _ in runs for number in points})
    random = Random(seed)
    strategy = Untried(random, Uniform(random))
    shown = {tried.run(strategy) for _ in range(most)}
    assert shown == {ending for _, _, ending in runs}


def things():
    return {
        "x": Cell("x", 0),
        "one": Mutex("one"),
        "other": Mutex("other"),
        "shared": RWLock("shared"),
        "rung": Signal("rung"),
    }


def try_to_add(s):
    if s.one.trylock():
        s.x.write(s.x.read() + 1)
        s.one.unlock()


def add_under_both(s):
    with s.one, s.other:
        s.x.write(s.x.read() + 2)


def read_under_both(s):
    with s.other, s.one:
        s.x.read()


def share(s):
    s.shared.read_lock()
    s.x.read()
    s.shared.read_unlock()


def write_shared(s):
    s.shared.write_lock()
    s.x.write(3)
    s.shared.write_unlock()


def await_bell(s):
    s.rung.wait()
    s.x.read()


def ring(s):
    s.x.write(4)
    s.rung.set()
    s.x.write(5)


@pytest.mark.parametrize(
    "bodies",
    [
        (try_to_add, add_under_both),
        (add_under_both, read_under_both),
        (share, write_shared),
        (share, share, write_shared),
        (await_bell, ring),
    ],
    ids=lambda bodies: " ".join(body.__name__ for body in bodies),
)
def test_no_ending_is_missed_where_threads_wait_for_each_other(bodies):
    ex, load = threads_case(things, *bodies)

    def end(strategy):
        spy = Spy(strategy)
        run, _ = run_with(ex, load, spy)
        return read_and_left(spy.chosen), frozenset(f.signature for f in run.findings)

    endings = set(in_every_way(end))
    strategy = Untried(Random(0), seeded(Uniform))
    assert {end(strategy) for _ in range(4 * len(endings))} == endings


FEW_ENDINGS = [
    [["write x", "write x"], ["write y", "write y"]],
    [["read x", "write x"], ["read x", "write x"]],
    [["write x"], ["read x"], ["read x"]],
    [["locked write x", "read x"], ["locked write x"]],
]


@pytest.mark.parametrize("program", FEW_ENDINGS, ids=str)
@pytest.mark.parametrize("seed", range(5))
def test_no_run_is_repeated_while_there_are_others(program, seed):
    tried = Program(program)
    endings = {ending for _, _, ending in every_run(tried)}
    random = Random(seed)
    strategy = Untried(random, Uniform(random))
    assert len({tried.run(strategy) for _ in endings}) == len(endings)


def test_without_foresight_independent_events_are_tried_in_every_order(monkeypatch):
    monkeypatch.setattr(untried.Foresight, "nothing_new", lambda self, option: False)
    shown = []
    for seed in range(5):
        tried, random = Program(FEW_ENDINGS[1]), Random(seed)
        endings = {ending for _, _, ending in every_run(tried)}
        strategy = Untried(random, Uniform(random))
        shown.append(len({tried.run(strategy) for _ in endings}) == len(endings))
    assert not all(shown)


def test_a_program_that_was_tried_in_every_way_goes_on():
    tried, strategy = Program([["write x"], ["write x"]]), Untried(Random(0), seeded(Uniform))
    assert len({tried.run(strategy) for _ in range(20)}) == 2


@pytest.mark.parametrize("limit", ["MOST_OPTIONS", "MOST"], ids=["options", "what is known"])
def test_beyond_a_limit_the_inner_strategy_decides_alone(limit, monkeypatch):
    monkeypatch.setattr(untried, limit, 0)
    one, other = Program(FEW_ENDINGS[1]), Program(FEW_ENDINGS[1])
    strategy, inner = Untried(Random(0), seeded(Uniform)), seeded(Uniform)
    assert [one.run(strategy) for _ in range(30)] == [other.run(inner) for _ in range(30)]


def test_activities_that_others_bring_about_are_not_foreseen():
    # A request that was queued may be dispatched by another thread: its turn is no option before.
    ex = executor(RightQueue)
    load = workload(RightQueue, "T0 arrive A", "T1 arrive B", threads=2, size=1)

    def end(strategy):
        spy = Spy(strategy)
        run_with(ex, load, spy)
        return read_and_left(spy.chosen)

    endings = set(in_every_way(end))
    strategy = Untried(Random(1), seeded(Uniform))
    assert {end(strategy) for _ in range(20 * len(endings))} == endings


def read_and_left(chosen):
    """What each thread has read, and what is left, by the events that wrote it."""
    at = Configuration()
    for option in chosen:
        at.execute(option)
    return frozenset(at.threads.items()) | frozenset(at.objects.items())


def cells():
    return {"x": Cell("x", 0), "y": Cell("y", 0)}


def reader(s):
    s.x.write(1)
    s.x.read()
    s.y.read()


def writer(s):
    s.y.write(2)
    s.x.read()
    s.x.write(2)


def third(s):
    s.x.write(3)
    s.y.write(3)


def runs_until_every_pair(make, seed):
    """How many runs show each reads-from pair of a program at least once."""
    ex, load = threads_case(cells, reader, writer, third)
    random, shown = Random(seed), set()
    spy = Spy(make(random, Surw(random)))
    for runs in range(1, 1000):
        run_with(ex, load, spy)
        last = {}
        for option in spy.chosen:
            if option.reads:
                shown.add((last.get(option.obj), option.event))
            if option.writes:
                last[option.obj] = option.event
        if len(shown) == PAIRS:
            return runs
    raise AssertionError(f"only {len(shown)} pairs were shown")


PAIRS = 3 + 3 + 3
"""Each of the three reads may read from two threads' writes, and from what comes before those."""


def test_pairs_that_were_wanted_least_come_first_which_shows_all_of_them_sooner():
    seeds = range(30)
    sooner = sum(runs_until_every_pair(UntriedPairs, seed) for seed in seeds)
    assert sooner < sum(runs_until_every_pair(Rff, seed) for seed in seeds)
