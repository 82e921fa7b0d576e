"""URW: a random walk that is uniform over interleavings.

Zhao, Wolff, Mathur, Roychoudhury, "Selectively uniform concurrency testing", ASPLOS 2025. A
thread is
chosen with a probability proportional to the events it has left. If those counts are right and
threads do not block each other, every interleaving is equally likely.

Different here: the counts are means over the earlier runs of the same workload (there they
come from profiling runs); in the first run of a workload the walk is uniform over options. A
thread that runs on past its count is taken to have one event left.
"""

from __future__ import annotations

from random import Random

from harness.execute.run import Run
from harness.model.workload import Workload
from harness.strategies.base import Point, Strategy
from harness.strategies.learned import Learned


class Urw(Strategy):
    """A thread with many events left is likely to run."""

    name = "urw"

    def __init__(self, random: Random) -> None:
        super().__init__(random)
        self._means: Learned[tuple[int, dict[int, float]]] = Learned()
        self._left: dict[int, float] = {}
        self._seen: dict[int, int] = {}

    def begin(self, workload: Workload) -> None:
        """See ``Strategy.begin``."""
        self._workload = workload
        _, means = self._means.get(workload) or (0, {})
        self._left = dict(means)
        self._seen = {}

    def choose(self, point: Point) -> int:
        """See ``Strategy.choose``."""
        options, left = point.options, self._left
        at = 0
        if len(options) > 1:
            threads = [option.thread for option in options]
            ready = {thread: threads.count(thread) for thread in threads}
            weights = [max(left.get(thread, 1.0), 1.0) / ready[thread] for thread in threads]
            at = self.random.choices(range(len(options)), weights)[0]
        thread = options[at].thread
        left[thread] = left.get(thread, 1.0) - 1
        self._seen[thread] = self._seen.get(thread, 0) + 1
        return at

    def ended(self, run: Run) -> None:
        """See ``Strategy.ended``."""
        runs, means = self._means.get(self._workload) or (0, {})
        for thread in means.keys() | self._seen.keys():
            before = means.get(thread, 0.0)
            means[thread] = before + (self._seen.get(thread, 0) - before) / (runs + 1)
        self._means.put(self._workload, (runs + 1, means))
