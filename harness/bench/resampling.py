"""Confidence intervals by resampling, which assume nothing about how times are distributed.

Efron, Tibshirani, "An introduction to the bootstrap", 1993: the bias-corrected percentile
method (chapter 14, without acceleration). The correction matters here: the mean of a resample
varies more than the mean of the sample, so geometric means of resampled means come out too low.
Trials are resampled within their subject; the subjects are what they are.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from math import exp, log
from random import Random
from statistics import NormalDist
from typing import NamedTuple

from harness.bench.survival import Observation, restricted_mean

RESAMPLES = 1000
LEVEL = 0.95

_NORMAL = NormalDist()


class Interval(NamedTuple):
    """An estimate and the bounds of its confidence interval."""

    value: float
    low: float
    high: float


class Resampled(NamedTuple):
    """A figure, and what it is in each resample."""

    value: float
    resamples: list[float]

    def interval(self) -> Interval:
        """With its 95 % confidence interval."""
        ordered = sorted(self.resamples)
        last = len(ordered) - 1
        below = (bisect_left(ordered, self.value) + bisect_right(ordered, self.value)) / 2
        bias = _NORMAL.inv_cdf(min(max(below, 1), last) / len(ordered))
        reach = _NORMAL.inv_cdf((1 + LEVEL) / 2)
        low, high = (_NORMAL.cdf(2 * bias + z) for z in (-reach, reach))
        return Interval(self.value, ordered[round(low * last)], ordered[round(high * last)])


def resampled_mean(observations: Sequence[Observation], horizon: int, random: Random) -> Resampled:
    """The restricted mean time to the bug."""
    draws = (random.choices(observations, k=len(observations)) for _ in range(RESAMPLES))
    return Resampled(
        restricted_mean(observations, horizon), [restricted_mean(d, horizon) for d in draws]
    )


def combined(means: Sequence[Resampled], combine: Callable[[Sequence[float]], float]) -> Resampled:
    """A figure that combines those of several subjects, resample by resample."""
    each = zip(*(mean.resamples for mean in means), strict=True)
    return Resampled(combine([mean.value for mean in means]), [combine(r) for r in each])


def geometric_mean(values: Sequence[float]) -> float:
    """The geometric mean of positive values."""
    return exp(sum(map(log, values)) / len(values))


def ratio(first: Resampled, second: Resampled) -> Resampled:
    """How many times ``second`` the first one is, resample by resample."""
    each = zip(first.resamples, second.resamples, strict=True)
    return Resampled(first.value / second.value, [a / b for a, b in each])
