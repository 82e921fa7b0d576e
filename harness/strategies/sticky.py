"""Sticky random walk: the running thread goes on with a fixed probability.

Preemptions are rare and placed at random, which finds most bugs of queues sooner than a
uniform walk: few switches suffice (Musuvathi, Qadeer, "Iterative context bounding", PLDI 2007),
and between them the others run far. How sticky it is changes from run to run, because no
single rate is right for all bugs.
"""

from __future__ import annotations

from random import Random

from harness.model.workload import Workload
from harness.strategies.base import Point, Strategy

MEAN_RUNS = (2, 4, 8, 16)
"""Mean numbers of events between two switches, one of which holds for a run. Longer ones find less,
as in the campaign's own walk (docs/bench.md)."""


class Sticky(Strategy):
    """Stays on the thread; where it can not or does not, any other option."""

    name = "sticky"

    def __init__(self, random: Random) -> None:
        super().__init__(random)
        self._leave = 0.0

    def begin(self, workload: Workload) -> None:
        """See ``Strategy.begin``."""
        self._leave = 1 / self.random.choice(MEAN_RUNS)

    def choose(self, point: Point) -> int:
        """See ``Strategy.choose``."""
        options = point.options
        stay = sum(option.thread == point.current for option in options)
        if stay and self.random.random() >= self._leave:
            # The options of the current thread come first.
            return int(self.random.random() * stay)
        if stay == len(options):
            stay = 0
        return stay + int(self.random.random() * (len(options) - stay))
