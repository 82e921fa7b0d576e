"""A campaign begins with the workloads of its family's cases."""

from __future__ import annotations

from random import Random

import pytest
from engines_for_tests import RightQueue, TrylockPool, TwoServers
from helpers import workload

from harness.bench.earlier import earlier_cases
from harness.bench.running import make_trial
from harness.bench.searchers import KNOWING
from harness.bench.subjects import subjects
from harness.bench.trial import Job
from harness.campaign.known import known_workloads
from harness.campaign.worker import Task, Worker
from harness.cases.casefile import SavedCase, save, sound_cases
from harness.codec.codec import Codec
from harness.engine.registry import EngineRef
from harness.model.wording import describe_workload

LOAD = workload(TrylockPool, "T1 arrive A", "T0 arrive B", threads=2, size=1)
SPEC = TrylockPool.spec("family", "engine")


def case(load=LOAD, spec=SPEC, **expect):
    """A case that shows something under ``load``."""
    return SavedCase(
        family="family",
        found_on="other",
        finding="stranded",
        title="",
        topology=load.topology,
        ops=describe_workload(load, spec),
        switches=[],
        expect=expect,
        cause="",
    )


def known(*cases, spec=SPEC):
    """The workloads that are known from ``cases``."""
    codec = Codec(spec)
    return [codec.decode(data)[0] for data in known_workloads(cases, codec)]


def test_known_are_the_workloads_of_cases():
    other = workload(TrylockPool, "T2 arrive A", threads=3, size=2)
    assert known(case(), case(other)) == [LOAD, other]


@pytest.mark.parametrize(("expected", "is_known"), [("ok", True), ("stranded", False)])
def test_what_the_engine_is_accepted_to_fail_is_not(expected, is_known):
    assert known(case(engine=expected)) == [LOAD] * is_known


def test_what_is_expected_of_another_engine_does_not_matter():
    assert known(case(another="stranded")) == [LOAD]


def test_a_case_of_an_engine_with_other_operations_is_left_out():
    two = TwoServers.spec("family", "two")
    load = workload(TwoServers, "T0 arrive A", "T0 look")
    assert known(case(), case(load, two)) == [LOAD]


def test_damaged_cases_are_left_out(tmp_path):
    save(case(), tmp_path / "b.case.toml")
    (tmp_path / "a.case.toml").write_text("not toml =")
    assert [path.name for path, _ in sound_cases(tmp_path)] == ["b.case.toml"]


def test_a_worker_draws_new_workloads_around_known_ones():
    task = Task("engine", "s", "l", 1, 1, 0.0, True, False)
    ref = EngineRef("engine", lambda: RightQueue)
    load = workload(RightQueue, "T1 arrive A", "T1 arrive B", "T1 arrive C", threads=2, size=2)
    cases = [case(load, RightQueue.spec("family", "engine"))]
    drawn = [Worker(task, ref, cases).mutator.fresh(Random(seed)) for seed in range(20)]
    sizes = {Codec(ref.spec).decode(data)[0].topology["size"] for data in drawn}
    assert sizes == {2}


# ----------------------------------------------------------------------- on the bench


def test_a_trial_knows_what_was_found_on_earlier_revisions_only(pytestconfig):
    corpus = pytestconfig.rootpath / "corpus"
    subject = subjects()["haproxy@5541d4995/endless-loop"]
    found = {case.found_on for case in earlier_cases(subject, str(corpus))}
    assert "haproxy@ae0b12ee0" in found
    assert not found & {"haproxy@5541d4995", "haproxy@b11495652", "haproxy@50872daa6"}


def test_a_trial_does_not_know_a_case_that_shows_the_bug_searched_for(pytestconfig):
    corpus = pytestconfig.rootpath / "corpus"
    subject = subjects()["haproxy@96bca33d7/exception"]
    older = {c.found_on for _, c in sound_cases(corpus / "haproxy")} & subject.before
    assert "haproxy@82cd5c13a" in older  # mended in between, and back
    assert "haproxy@82cd5c13a" not in {c.found_on for c in earlier_cases(subject, str(corpus))}


def test_of_a_program_nothing_is_known(pytestconfig):
    assert earlier_cases(subjects()["stack"], str(pytestconfig.rootpath / "corpus")) == []


@pytest.mark.parametrize(
    ("strategy", "knows"),
    [("unguided", False), *((strategy, True) for strategy in KNOWING)],
)
def test_without_guidance_only_a_strategy_named_for_it_begins_with_cases(
    strategy, knows, pytestconfig
):
    corpus = str(pytestconfig.rootpath / "corpus")
    with_cases, without = (
        make_trial(Job("haproxy@5541d4995/stranded", strategy, 1, 32, c)) for c in (corpus, "")
    )
    assert (with_cases.coverage != without.coverage) == knows
