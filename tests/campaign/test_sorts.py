"""A common finding does not hide a rare one that came about otherwise."""

from __future__ import annotations

from harness.campaign.sorts import Sorts, worth_noting
from harness.model.finding import Finding, Kind


def finding(*through, where="s0"):
    return Finding(Kind.OVER_ADMISSION, 1, where, "", through=frozenset(through))


def test_findings_of_one_sort_are_counted_together():
    sorts = Sorts()
    counts = [sorts.count(finding("in arrive", where=f"s{i}"), ["arrive"]) for i in range(3)]
    assert counts == [1, 2, 3]


def test_one_that_came_about_otherwise_is_of_another_sort():
    sorts = Sorts()
    sorts.count(finding("in arrive"), ["arrive", "kick"])
    assert sorts.count(finding("in resume", "woken in kick"), ["arrive", "kick"]) == 1


def test_one_with_other_operations_is_of_another_sort():
    sorts = Sorts()
    sorts.count(finding(), ["arrive", "kick"])
    assert sorts.count(finding(), ["arrive", "abort"]) == 1


def test_one_that_takes_less_is_of_another_sort():
    sorts = Sorts()
    sorts.count(finding("in arrive"), ["arrive", "kick"])
    assert sorts.count(finding("in arrive"), ["arrive"]) == 1


def test_one_that_takes_more_is_of_the_same():
    sorts = Sorts()
    sorts.count(finding("in arrive"), ["arrive"])
    assert sorts.count(finding("in arrive", "woken in kick"), ["arrive", "kick"]) == 2


def test_other_signatures_have_sorts_of_their_own():
    sorts = Sorts()
    sorts.count(finding(), ["arrive"])
    assert sorts.count(finding(where="px"), ["arrive"]) == 1


def test_ever_rarer_ones_of_a_sort_are_noted():
    assert [n for n in range(1, 70) if worth_noting(n)] == [1, 2, 4, 8, 16, 32, 64]
