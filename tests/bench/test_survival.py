"""Survival statistics: against their definitions, brute force and published values."""

from __future__ import annotations

from itertools import combinations
from math import inf, isclose
from statistics import mean

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.bench.survival import (
    Observation,
    a12,
    kaplan_meier,
    log_rank,
    median_time,
    restricted_mean,
)

BUDGET = 50
SAMPLES = st.lists(st.builds(Observation, st.integers(1, BUDGET), st.booleans()), min_size=1)
FOUND = st.lists(st.builds(Observation, st.integers(1, BUDGET), st.just(True)), min_size=1)


@st.composite
def capped(draw):
    """Trials with one budget: whatever did not find the bug ran to the end of it."""
    times = draw(st.lists(st.one_of(st.integers(1, BUDGET), st.none()), min_size=1, max_size=30))
    return [Observation(BUDGET, False) if t is None else Observation(t, True) for t in times]


# Freireich et al. 1963, weeks in remission: the textbook example of censored times.
TREATED = [6, 6, 6, 7, 10, 13, 16, 22, 23]
TREATED_LEFT = [6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35]
UNTREATED = [1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23]
FIRST = [Observation(t, True) for t in TREATED] + [Observation(t, False) for t in TREATED_LEFT]
SECOND = [Observation(t, True) for t in UNTREATED]


def test_kaplan_meier_gives_the_published_curve():
    published = [0.857, 0.807, 0.753, 0.690, 0.627, 0.538, 0.448]
    curve = kaplan_meier(FIRST)
    assert [time for time, _ in curve] == sorted(set(TREATED))
    assert [round(survival, 3) for _, survival in curve] == published


def test_the_published_medians():
    assert median_time(FIRST) == 23
    assert median_time(SECOND) == 8


def test_log_rank_gives_the_published_p_value():
    # Chi-squared of 16.79 with one degree of freedom.
    assert log_rank(FIRST, SECOND) == pytest.approx(4.17e-5, rel=0.01)


@given(FOUND)
def test_without_censoring_the_curve_is_the_share_that_is_left(observations):
    for time, survival in kaplan_meier(observations):
        left = sum(o.time > time for o in observations) / len(observations)
        assert isclose(survival, left, abs_tol=1e-9)


@given(capped())
def test_with_one_budget_the_restricted_mean_is_the_mean_of_what_was_run(observations):
    assert isclose(restricted_mean(observations, BUDGET), mean(o.time for o in observations))


@given(SAMPLES, st.integers(1, BUDGET))
def test_the_restricted_mean_is_the_area_under_the_curve(observations, horizon):
    steps = dict(kaplan_meier(observations))
    survival, area = 1.0, 0.0
    for time in range(horizon):
        survival = steps.get(time, survival)
        area += survival
    assert isclose(restricted_mean(observations, horizon), area)


@given(SAMPLES, st.data())
def test_censoring_a_trial_never_shortens_the_mean(observations, data):
    at = data.draw(st.integers(0, len(observations) - 1))
    censored = [*observations]
    censored[at] = observations[at]._replace(found=False)
    longer = restricted_mean(censored, BUDGET) - restricted_mean(observations, BUDGET)
    assert longer > -1e-9


@given(capped())
def test_the_median_is_where_half_have_found_it(observations):
    middle = median_time(observations)
    times = sorted(o.time if o.found else inf for o in observations)
    assert (inf if middle is None else middle) == times[(len(times) - 1) // 2]


@given(SAMPLES, SAMPLES)
def test_a12_is_the_share_of_pairs_that_are_sooner_ties_counted_half(first, second):
    def latest(o):
        return o.time if o.found else inf

    def sooner(a, b):
        # Surely before: the bug was found, and the other one was not until then.
        return a.found and (a.time < b.time or (a.time == b.time and latest(b) == inf))

    pairs = [(a, b) for a in first for b in second]
    wins = sum(sooner(a, b) for a, b in pairs)
    ties = sum(not sooner(a, b) and not sooner(b, a) for a, b in pairs)
    assert isclose(a12(first, second), (wins + ties / 2) / len(pairs))


@given(SAMPLES, SAMPLES)
def test_a12_of_the_two_sides_adds_up_to_one(first, second):
    assert isclose(a12(first, second) + a12(second, first), 1)


@given(SAMPLES, SAMPLES)
def test_log_rank_is_a_probability_and_has_no_sides(first, second):
    p = log_rank(first, second)
    assert 0 <= p <= 1
    assert isclose(p, log_rank(second, first), abs_tol=1e-9)


@given(SAMPLES)
def test_log_rank_does_not_tell_a_sample_from_itself(observations):
    assert isclose(log_rank(observations, observations), 1, abs_tol=1e-9)


def test_log_rank_agrees_with_the_permutation_test():
    times = set(range(1, 13))
    splits = [(half, times - set(half)) for half in combinations(sorted(times), 6)]
    every = [log_rank(*([Observation(t, True) for t in half] for half in s)) for s in splits]
    for p in every:
        exact = sum(other <= p + 1e-12 for other in every) / len(every)
        assert p == pytest.approx(exact, abs=0.05)
