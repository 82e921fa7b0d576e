"""PCT: random priorities and few random places where one is lowered.

Burckhardt, Kothari, Musuvathi, Nagarakatte, "A randomized scheduler with probabilistic guarantees
of finding bugs", ASPLOS 2010. A bug of depth d is found with probability at least 1/(n k^(d-1)),
for n threads and at most k events.

Different here: k is learned, the most events that runs of the same workload had; the first run
of a workload takes that of the workload before. Which of its ready activities a thread takes
is random.
"""

from __future__ import annotations

from random import Random

from harness.execute.run import Run
from harness.model.workload import Workload
from harness.strategies.base import Point, Strategy
from harness.strategies.learned import Learned


class Pct(Strategy):
    """The thread of highest priority runs; at d - 1 random events it becomes the lowest.

    Args:
        random: the source of chance.
        depth: how many ordering constraints the bugs may need.
    """

    name = "pct"

    def __init__(self, random: Random, depth: int = 3) -> None:
        super().__init__(random)
        self._depth = depth
        self._lengths: Learned[int] = Learned()
        self._length = 1
        self._events = 0
        self._changes: dict[int, int] = {}
        self._priorities: dict[int, float] = {}

    def begin(self, workload: Workload) -> None:
        """See ``Strategy.begin``."""
        self._workload = workload
        self._length = max(self._lengths.get(workload) or self._length, self._depth - 1)
        places = self.random.sample(range(1, self._length + 1), self._depth - 1)
        self._changes = {place: -i for i, place in enumerate(places, 1)}
        self._events = 0
        self._priorities.clear()

    def choose(self, point: Point) -> int:
        """See ``Strategy.choose``."""
        self._events += 1
        thread = self._highest(point)
        lowered = self._changes.get(self._events)
        if lowered is not None:
            self._priorities[thread] = lowered
            thread = self._highest(point)
        mine = [i for i, option in enumerate(point.options) if option.thread == thread]
        return mine[0] if len(mine) == 1 else self.random.choice(mine)

    def ended(self, run: Run) -> None:
        """See ``Strategy.ended``."""
        known = self._lengths.get(self._workload) or 0
        self._lengths.put(self._workload, max(known, self._events))

    def _highest(self, point: Point) -> int:
        priorities = self._priorities
        best, thread = -float("inf"), 0
        for option in point.options:
            priority = priorities.get(option.thread)
            if priority is None:
                # The initial ones are a random order; all are above the lowered ones.
                priority = priorities[option.thread] = self.random.random()
            if priority > best:
                best, thread = priority, option.thread
        return thread
