"""Does a finding show under schedules near by the one that was saved?

An edit may leave every anchor in its place and have it mean another one: an access that was the
second of its sort is the third when one was added before it. Or all names changed. So where the
saved schedule does not show its finding, its switches are moved within their operations, the
nearest places first, until it shows. What shows nothing counts for nothing.

The order is that of limited discrepancy search (Harvey and Ginsberg, "Limited discrepancy search",
IJCAI 1995): each switch costs how many nearer places it passes over, and cheap sums come first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from harness.cases.near import candidates
from harness.execute.run import Executor, RecordedRun
from harness.model.schedule import Switch
from harness.model.workload import Workload
from harness.runtime.errors import StuckError

RUNS = 30
"""Schedules tried. Of a fixed engine none shows anything: each replay costs that many runs."""


def guessed(
    executor: Executor, workload: Workload, switches: Sequence[Switch], kind: str
) -> tuple[RecordedRun, Sequence[Switch]] | None:
    """The nearest schedule found under which a finding of ``kind`` shows, every switch met.

    Args:
        executor: the engine.
        workload: what is requested.
        switches: the schedule.
        kind: of the finding.

    Returns:
        The run and the switches in their new places; None when nothing was found.

    Raises:
        EngineError: the engine can not be run.
    """
    if len(switches) > RUNS:
        return None  # not each could be moved even once
    search = _Search(executor, workload, switches, kind)
    cost = 0
    while search.tries(switches, 0, cost) and search.found is None:
        cost += 1
    return search.found


class _Search:
    """Moves one switch after the other, earlier ones first: they decide what later ones meet.

    Attributes:
        found: the run that shows the finding, and its switches.
    """

    def __init__(
        self, executor: Executor, workload: Workload, switches: Sequence[Switch], kind: str
    ) -> None:
        self._executor = executor
        self._workload = workload
        self._switches = switches
        self._kind = kind
        self._left = RUNS
        self._made: dict[tuple[Switch, ...], tuple[RecordedRun, Sequence[bool]]] = {}
        self.found: tuple[RecordedRun, Sequence[Switch]] | None = None

    def tries(self, placed: Sequence[Switch], first: int, cost: int) -> bool:
        """Try all ways to move the switches from ``first`` on that cost exactly ``cost``.

        Returns:
            Whether there are dearer ones, and runs are left for them.
        """
        made = self._run(placed)
        if made is None:
            return False
        recorded, met = made
        if first == len(placed):
            shown = any(f.kind.value == self._kind for f in recorded.run.findings)
            if cost == 0 and shown and all(met):
                self.found = recorded, placed
            return False
        switch = self._switches[first]
        places = candidates(switch.anchor, recorded.anchors)
        if switch.anchor in recorded.anchors:
            places.insert(0, switch.anchor)
        dearer = len(places) > cost + 1
        for passed_over, anchor in enumerate(places[: cost + 1]):
            moved = [*placed[:first], replace(switch, anchor=anchor), *placed[first + 1 :]]
            dearer |= self.tries(moved, first + 1, cost - passed_over)
            if self.found is not None:
                break
        return dearer and self._left > 0

    def _run(self, placed: Sequence[Switch]) -> tuple[RecordedRun, Sequence[bool]] | None:
        key = tuple(placed)
        if key not in self._made:
            if self._left == 0:
                return None
            made = self._executor.replay(self._workload, placed)
            # Runs that never come back take seconds; one is enough.
            stuck = any(f.where.startswith(StuckError.__name__) for f in made[0].run.findings)
            self._left = 0 if stuck else self._left - 1
            self._made[key] = made
        return self._made[key]
