"""Oracles for search strategies: every interleaving of small programs, and significance tests."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import permutations
from math import exp, lgamma, log, sqrt
from random import Random
from typing import Any

from helpers import threads_case

from harness.execute.run import Run
from harness.strategies.base import Point, Strategy
from harness.strategies.drive import run_with
from harness.strategies.option import Option

Order = tuple[int, ...]
"""The thread of every event of a run, in order; a thread's first event is that it begins."""

UNLIKELY = 5.0
"""Standard deviations that a right strategy strays hardly once in a million tests."""


class Spy(Strategy):
    """Lets another strategy choose and notes what was executed."""

    name = "spy"

    def __init__(self, inner: Strategy) -> None:
        super().__init__(inner.random)
        self.inner = inner
        self.chosen: list[Option] = []
        self.points: list[Point] = []

    def begin(self, workload: Any) -> None:
        self.chosen = []
        self.points = []
        self.inner.begin(workload)

    def choose(self, point: Point) -> int:
        at = self.inner.choose(point)
        self.points.append(Point(list(point.options), point.current))
        return at

    def executed(self, option: Option) -> None:
        self.chosen.append(option)
        self.inner.executed(option)

    def ended(self, run: Run) -> None:
        self.inner.ended(run)

    @property
    def order(self) -> Order:
        return tuple(option.thread for option in self.chosen)


def runs_of(
    strategy: Strategy, make: Callable[[], dict[str, Any]], *bodies: Any, runs: int
) -> Iterator[tuple[Spy, Run]]:
    """Run each body on a thread of its own, again and again."""
    ex, load = threads_case(make, *bodies)
    spy = Spy(strategy)
    for _ in range(runs):
        run, _ = run_with(ex, load, spy)
        yield spy, run


def interleavings(counts: Sequence[int]) -> Iterator[Order]:
    """Every order of so many events of each thread."""
    if not any(counts):
        yield ()
    for thread, n in enumerate(counts):
        if n:
            left = [c - (i == thread) for i, c in enumerate(counts)]
            yield from ((thread, *rest) for rest in interleavings(left))


def random_walk(counts: Sequence[int]) -> dict[Order, Fraction]:
    """How likely each interleaving is when any thread that can run is as likely as the others."""
    chances: dict[Order, Fraction] = {}
    for order in interleavings(counts):
        left, chance = list(counts), Fraction(1)
        for thread in order:
            chance /= sum(n > 0 for n in left)
            left[thread] -= 1
        chances[order] = chance
    return chances


def by_priorities(
    programs: Sequence[Sequence[str]], draws: int, races: Callable[[str, str], bool]
) -> dict[Order, Fraction]:
    """How likely partial order sampling makes each interleaving, by trying all priority orders.

    Args:
        programs: the events of each thread.
        draws: priorities that the longest run draws.
        races: whether two events of different threads race.
    """
    counts: Counter[Order] = Counter()
    for ranks in permutations(range(draws)):
        counts[_sampled(programs, iter(ranks), races)] += 1
    total = sum(counts.values())
    return {order: Fraction(n, total) for order, n in counts.items()}


def _sampled(
    programs: Sequence[Sequence[str]], ranks: Iterator[int], races: Callable[[str, str], bool]
) -> Order:
    done = [0] * len(programs)
    priority: dict[int, int] = {}
    order: list[int] = []
    while True:
        able = [t for t, events in enumerate(programs) if done[t] < len(events)]
        if not able:
            return tuple(order)
        for t in able:
            if t not in priority:
                priority[t] = next(ranks)
        first = max(able, key=lambda t: priority[t])
        event = programs[first][done[first]]
        for t in able:
            if t == first or races(event, programs[t][done[t]]):
                del priority[t]
        done[first] += 1
        order.append(first)


def assert_distributed(counts: Mapping[Any, int], expected: Mapping[Any, Fraction]) -> None:
    """Fail when the counts are no sample of the expected chances (Pearson's chi-square)."""
    assert set(counts) <= set(expected), "something happened that can not happen"
    total = sum(counts.values())
    statistic = sum(
        (counts.get(key, 0) - total * float(p)) ** 2 / (total * float(p))
        for key, p in expected.items()
    )
    free = len(expected) - 1
    # Wilson and Hilferty: the cube root of chi-square over its freedom is nearly normal.
    spread = sqrt(2 / (9 * free))
    strayed = ((statistic / free) ** (1 / 3) - (1 - 2 / (9 * free))) / spread
    assert strayed < UNLIKELY, f"chi-square {statistic:.1f} with {free} degrees of freedom"


def assert_at_least(hits: int, runs: int, bound: Fraction) -> None:
    """Fail when so few hits are all but impossible with a chance of ``bound`` or more."""
    p = float(bound)

    def chance(i: int) -> float:
        ways = lgamma(runs + 1) - lgamma(i + 1) - lgamma(runs - i + 1)
        return exp(ways + i * log(p) + (runs - i) * log(1 - p))

    tail = sum(map(chance, range(hits + 1)))
    assert tail > 1e-6, f"{hits} of {runs} runs, where {bound} of them were promised"


def uniform(keys: Sequence[Any]) -> dict[Any, Fraction]:
    """All equally likely."""
    return {key: Fraction(1, len(keys)) for key in keys}


def seeded(make: Callable[[Random], Strategy]) -> Strategy:
    """A strategy with the tests' source of chance."""
    return make(Random(1))
