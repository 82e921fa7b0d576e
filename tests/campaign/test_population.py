"""Parents of new workloads: the inputs whose runs showed what is rare."""

from __future__ import annotations

from itertools import pairwise
from math import log

from hypothesis import given
from hypothesis import strategies as st

from harness.campaign.population import MOST, PRICE, SHORTEST, Population

PLACES = 16
STEPS = 100
FEATURES = st.frozensets(st.integers(0, PLACES - 1), max_size=6)


def parents(population):
    """All that wait, in the order they are handed out."""
    found = []
    while (data := population.parent()) is not None:
        found.append(data)
    return found


def surprises(runs):
    """By definition: the sum of -log(how often so far / runs so far) over a run's features."""
    return [
        sum(-log(sum(f in run for run in runs[:n]) / n) for f in runs[n - 1])
        for n in range(1, len(runs) + 1)
    ]


def test_without_runs_there_is_no_parent():
    assert Population(PLACES).parent() is None


def test_a_rare_feature_makes_a_parent_before_common_ones():
    population = Population(PLACES)
    for name in (b"a", b"b", b"c"):
        population.saw(name, [1, 2], STEPS)
    population.saw(b"rare", [1, 9], STEPS)
    assert population.parent() == b"rare"


def test_a_parent_has_one_child_and_is_gone():
    population = Population(PLACES)
    population.saw(b"one", [1], STEPS)
    assert [population.parent() for _ in range(2)] == [b"one", None]


@given(runs=st.lists(st.tuples(FEATURES, st.integers(1, 2000)), min_size=1, max_size=12))
def test_parents_come_in_the_order_of_their_surprise_for_its_price(runs):
    population = Population(PLACES)
    for n, (features, steps) in enumerate(runs):
        population.saw(bytes([n]), sorted(features), steps)
    expected = [
        surprise / max(steps, SHORTEST) ** PRICE
        for surprise, (_, steps) in zip(
            surprises([features for features, _ in runs]), runs, strict=True
        )
    ]
    order = [expected[data[0]] for data in parents(population)]
    assert len(order) == len(runs)
    assert all(first >= second - 1e-9 for first, second in pairwise(order))


def test_of_two_runs_that_show_the_same_the_shorter_is_worth_more():
    population = Population(PLACES)
    population.saw(b"common", [1], STEPS)
    population.saw(b"common", [1], STEPS)
    population.saw(b"short", [2, 3], STEPS)
    population.saw(b"long", [4, 5], 10 * STEPS)
    assert population.parent() == b"short"


def test_only_the_best_wait():
    population = Population(PLACES)
    for n in range(MOST + 10):
        population.saw(b"%d" % n, [], STEPS)
    population.saw(b"best", [3], STEPS)
    found = parents(population)
    assert len(found) == MOST
    assert found[0] == b"best"
