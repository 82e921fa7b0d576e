"""No run twice: random choice without replacement, over reads-from constraints.

Small programs have few runs that differ, and random choice keeps repeating the likely ones. So what
earlier runs of the workload have used up is left out, and of the reads-from pairs that could be
wanted those are that were wanted least.

This is for finding bugs; that there is none only ``harness verify`` can say.
"""

from __future__ import annotations

from collections import Counter
from random import Random
from typing import Final

from harness.execute.run import Run
from harness.model.workload import Workload
from harness.strategies.base import Point, Strategy
from harness.strategies.foresight import Foresight
from harness.strategies.learned import Learned
from harness.strategies.locksets import Locksets
from harness.strategies.option import Option
from harness.strategies.rff import Constraints, Pair, Rff

MOST_OPTIONS: Final = 16
"""A point with more options is not used up soon, and looking beyond each of them takes long."""

MOST: Final = 1 << 18
"""What is kept in mind of a workload, some 50 MB; with more it is all forgotten."""

_DRAWN: Final = 8
"""Pairs of which the one least wanted so far is taken."""

_BY_CHANCE: Final = 0.5
"""How likely the second run of a workload is left to chance, as the first one is, for want of
knowledge. Some bugs show under most schedules, and constraints only keep a run from them."""


class Untried(Strategy):
    """Leaves out what earlier runs of the workload have used up.

    Args:
        random: the source of chance.
        inner: decides among the options that are left; it may be asked again at one point.
    """

    name = "untried"

    def __init__(self, random: Random, inner: Strategy) -> None:
        super().__init__(random)
        self._inner = inner
        self._known: Learned[Foresight] = Learned()
        self._foresight = Foresight()

    def begin(self, workload: Workload) -> None:
        """See ``Strategy.begin``."""
        self._inner.begin(workload)
        known = self._known.get(workload)
        if known is None or known.size > MOST:
            known = Foresight()
            self._known.put(workload, known)
        self._foresight = known
        known.begin()

    def choose(self, point: Point) -> int:
        """See ``Strategy.choose``."""
        options, foresight = point.options, self._foresight
        if len(options) > MOST_OPTIONS:
            return self._inner.choose(point)
        left = foresight.reached(options)
        if len(left) == len(options):
            at = self._inner.choose(point)
            if len(left) == 1 or not foresight.nothing_new(options[at]):
                return at
            left.remove(at)
        while left:
            fewer = Point([options[i] for i in left], point.current)
            at = left[self._inner.choose(fewer)]
            if len(left) == 1 or not foresight.nothing_new(options[at]):
                return at
            left.remove(at)
        return self._inner.choose(point)

    def executed(self, option: Option) -> None:
        """See ``Strategy.executed``."""
        self._inner.executed(option)
        self._foresight.executed(option)

    def ended(self, run: Run) -> None:
        """See ``Strategy.ended``."""
        self._inner.ended(run)
        self._foresight.ended(complete=not (run.findings or run.limited))


class UntriedPairs(Rff):
    """Reads-from constraints that want, of objects that race, the pairs wanted least so far.

    Otherwise as ``Rff``, which draws any pair.
    """

    name = "untried-pairs"

    def __init__(self, random: Random, filler: Strategy) -> None:
        super().__init__(random, filler)
        self._wanted: Counter[Pair] = Counter()
        self._locksets = Locksets()

    def begin(self, workload: Workload) -> None:
        """See ``Strategy.begin``."""
        super().begin(workload)
        self._locksets.begin()

    def executed(self, option: Option) -> None:
        """See ``Strategy.executed``."""
        super().executed(option)
        self._locksets.executed(option)

    def _drawn(self) -> Pair | None:
        accesses = self._accesses
        racing = self._locksets.racing(accesses.shared)
        draws = (accesses.draw(self.random, racing) for _ in range(_DRAWN))
        drawn = [pair for pair in draws if pair is not None]
        return min(drawn, key=self._wanted.__getitem__) if drawn else None

    def _mutated(self) -> Constraints:
        if self._accesses.runs == 1 and self.random.random() < _BY_CHANCE:
            return ()
        constraints = super()._mutated()
        self._wanted.update(pair for pair, wanted in constraints if wanted)
        return constraints
