"""SURW: uniform over the interleavings of interesting events only.

Zhao, Wolff, Mathur, Roychoudhury, "Selectively uniform concurrency testing", ASPLOS 2025. Of the
threads, one is intended to execute the next interesting event, with a probability
proportional to the interesting events it has left; the others wait before theirs. All other
events are scheduled at random.

Different here: what is interesting is drawn for each run, the accesses to one object that at
least two threads access and one writes, learned from the earlier runs of the workload. The
first run of a workload is a uniform random walk.
"""

from __future__ import annotations

from collections import Counter
from random import Random

from harness.execute.run import Run
from harness.model.workload import Workload
from harness.strategies.base import Point, Strategy
from harness.strategies.learned import Learned
from harness.strategies.option import Option


class Surw(Strategy):
    """The accesses to one object in uniformly random order, the rest at random."""

    name = "surw"

    def __init__(self, random: Random) -> None:
        super().__init__(random)
        self._accesses: Learned[dict[str, Counter[int]]] = Learned()
        self._object = ""
        self._left: Counter[int] = Counter()
        self._intended: int | None = None
        self._seen: dict[str, Counter[int]] = {}
        self._written: set[str] = set()

    def begin(self, workload: Workload) -> None:
        """See ``Strategy.begin``."""
        self._workload = workload
        accesses = self._accesses.get(workload) or {}
        self._object = self.random.choice(sorted(accesses)) if accesses else ""
        self._left = Counter(accesses.get(self._object, ()))
        self._intend()
        self._seen = {}
        self._written = set()

    def choose(self, point: Point) -> int:
        """See ``Strategy.choose``."""
        options, wanted, intended = point.options, self._object, self._intended
        allowed: range | list[int] = range(len(options))
        if intended is not None:
            allowed = [
                i
                for i, option in enumerate(options)
                if option.obj != wanted or option.thread == intended
            ] or allowed
        return allowed[int(self.random.random() * len(allowed))]

    def executed(self, option: Option) -> None:
        """See ``Strategy.executed``."""
        if option.obj:
            seen = self._seen.get(option.obj)
            if seen is None:
                seen = self._seen[option.obj] = Counter()
            seen[option.thread] += 1
            if option.writes:
                self._written.add(option.obj)
            if option.obj == self._object:
                self._left[option.thread] -= 1
                self._intend()

    def ended(self, run: Run) -> None:
        """See ``Strategy.ended``."""
        shared = {o: by for o, by in self._seen.items() if len(by) > 1 and o in self._written}
        self._accesses.put(self._workload, shared)

    def _intend(self) -> None:
        threads = [thread for thread, n in self._left.items() if n > 0]
        weights = [self._left[thread] for thread in threads]
        self._intended = self.random.choices(threads, weights)[0] if threads else None
