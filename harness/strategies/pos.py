"""POS: partial order sampling, random priorities of events.

Yuan, Yang, Gu, "Partial order aware concurrency sampling", CAV 2018. Every event gets a random
priority when it becomes pending, the highest goes first, and an event that races with the one
just executed gets a new priority: what did not matter for the order so far does not bias it.

Different here: an event that could only block does not take part until it can go on, and each
ready activity of a thread is a pending event.
"""

from __future__ import annotations

from random import Random

from harness.model.workload import Workload
from harness.strategies.base import Point, Strategy


class Pos(Strategy):
    """The pending event of highest priority."""

    name = "pos"

    def __init__(self, random: Random) -> None:
        super().__init__(random)
        self._priorities: dict[tuple[int, str], float] = {}

    def begin(self, workload: Workload) -> None:
        """See ``Strategy.begin``."""
        self._priorities.clear()

    def choose(self, point: Point) -> int:
        """See ``Strategy.choose``."""
        priorities = self._priorities
        best, at = -1.0, 0
        for i, option in enumerate(point.options):
            priority = priorities.get(option.key)
            if priority is None:
                priority = priorities[option.key] = self.random.random()
            if priority > best:
                best, at = priority, i
        chosen = point.options[at]
        del priorities[chosen.key]
        if chosen.obj:
            for option in point.options:
                if option.obj == chosen.obj and chosen.races(option):
                    del priorities[option.key]
        return at
