"""Each strategy samples what its paper says, judged by exact enumeration on small programs."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from functools import partial
from itertools import islice
from math import prod

import pytest
from helpers import threads_case
from interleavings import (
    assert_at_least,
    assert_distributed,
    by_priorities,
    interleavings,
    random_walk,
    runs_of,
    seeded,
    uniform,
)

from harness import Atomic, Cell
from harness.strategies.drive import run_with
from harness.strategies.pct import Pct
from harness.strategies.pos import Pos
from harness.strategies.sticky import MEAN_RUNS, Sticky
from harness.strategies.surw import Surw
from harness.strategies.uniform import Uniform
from harness.strategies.urw import Urw

RUNS = 6000


def make():
    return {"x": Cell("x", 0), "y": Cell("y", 0), "a": Atomic("a", 0)}


def bodies(*lengths):
    def body(length, s):
        for _ in range(length):
            s.x.write(s.x.value)

    return [partial(body, length) for length in lengths]


def orders(strategy, *lengths, warm_up=0):
    found = runs_of(seeded(strategy), make, *bodies(*lengths), runs=RUNS + warm_up)
    return Counter(spy.order for spy, _ in islice(found, warm_up, None))


# --------------------------------------------------------------------- random walks


def test_uniform_takes_every_option_with_the_same_chance():
    # A thread's first event is that it begins.
    assert_distributed(orders(Uniform, 2, 2), random_walk((3, 3)))


def test_uniform_is_not_uniform_over_interleavings():
    with pytest.raises(AssertionError, match="chi-square"):
        assert_distributed(orders(Uniform, 1, 4), uniform(list(interleavings((2, 5)))))


@pytest.mark.parametrize("lengths", [(2, 2), (1, 4), (1, 1, 1)])
def test_urw_makes_every_interleaving_equally_likely_once_it_knows_the_lengths(lengths):
    counts = [length + 1 for length in lengths]
    assert_distributed(orders(Urw, *lengths, warm_up=1), uniform(list(interleavings(counts))))


def test_the_first_run_of_urw_is_a_uniform_walk():
    counts: Counter[tuple[int, ...]] = Counter()
    strategy = seeded(Uniform)
    for _ in range(RUNS):
        first = Urw(strategy.random)
        counts.update(spy.order for spy, _ in runs_of(first, make, *bodies(1, 2), runs=1))
    assert_distributed(counts, random_walk((2, 3)))


def test_sticky_stays_with_the_mean_of_its_rates():
    # Both threads can run at the second event, so leaving it is leaving the thread.
    runs = runs_of(seeded(Sticky), make, *bodies(3, 3), runs=RUNS)
    counts = Counter(spy.order[0] == spy.order[1] for spy, _ in runs)
    leaves = Fraction(sum(Fraction(1, mean) for mean in MEAN_RUNS), len(MEAN_RUNS))
    assert_distributed(counts, {True: 1 - leaves, False: leaves})


# ------------------------------------------------------------------------------ SURW


def test_surw_orders_the_accesses_to_the_shared_object_uniformly():
    def busy(s):
        for _ in range(3):
            s.y.read()  # nobody writes it, so it is not interesting
            s.x.write(0)

    def once(s):
        for _ in range(6):
            s.y.read()
        s.x.write(1)

    counts: Counter[tuple[int, ...]] = Counter()
    for spy, _ in islice(runs_of(seeded(Surw), make, busy, once, runs=RUNS + 1), 1, None):
        counts[tuple(option.thread for option in spy.chosen if option.obj == "x")] += 1
    assert_distributed(counts, uniform(list(interleavings((3, 1)))))


# ------------------------------------------------------------------------------- POS

PROGRAMS = [
    ([("write", "x")], [("write", "x"), ("write", "x")]),
    ([("write", "x")], [("read", "x"), ("write", "y")]),
    ([("read", "x")], [("read", "x"), ("read", "x")]),
    ([("write", "x")], [("write", "x")], [("read", "x")]),
]


def body_of(accesses):
    def body(s):
        for kind, name in accesses:
            if kind == "write":
                getattr(s, name).write(0)
            else:
                getattr(s, name).read()

    return body


def race(one, other):
    return one[1] == other[1] != "" and "write" in (one[0], other[0])


@pytest.mark.parametrize("program", PROGRAMS, ids=str)
def test_pos_samples_as_all_orders_of_its_priorities_do(program):
    events = [[("begin", ""), *accesses] for accesses in program]
    # Each event draws once, and again each time that one of another thread races with it.
    draws = sum(map(len, events)) + 3
    expected = by_priorities(events, draws, race)
    runs = runs_of(seeded(Pos), make, *map(body_of, program), runs=RUNS)
    assert_distributed(Counter(spy.order for spy, _ in runs), expected)


# ------------------------------------------------------------------------------- PCT


def write_1_then_0(s):
    s.x.write(1)
    s.x.write(0)


def never_sees_1(s):
    assert s.x.read() != 1


def write_1_then_2(s):
    s.x.write(1)
    s.x.write(2)


def never_sees_1_then_2(s):
    assert (s.x.read(), s.x.read()) != (1, 2)


def sees_nothing_first(s):
    assert s.x.read() == 0


def bystander(s):
    s.y.read()
    s.y.read()


DEPTHS = {
    1: (sees_nothing_first, write_1_then_2, bystander),
    2: (never_sees_1, write_1_then_0, bystander),
    3: (never_sees_1_then_2, write_1_then_2, bystander),
}


def hits(depth, program, runs):
    strategy = Pct(seeded(Uniform).random, depth)
    found = list(runs_of(strategy, make, *program, runs=runs))
    longest = max(len(spy.order) for spy, _ in runs_of(strategy, make, *program, runs=50))
    return sum(run.worst is not None for _, run in found), longest


@pytest.mark.parametrize("depth", DEPTHS)
def test_pct_finds_a_bug_of_its_depth_as_often_as_its_bound_promises(depth):
    program = DEPTHS[depth]
    found, longest = hits(depth, program, RUNS)
    assert_at_least(found, RUNS, Fraction(1, len(program) * longest ** (depth - 1)))


@pytest.mark.parametrize("depth", [2, 3])
def test_pct_with_too_few_change_points_never_finds_it(depth):
    assert hits(depth - 1, DEPTHS[depth], 1000)[0] == 0


def test_pct_learns_the_length_of_runs():
    ex, load = threads_case(make, *bodies(5, 7))
    strategy = Pct(seeded(Uniform).random, 2)
    drawn = []
    for _ in range(400):
        strategy.begin(load)
        drawn += strategy._changes
        run_with(ex, load, strategy)
    # Two begins and twelve writes.
    assert max(drawn) == 5 + 7 + 2


def test_the_enumeration_counts_all_interleavings():
    assert len(set(interleavings((3, 2, 1)))) == 60
    assert sum(random_walk((2, 3)).values()) == 1
    assert prod(by_priorities([["a"], ["b"]], 2, lambda *_: False).values()) == Fraction(1, 4)
