"""What a guided campaign runs next: new workloads, more walks, mutations of what was kept."""

from __future__ import annotations

from math import sqrt
from random import Random

from engines_for_tests import TwoServers
from hypothesis import given
from hypothesis import strategies as st

from harness.bench.subjects import subjects
from harness.campaign import spool
from harness.campaign.proposing import FRESH, STAY, Proposals
from harness.campaign.worker import Task, Worker
from harness.codec.codec import Codec
from harness.codec.mutate import Mutator
from harness.execute.python import PythonExecutor


def proposals(seed, mutator=None):
    def own(data, longest):
        return data[:longest]

    return Proposals(mutator or Mutator(Codec(TwoServers.spec("e", "e"))), Random(seed), own)


class Counting(Mutator):
    """Counts what it is asked for."""

    def __init__(self, codec):
        super().__init__(codec)
        self.asked = {"fresh": 0, "rewalk": 0}

    def fresh(self, random):
        self.asked["fresh"] += 1
        return super().fresh(random)

    def rewalk(self, data, random):
        self.asked["rewalk"] += 1
        return super().rewalk(data, random)


@given(picked=st.binary(max_size=200), seed=st.integers(0, 2**32), longest=st.integers(1, 300))
def test_every_proposal_is_a_case_of_at_most_the_longest_size(picked, seed, longest):
    propose = proposals(seed)
    codec = Codec(TwoServers.spec("e", "e"))
    for _ in range(5):
        data = propose.next(picked, longest)
        assert len(data) <= longest
        assert codec.decode(data)[0].ops


def test_the_same_seed_proposes_the_same():
    first, second = proposals(7), proposals(7)
    assert [first.next(b"abc", 300) for _ in range(50)] == [
        second.next(b"abc", 300) for _ in range(50)
    ]


def test_the_shares_are_what_they_are_said_to_be():
    codec = Codec(TwoServers.spec("e", "e"))
    mutator = Counting(codec)
    picked = Mutator(codec).fresh(Random(0))
    propose = proposals(1, mutator)
    n = 20_000
    propose.next(picked, 300)
    mutator.asked = dict.fromkeys(mutator.asked, 0)
    for _ in range(n):
        propose.next(picked, 300)
    assert abs(mutator.asked["rewalk"] - n * STAY) < 5 * sqrt(n * STAY)
    # A mutation is a new input now and then as well.
    new = FRESH + (1 - STAY - FRESH) * 0.02
    assert abs(mutator.asked["fresh"] - n * new) < 5 * sqrt(n * new)


def test_a_program_is_searched_by_the_portfolio_and_what_it_finds_replays(tmp_path):
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
    raw = next(spool.waiting(tmp_path / "spool"))
    assert subject.shown_by(executor.run(*codec.decode(raw.data)).findings)
