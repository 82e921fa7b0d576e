"""What a guided campaign runs next: new workloads and children."""

from __future__ import annotations

from itertools import groupby
from math import sqrt
from random import Random

from engines_for_tests import TwoServers
from hypothesis import given
from hypothesis import strategies as st

from harness.bench.subjects import subjects
from harness.campaign.population import Population
from harness.campaign.proposing import BRED, FIRST, Proposals
from harness.campaign.spool import Spool
from harness.campaign.worker import Task, Worker
from harness.codec.codec import Codec
from harness.codec.mutate import TAILS, Mutator
from harness.execute.python import PythonExecutor

CODEC = Codec(TwoServers.spec("e", "e"))
PARENT = Mutator(CODEC).fresh(Random(0))
N = 20_000


class Same(Population):
    """Has a parent without end, or never one."""

    def __init__(self, parent):
        super().__init__(0)
        self._same = parent

    def parent(self):
        return self._same


def proposals(seed, mutator=None, parent=None):
    return Proposals(mutator or Mutator(CODEC), Same(parent), Random(seed))


def begun(propose):
    """Past the new workloads at the beginning."""
    for _ in range(FIRST):
        propose.next(300)
    return propose


class Counting(Mutator):
    """Counts what it is asked for."""

    def __init__(self, codec):
        super().__init__(codec)
        self.asked = {"fresh": 0, "breed": 0, "another_walk": 0}

    def fresh(self, random):
        self.asked["fresh"] += 1
        return super().fresh(random)

    def breed(self, data, random):
        self.asked["breed"] += 1
        return super().breed(data, random)

    def another_walk(self, data, random):
        self.asked["another_walk"] += 1
        return super().another_walk(data, random)


@given(
    parent=st.none() | st.binary(max_size=200),
    seed=st.integers(0, 2**32),
    longest=st.integers(1, 300),
)
def test_every_proposal_is_a_case_of_at_most_the_longest_size(parent, seed, longest):
    propose = proposals(seed, parent=parent)
    for _ in range(FIRST + 5):
        data = propose.next(longest)
        assert len(data) <= longest
        assert CODEC.decode(data)[0].ops


def test_the_same_seed_proposes_the_same():
    first, second = proposals(7), proposals(7)
    assert [first.next(300) for _ in range(FIRST + 50)] == [
        second.next(300) for _ in range(FIRST + 50)
    ]


def shares(parent):
    """What 20,000 proposals ask the mutator for, those left out that walk again, as shares."""
    mutator = Counting(CODEC)
    propose = begun(proposals(1, mutator, parent))
    mutator.asked = dict.fromkeys(mutator.asked, 0)
    proposed = 0
    while proposed - mutator.asked["another_walk"] < N:
        propose.next(300)
        proposed += 1
    return {what: asked / N for what, asked in mutator.asked.items()}


def test_a_campaign_begins_with_new_workloads_and_one_walk_through_each():
    mutator = Counting(CODEC)
    propose = proposals(5, mutator, PARENT)
    workloads = {CODEC.decode(propose.next(300))[0] for _ in range(FIRST)}
    assert len(workloads) == mutator.asked["fresh"] == FIRST


def test_each_random_workload_is_walked_so_often():
    propose = begun(proposals(3, parent=PARENT))
    cases = [CODEC.decode(propose.next(300)) for _ in range(200)]
    groups = groupby(cases, lambda case: case[0])
    walks = [{(*s.gaps, *s.choices) for _, s in group} for _, group in groups]
    assert len(walks) > 50
    assert all(len(different) == TAILS for different in walks[:-1])


def near(share, expected):
    return abs(share - expected) < 5 * sqrt(expected * (1 - expected) / N)


def test_the_shares_are_what_they_are_said_to_be():
    found = shares(PARENT)
    assert near(found["breed"], BRED)
    assert found["fresh"] + found["breed"] == 1


def test_without_a_parent_new_workloads_take_its_place():
    found = shares(None)
    assert found == {"fresh": 1, "breed": 0, "another_walk": found["another_walk"]}


def test_a_program_is_searched_by_the_default_strategy_and_what_it_finds_replays(tmp_path):
    subject = subjects()["reorder_20"]
    for folder in ("spool", "log"):
        (tmp_path / folder).mkdir()
    task = Task(
        subject.name, str(tmp_path / "spool"), str(tmp_path / "log"), 1, 0, 0.0, True, False
    )
    worker = Worker(task, subject.ref)
    codec, executor = Codec(subject.ref.spec), PythonExecutor(subject.ref)
    with worker.executor.guard():
        while not worker.status.verdicts:  # a walk needs thousands of runs
            worker.one_input(b"")
            assert worker.status.runs < 1000
    raw = next(iter(Spool(tmp_path / "spool")))
    assert subject.shown_by(executor.run(*codec.decode(raw.data)).findings)
