"""Exploration finds what enumeration finds, and executes one run of each class of equal ones.

The judge is ``brute``: every interleaving, by another scheduler, with a notion of dependence of
its own.
"""

from __future__ import annotations

import pytest
from agreeing import enumerated, found_by, same
from engines_for_tests import RightQueue, StrandingPool, TrylockPool
from exploring import exploration, turns_of
from helpers import workload
from hypothesis import given, settings
from hypothesis import strategies as st
from programs import ACCESS, ASIDE, BLOCK, CRASH, WAITS, Program, programs, queues


@given(programs())
def test_two_threads_with_variables_and_locks(drawn):
    same(*drawn)


@settings(max_examples=30)
@given(programs(ACCESS, sizes=(1, 1, 1)))
def test_three_threads_with_variables(drawn):
    same(*drawn)


@given(programs(st.one_of(BLOCK, CRASH), sizes=(2, 2)))
def test_threads_that_crash(drawn):
    same(*drawn, traces=False)


@given(programs(ASIDE, sizes=(3, 3)))
def test_threads_that_touch_what_is_no_memory(drawn):
    same(*drawn, traces=False)


@given(programs(WAITS, sizes=(2, 2)))
def test_threads_that_wait(drawn):
    same(*drawn, traces=False)


@settings(max_examples=3)
@given(queues("T0 arrive A", "T1 arrive B"))
def test_queues(drawn):
    same(*drawn, most=2_500, traces=False)


@settings(max_examples=2)
@given(queues("T0 arrive A", "T1 arrive B", fifo=True))
def test_queues_that_promise_an_order(drawn):
    same(*drawn, most=2_500, traces=False)


@settings(max_examples=2)
@given(queues("T0 arrive A", "T1 resize value=2"))
def test_queues_whose_capacity_changes(drawn):
    same(*drawn, most=2_500, traces=False)


def test_additions_whose_results_a_map_hands_to_a_list():
    codes = ((("draw", 0),), (("draw", 0),))
    cls = type("Drawn", (Program,), {"codes": codes})
    same(cls, workload(cls, "T0 act which=0", "T1 act which=1"))


@given(programs(sizes=(2, 2)), st.integers(0, 3))
def test_all_that_can_be_seen_with_so_many_preemptions(drawn, bound):
    cls, load = drawn
    states, findings, _ = enumerated(cls, load, 400, preemptions=bound)
    it = exploration(cls, load, preemptions=bound)
    assert found_by(it) == (states, findings)


@given(programs(sizes=(2, 2)))
def test_a_bound_that_cuts_nothing_off_says_so(drawn):
    it = exploration(*drawn, preemptions=50)
    found_by(it)
    assert not it.cut


def test_a_bound_that_cuts_something_off_says_so():
    it = exploration(
        StrandingPool, workload(StrandingPool, "T0 arrive A", "T1 arrive B", size=1), 0
    )
    while not it.done:
        it.next()
    assert it.cut


@pytest.mark.parametrize("cls", [RightQueue, StrandingPool, TrylockPool])
def test_exploring_twice_makes_the_same_runs(cls):
    load = workload(cls, "T0 arrive A", "T1 arrive B", size=1)
    assert list(turns_of(cls, load)) == list(turns_of(cls, load))


def test_every_run_is_another_one():
    load = workload(RightQueue, "T0 arrive A", "T1 arrive B", size=1)
    turns = list(turns_of(RightQueue, load))
    assert len(set(turns)) == len(turns) > 20


@settings(max_examples=60)
@given(programs(sizes=(3, 2)))
def test_the_estimate_is_a_share_of_the_whole_and_all_of_it_at_the_end_only(drawn):
    it = exploration(*drawn)
    while not it.done:
        it.next()
        assert 0.0 <= it.estimate() <= 1.0
        assert (it.estimate() == 1.0) == it.done
