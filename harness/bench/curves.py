"""How far each strategy is after so many schedules: bugs found, reads-from pairs seen."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from harness.bench.charts import Line, steps
from harness.bench.results import Results
from harness.bench.survival import kaplan_meier
from harness.bench.trial import COVERED


def bugs_found(results: Results, subjects: Sequence[str]) -> list[Line]:
    """For each strategy the share of the bugs that a trial has found, mean over ``subjects``."""
    lines = []
    for strategy in results.strategies:
        jumps: defaultdict[int, float] = defaultdict(float)
        for subject in subjects:
            before = 1.0
            for time, after in kaplan_meier(results.cell(subject, strategy).observations):
                jumps[time] += (before - after) / len(subjects)
                before = after
        share, points = 0.0, []
        for time in sorted(jumps):
            share += jumps[time]
            points.append((float(time), share))
        lines.append(Line(strategy, steps(points, results.budget)))
    return lines


def pairs_seen(results: Results) -> list[Line]:
    """For each strategy the reads-from pairs seen, as a share of what the best of them sees.

    The mean over all subjects, for as many schedules as every trial executes.
    """
    last = min(COVERED, results.budget)
    marks = [1 << i for i in range(last.bit_length())]
    return [
        Line(
            strategy, [(float(mark), _pairs(results, strategy, mark, marks[-1])) for mark in marks]
        )
        for strategy in results.strategies
    ]


def _pairs(results: Results, strategy: str, mark: int, last: int) -> float:
    shares = []
    for subject in results.subjects:
        most = max(results.cell(subject, s).coverage(last) for s in results.strategies)
        seen = results.cell(subject, strategy).coverage(mark)
        shares.append(seen / most if most else 1.0)
    return sum(shares) / len(shares)
