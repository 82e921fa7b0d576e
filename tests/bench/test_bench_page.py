"""A table from several benches: what they have in common, as if it were one bench."""

from __future__ import annotations

from benchmarks.bench_page import by_hardness, hard, merged
from harness.bench.document import document
from harness.bench.results import Results
from harness.bench.trial import Job, Trial

SUBJECTS = ["easy", "hard"]


def bench(budget, **firsts):
    """What a bench prints: for each strategy the firsts on both subjects, for seeds 1, 2, …"""
    trials = [
        Trial(
            Job(subject, strategy, seed, budget), first, first or budget, ((1, 1), (64, 5)), 0.001
        )
        for strategy, of in firsts.items()
        for subject, seeds in zip(SUBJECTS, of, strict=True)
        for seed, first in enumerate(seeds, 1)
    ]
    return document(Results(trials, budget, SUBJECTS, [*firsts]))


ONE = bench(1_000, guided=[[2, 3], [900, 400]], unguided=[[2, 2], [None, 300]])
OTHER = bench(500, sticky=[[4, 4, 4], [None, None, None]])


def times(results, strategy):
    return [(t["subject"], t["first"]) for t in results["trials"] if t["strategy"] == strategy]


def test_strategies_of_all_benches_are_there():
    assert [*merged([ONE, OTHER])["strategies"]] == ["guided", "unguided", "sticky"]


def test_trials_are_cut_at_the_smallest_budget():
    both = merged([ONE, OTHER])
    assert both["budget"] == 500
    assert times(both, "guided") == [("easy", 2), ("easy", 3), ("hard", None), ("hard", 400)]
    assert max(trial["runs"] for trial in both["trials"]) == 500


def test_coverage_is_cut_too():
    both = merged([ONE, bench(50, sticky=[[4, 4], [None, None]])])
    assert {tuple(map(tuple, trial["coverage"])) for trial in both["trials"]} == {((1, 1),)}


def test_seeds_that_some_strategy_has_not_run_are_left_out():
    assert {trial["seed"] for trial in merged([ONE, OTHER])["trials"]} == {1, 2}


def test_a_bench_twice_counts_once():
    assert merged([ONE, ONE]) == merged([ONE])


def test_hard_bugs_are_those_that_take_the_measure_long():
    text = hard(merged([ONE]))
    assert "On the 1 subjects" in text
    assert "`guided` 2 of 2, `unguided` 1 of 2" in text


def test_easy_and_hard_bugs_are_told_apart_by_the_measure():
    text = by_hardness(merged([ONE]))
    assert "| strategy | easy (1) | hard (1) |" in text
    assert "| `guided` | 2 | 650 |" in text


def test_without_the_measure_nothing_is_said_of_hardness():
    assert by_hardness(OTHER) == ""
