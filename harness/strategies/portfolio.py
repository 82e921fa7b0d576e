"""Several strategies in turn, a run each.

No strategy is best on all programs: on deep orders of many threads reads-from constraints need
the fewest runs, on deadlocks a walk that is uniform over one object's accesses. Taking turns
costs at most as many times the runs of the best one as there are members, and where they find
different bugs it costs less than any of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import cycle

from harness.execute.run import Run
from harness.model.workload import Workload
from harness.strategies.base import Option, Point, Strategy


class Portfolio(Strategy):
    """Each run is decided by the next member.

    Args:
        members: what takes turns; each learns from all runs.
    """

    name = "portfolio"

    def __init__(self, members: Sequence[Strategy]) -> None:
        super().__init__(members[0].random)
        self._members = members
        self._turns = cycle(members)

    def begin(self, workload: Workload) -> None:
        """See ``Strategy.begin``."""
        self._now = next(self._turns)
        for member in self._members:
            if member is self._now:
                member.begin(workload)
            else:
                member.watch(workload)

    def choose(self, point: Point) -> int:
        """See ``Strategy.choose``."""
        return self._now.choose(point)

    def executed(self, option: Option) -> None:
        """See ``Strategy.executed``."""
        for member in self._members:
            member.executed(option)

    def ended(self, run: Run) -> None:
        """See ``Strategy.ended``."""
        for member in self._members:
            member.ended(run)
