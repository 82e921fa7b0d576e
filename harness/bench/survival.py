"""How long until the bug shows, when some trials end before it does.

A trial that spent its budget says only that the bug takes more schedules than that: it is
*censored*. Leaving it out, or counting its budget as the answer, would flatter the strategy,
so times are handled by survival analysis, as in the literature on fuzzing (Böhme, Falk, "Fuzzing:
on the exponential cost of vulnerability discovery", FSE 2020; RFF, ASPLOS 2024).
"""

from __future__ import annotations

from collections.abc import Sequence
from math import erfc, sqrt
from typing import NamedTuple


class Observation(NamedTuple):
    """One trial.

    Attributes:
        time: schedules until the bug showed, or executed without it.
        found: which of the two.
    """

    time: int
    found: bool


def kaplan_meier(observations: Sequence[Observation]) -> list[tuple[int, float]]:
    """The estimated probability that the bug has not shown after so many schedules.

    Kaplan, Meier, "Nonparametric estimation from incomplete observations", JASA 1958.

    Returns:
        Its steps: (time, probability from then on), ascending; before the first it is 1.
    """
    at_risk = len(observations)
    steps: list[tuple[int, float]] = []
    survival = 1.0
    ordered = sorted(observations)
    i = 0
    while i < len(ordered):
        time = ordered[i].time
        deaths = leaving = 0
        while i < len(ordered) and ordered[i].time == time:
            deaths += ordered[i].found
            leaving += 1
            i += 1
        if deaths:
            survival *= 1 - deaths / at_risk
            steps.append((time, survival))
        at_risk -= leaving
    return steps


def restricted_mean(observations: Sequence[Observation], horizon: int) -> float:
    """The mean time to the bug, where times above ``horizon`` count as ``horizon``.

    The area under the Kaplan-Meier curve (Royston, Parmar, "Restricted mean survival time",
    BMC Medical Research Methodology 2013). A lower bound of the mean when some are censored.
    """
    if all(found or time >= horizon for time, found in observations):
        # Nobody left early: the area is the plain mean, at a tenth of the cost.
        return sum(min(time, horizon) for time, _ in observations) / len(observations)
    area, last, survival = 0.0, 0, 1.0
    for time, after in kaplan_meier(observations):
        if time >= horizon:
            break
        area += survival * (time - last)
        last, survival = time, after
    return area + survival * (horizon - last)


def median_time(observations: Sequence[Observation]) -> int | None:
    """The time by which half of the trials have found the bug; None if that was not reached."""
    half = 0.5 + 1e-9  # the curve is a product of fractions
    return next((time for time, s in kaplan_meier(observations) if s <= half), None)


def log_rank(first: Sequence[Observation], second: Sequence[Observation]) -> float:
    """The p-value that two samples come from one distribution of times, two-sided.

    Mantel, "Evaluation of survival data", Cancer Chemotherapy Reports 1966; the statistic is
    taken to be chi-squared with one degree of freedom, which is rough below some ten trials.
    """
    difference = variance = 0.0
    for time in {o.time for o in (*first, *second) if o.found}:
        risk_first = sum(o.time >= time for o in first)
        risk = risk_first + sum(o.time >= time for o in second)
        deaths_first = sum(o.found and o.time == time for o in first)
        deaths = deaths_first + sum(o.found and o.time == time for o in second)
        share = risk_first / risk
        difference += deaths_first - deaths * share
        if risk > 1:
            variance += deaths * share * (1 - share) * (risk - deaths) / (risk - 1)
    return erfc(sqrt(difference**2 / variance / 2)) if variance else 1.0


def a12(first: Sequence[Observation], second: Sequence[Observation]) -> float:
    """The probability that a trial of ``first`` finds the bug sooner than one of ``second``.

    Vargha, Delaney, "A critique and improvement of the CL common language effect size
    statistics", 2000. Pairs of which nobody can say who was first count as ties.
    """
    score = sum(0.5 + 0.5 * (_sooner(a, b) - _sooner(b, a)) for a in first for b in second)
    return score / (len(first) * len(second))


def _sooner(a: Observation, b: Observation) -> bool:
    return a.found and a.time <= b.time  # where both are, it is a tie
