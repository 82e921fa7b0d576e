"""What a set of trials says about subjects and strategies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from harness.bench.resampling import (
    Interval,
    Resampled,
    combined,
    geometric_mean,
    ratio,
    resampled_mean,
)
from harness.bench.survival import Observation, a12, log_rank, median_time
from harness.bench.trial import Trial

SIGNIFICANT = 0.05


@dataclass(frozen=True, slots=True)
class Cell:
    """The trials of one strategy on one subject.

    Attributes:
        trials: in the order of their seeds.
        observations: their times to the bug.
        mean: restricted mean of the schedules to the first bug.
    """

    trials: Sequence[Trial]
    observations: Sequence[Observation]
    mean: Resampled

    @classmethod
    def of(cls, trials: Sequence[Trial], budget: int) -> Cell:
        """What ``trials``, all of one subject and strategy, say."""
        observations = [
            Observation(t.runs, False) if t.first is None else Observation(t.first, True)
            for t in trials
        ]
        # The same trials give the same figures, whatever else was measured.
        random = Random(f"{trials[0].job.subject} {trials[0].job.strategy}")
        return cls(trials, observations, resampled_mean(observations, budget, random))

    @property
    def found(self) -> int:
        """Trials that found the bug."""
        return sum(t.first is not None for t in self.trials)

    @property
    def median(self) -> int | None:
        """Median of the schedules to the first bug; None if it lies above the budget."""
        return median_time(self.observations)

    def coverage(self, schedules: int) -> float:
        """Mean reads-from pairs seen after so many schedules, a power of two."""
        return sum(dict(trial.coverage)[schedules] for trial in self.trials) / len(self.trials)


@dataclass(frozen=True, slots=True)
class Comparison:
    """How one strategy fares against another.

    Attributes:
        ratio: of the geometric means of their schedules; below 1 the first one is better.
        a12: probability that the first finds a bug sooner, mean over the subjects.
        better, worse: subjects on which the log-rank test tells them apart at 5 %.
    """

    ratio: Interval
    a12: float
    better: int
    worse: int


class Results:
    """All trials, by subject and strategy.

    Args:
        trials: in any order.
        budget: what each was given, in schedules.
        subjects: in the order to show them; those that some strategy has no trial of are left
            out, as after an interruption.
        strategies: in the order to show them.
    """

    def __init__(
        self,
        trials: Sequence[Trial],
        budget: int,
        subjects: Sequence[str],
        strategies: Sequence[str],
    ) -> None:
        self.budget = budget
        self.strategies = list(strategies)
        by_cell: dict[tuple[str, str], list[Trial]] = {}
        for trial in sorted(trials, key=lambda t: t.job.seed):
            by_cell.setdefault((trial.job.subject, trial.job.strategy), []).append(trial)
        self.subjects = [
            subject
            for subject in subjects
            if all((subject, strategy) in by_cell for strategy in strategies)
        ]
        self._cells = {
            (subject, strategy): Cell.of(by_cell[subject, strategy], budget)
            for subject in self.subjects
            for strategy in self.strategies
        }

    def cell(self, subject: str, strategy: str) -> Cell:
        """The trials of a strategy on a subject."""
        return self._cells[subject, strategy]

    def cells(self, strategy: str) -> list[Cell]:
        """The cells of a strategy, by subject."""
        return [self._cells[subject, strategy] for subject in self.subjects]

    def solved_by_all(self) -> list[str]:
        """Subjects whose bug every strategy found in every trial."""
        return [
            subject
            for subject in self.subjects
            if all(
                self.cell(subject, s).found == len(self.cell(subject, s).trials)
                for s in self.strategies
            )
        ]

    def geomean(self, strategy: str, subjects: Sequence[str]) -> Resampled | None:
        """The geometric mean of a strategy's mean schedules over ``subjects``, if there are any.

        Where a trial did not find the bug the budget counts: a lower bound.
        """
        means = [self.cell(subject, strategy).mean for subject in subjects]
        return combined(means, geometric_mean) if means else None

    def best(self) -> str:
        """The strategy with the lowest geometric mean over all subjects."""

        def rank(strategy: str) -> float:
            mean = self.geomean(strategy, self.subjects)
            return mean.value if mean else 0.0

        return min(self.strategies, key=rank)

    def compare(self, first: str, second: str) -> Comparison:
        """How ``first`` fares against ``second`` over all subjects."""
        means = [self.geomean(s, self.subjects) for s in (first, second)]
        assert means[0] is not None and means[1] is not None
        better = worse = 0
        effects = []
        for subject in self.subjects:
            mine = self.cell(subject, first).observations
            theirs = self.cell(subject, second).observations
            effects.append(a12(mine, theirs))
            if log_rank(mine, theirs) < SIGNIFICANT:
                better += effects[-1] > 0.5
                worse += effects[-1] < 0.5
        effect = sum(effects) / len(effects)
        return Comparison(ratio(means[0], means[1]).interval(), effect, better, worse)
