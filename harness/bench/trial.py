"""One trial: a strategy searches a subject until it shows its bug or the budget is spent."""

from __future__ import annotations

from dataclasses import dataclass

from harness.bench.pairs import Pairs

COVERED = 128
"""Schedules that every trial runs although the bug was found: coverage is compared over them."""


@dataclass(frozen=True, slots=True)
class Job:
    """A trial to make.

    Attributes:
        subject, strategy: their names.
        seed: of everything random in it, together with the names.
        budget: schedules after which the trial gives up.
        corpus: folder with the cases that were known before, empty for none.
    """

    subject: str
    strategy: str
    seed: int
    budget: int
    corpus: str = ""


@dataclass(frozen=True, slots=True)
class Trial:
    """What came of a job.

    Attributes:
        job: which.
        first: the schedule that showed the bug first, counted from 1; None if none did, so
            that the number it takes is only known to be above ``runs``.
        runs: schedules executed.
        coverage: pairs of schedules executed and reads-from pairs seen by then, at 1, 2, 4, …
        cpu: seconds of CPU time, noting coverage included, starting a process not.
    """

    job: Job
    first: int | None
    runs: int
    coverage: tuple[tuple[int, int], ...]
    cpu: float


class Watch:
    """Follows one trial and says when it is over.

    Args:
        budget: schedules after which it is.
        pairs: what counts the coverage.
    """

    def __init__(self, budget: int, pairs: Pairs) -> None:
        self.runs = 0
        self.first: int | None = None
        self.coverage: list[tuple[int, int]] = []
        self._budget = budget
        self._pairs = pairs
        self._covered = min(COVERED, budget)

    def saw(self, bug: bool) -> bool:
        """A schedule was executed and showed the ``bug`` or did not; whether the trial is over."""
        self.runs += 1
        runs = self.runs
        if bug and self.first is None:
            self.first = runs
        if runs <= self._covered and runs & (runs - 1) == 0:
            self.coverage.append((runs, self._pairs.count()))
        return runs >= self._budget or (self.first is not None and runs >= self._covered)
