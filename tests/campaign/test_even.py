"""Walks that preempt every access about as often as any other."""

from __future__ import annotations

from collections import Counter
from random import Random

import pytest
from engines_for_tests import TrylockPool
from helpers import DEFAULT, agreed, executor, workload

from harness import Atomic
from harness.campaign.even import MOST, EvenThinning
from harness.campaign.spool import Spool
from harness.campaign.worker import Task, Worker
from harness.codec.codec import DENSE, Codec
from harness.codec.mutate import Mutator
from harness.engine.registry import find
from harness.execute.python import PythonExecutor

LOAD = workload(TrylockPool, "T0 arrive A", size=1)


@pytest.fixture(autouse=True)
def scheduler():
    """Whose primitives those are that the tests make."""
    executor(TrylockPool).run(LOAD, DEFAULT)


def thinned(accesses, n=20_000):
    """How often switches are taken before each of ``accesses``, drawn as often as it is listed."""
    thinning, random = EvenThinning(Random(1)), Random(2)
    taken = Counter()
    for i in range(n):
        obj, kind = random.choice(accesses)
        taken[obj and obj.name, kind] += thinning.takes(i, obj, kind)
    return taken


def test_frequent_and_rare_accesses_are_preempted_about_as_often():
    often, seldom = (Atomic("often", 0), "load"), (Atomic("seldom", 0), "load")
    taken = thinned([often] * 3 + [seldom])
    assert 0.8 < taken["often", "load"] / taken["seldom", "load"] < 1.25


def test_one_object_is_told_apart_by_how_it_is_accessed():
    flag = Atomic("flag", 0)
    taken = thinned([(flag, "load")] * 3 + [(flag, "store")])
    assert 0.8 < taken["flag", "load"] / taken["flag", "store"] < 1.25


def test_boundaries_count_as_one_access():
    taken = thinned([(None, "begin")] * 3 + [(Atomic("flag", 0), "load")])
    assert 0.8 < taken[None, "begin"] / taken["flag", "load"] < 1.25


def test_of_accesses_that_are_all_as_frequent_one_in_so_many_is_preempted():
    taken = thinned([(Atomic(name, 0), "load") for name in "abcd"])
    assert 0.9 < MOST * taken.total() / 20_000 < 1.1


def test_what_is_not_taken_is_known_until_the_next_run():
    thinning, flag = EvenThinning(Random(1)), Atomic("flag", 0)
    taken = [thinning.takes(i, flag, "load") for i in range(50)]
    assert thinning.left_out == [i for i, one in enumerate(taken) if not one]
    thinning.forget()
    assert thinning.left_out == []


def test_a_run_that_was_thinned_out_can_be_made_again():
    ex = executor(TrylockPool)
    codec, random = Codec(ex.spec), Random(3)
    codec.thinning = thinning = EvenThinning(Random(4))
    refusals = 0
    for _ in range(200):
        load, schedule = codec.decode(Mutator(codec, (), DENSE).fresh(random))
        thinning.forget()
        run = ex.run(load, schedule)
        refusals += len(thinning.left_out)
        again = schedule.without(thinning.left_out)
        assert agreed(ex.record(load, again).run) == agreed(run)
        assert agreed(ex.run(load, again)) == agreed(run)
    assert refusals


def test_a_run_that_stalled_can_be_made_again():
    ref = find("haproxy@5541d4995")
    ex, codec, random = PythonExecutor(ref), Codec(ref.spec), Random(3)
    codec.thinning = thinning = EvenThinning(Random(4))
    mutator, loops = Mutator(codec, (), DENSE), 0
    while loops < 5:
        load, schedule = codec.decode(mutator.fresh(random))
        thinning.forget()
        run = ex.run(load, schedule)
        if run.verdict == "endless-loop":
            loops += 1
            assert agreed(ex.record(load, schedule.without(thinning.left_out)).run) == agreed(run)


def worker(folder, seed):
    """A guided one, without libFuzzer."""
    for part in ("spool", "log"):
        (folder / part).mkdir()
    engine = "haproxy@ddab05b98"
    spool, log = str(folder / "spool"), str(folder / "log")
    return Worker(Task(engine, spool, log, seed, 0, 0.0, True, False), find(engine))


def test_what_a_worker_notes_of_a_run_that_was_thinned_out_is_that_run(tmp_path):
    noting = worker(tmp_path, 1)
    random = Random(2)
    with noting.executor.guard():
        for _ in range(300):
            noting.one_input(noting.mutator.fresh(random))
    noted = list(Spool(tmp_path / "spool"))
    assert any(raw.refused for raw in noted)
    codec = Codec(noting.executor.spec)
    for raw in noted:
        run = noting.executor.run(*raw.case(codec))
        assert raw.signature in {finding.signature for finding in run.findings}


@pytest.mark.parametrize("data", [b"", b"\n"])
def test_what_libfuzzer_begins_with_is_replaced_by_random_inputs(data, tmp_path):
    steps = set()
    for seed in range(5):
        folder = tmp_path / str(seed)
        folder.mkdir()
        beginning = worker(folder, seed)
        beginning.one_input(data)
        steps.add(beginning.status.steps)
    assert len(steps) > 1
