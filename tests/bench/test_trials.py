"""Trials: the same in every process, over when they should be, counted as they happened."""

from __future__ import annotations

import multiprocessing
import threading
from concurrent.futures.process import BrokenProcessPool
from random import Random

import pytest
from engines_for_tests import ConditionPool
from helpers import DEFAULT, executor, workload

from harness.bench.guided import TrialError, guided_trial
from harness.bench.pairs import Pairs
from harness.bench.running import make_trial, make_trials
from harness.bench.searchers import GUIDED, SEARCHERS
from harness.bench.subjects import programs
from harness.bench.trial import COVERED, Job, Watch
from harness.campaign.ablation import NO_FEEDBACK
from harness.campaign.feedback import FeedbackMap
from harness.campaign.libfuzzer import why_unavailable
from harness.codec.codec import Codec
from harness.codec.mutate import Mutator
from harness.execute.python import PythonExecutor

PROGRAMS = {subject.name: subject for subject in programs()}
NEEDS_ATHERIS = pytest.mark.skipif(why_unavailable() is not None, reason="needs Atheris")


class NoPairs:
    def count(self):
        return 0


def watch(budget):
    return Watch(budget, NoPairs())


def mutator(engine):
    return Mutator(Codec(engine.spec))


def same(trial):
    """All of a trial but its CPU time."""
    return trial.job, trial.first, trial.runs, trial.coverage


def test_a_trial_without_the_bug_is_censored_at_the_budget():
    seen = watch(1000)
    over = [seen.saw(False) for _ in range(1000)]
    assert over == [False] * 999 + [True]
    assert (seen.first, seen.runs) == (None, 1000)


def test_a_trial_ends_with_the_bug():
    seen = watch(1000)
    over = [seen.saw(n == 300) for n in range(1, 301)]
    assert over == [False] * 299 + [True]
    assert seen.first == 300


def test_an_early_bug_is_noted_and_coverage_goes_on_being_measured():
    seen = watch(1000)
    over = [seen.saw(n in (5, 9)) for n in range(1, COVERED + 1)]
    assert over == [False] * (COVERED - 1) + [True]
    assert seen.first == 5
    assert [runs for runs, _ in seen.coverage] == [1, 2, 4, 8, 16, 32, 64, 128]


def test_a_budget_below_what_coverage_takes_is_kept():
    seen = watch(10)
    assert [seen.saw(n == 1) for n in range(10)] == [False] * 9 + [True]


@pytest.mark.parametrize("strategy", SEARCHERS)
@pytest.mark.parametrize("subject", ["twostage_3", "stack"])
def test_the_same_job_takes_the_same_schedules(subject, strategy):
    job = Job(subject, strategy, seed=1, budget=200)
    assert same(make_trial(job)) == same(make_trial(job))


@pytest.mark.parametrize("strategy", SEARCHERS)
def test_another_seed_takes_other_schedules(strategy):
    trials = [make_trial(Job("circular_buffer", strategy, s, 200)) for s in range(8)]
    assert len({(trial.first, trial.coverage) for trial in trials}) > 1


@NEEDS_ATHERIS
@pytest.mark.parametrize("strategy", GUIDED)
def test_the_same_guided_job_takes_the_same_schedules(strategy):
    job = Job("stack", strategy, seed=1, budget=300)
    assert same(make_trial(job)) == same(make_trial(job))


@NEEDS_ATHERIS
def test_the_same_engine_under_another_subject_gets_other_inputs():
    # Both are bugs of one engine: the same inputs would show both trials the same pairs.
    shown = [
        make_trial(Job(f"haproxy@ae0b12ee0/{bug}", "guided", 1, 64)).coverage
        for bug in ("stranded", "endless-loop")
    ]
    assert shown[0] != shown[1]


@NEEDS_ATHERIS
def test_each_part_of_the_guidance_makes_a_difference():
    coverage = {
        s: make_trial(Job("haproxy@ddab05b98/stranded", s, 1, 200)).coverage for s in GUIDED
    }
    assert len(set(coverage.values())) > 3, coverage


@NEEDS_ATHERIS
def test_a_guided_trial_that_comes_to_nothing_says_so():
    with pytest.raises(TrialError, match=r"guided on nosuch \(seed 1\) ended with code 1"):
        guided_trial(Job("nosuch", "guided", 1, 10))


def test_trials_in_other_processes_are_the_same_trials():
    jobs = [Job("twostage_3", "unguided", seed, 150) for seed in (1, 2, 3)]
    made = sorted(make_trials(jobs, processes=2), key=lambda trial: trial.job.seed)
    assert [same(trial) for trial in made] == [same(make_trial(job)) for job in jobs]


def test_the_first_schedule_with_the_bug_is_the_one_that_is_counted():
    job = Job("stack", "uniform", seed=3, budget=400)
    subject = PROGRAMS["stack"]
    engine = PythonExecutor(subject.ref)
    Pairs(engine.scheduler, FeedbackMap(NO_FEEDBACK))
    random = Random(f"{job.subject} {job.strategy} {job.seed}")
    runs = SEARCHERS["uniform"](engine, mutator(engine), random)
    first = next(n for n, run in enumerate(runs, 1) if subject.shown_by(run.findings))
    assert make_trial(job).first == first


def test_looking_at_coverage_does_not_change_the_runs():
    subject = PROGRAMS["twostage_3"]
    watched, plain = PythonExecutor(subject.ref), PythonExecutor(subject.ref)
    Pairs(watched.scheduler, FeedbackMap(NO_FEEDBACK))
    unguided = SEARCHERS["unguided"]
    each = zip(*(unguided(e, mutator(e), Random(1)) for e in (watched, plain)), strict=False)
    for _, (one, other) in zip(range(200), each, strict=False):
        assert (one.verdict, one.steps) == (other.verdict, other.steps)


def test_reading_what_another_thread_wrote_is_counted():
    subject = PROGRAMS["accumulate"]
    engine = PythonExecutor(subject.ref)
    pairs = Pairs(engine.scheduler, FeedbackMap(NO_FEEDBACK))
    engine.run(subject.ref.spec.program, DEFAULT)
    # Of sum and done, T1 reads what T0 wrote, T2 what T1 wrote.
    assert pairs.count() == 4


def test_reading_what_setup_or_the_same_thread_wrote_is_not_counted():
    engine = executor(ConditionPool)
    pairs = Pairs(engine.scheduler, FeedbackMap(NO_FEEDBACK))
    engine.run(workload(ConditionPool, "T0 arrive A", threads=2, size=1), DEFAULT)
    # The mutex and the free slots as setup left them; finish reads what arrive wrote of them.
    assert pairs.count() == 0


def test_a_process_that_is_killed_ends_the_trials():
    made = make_trials(
        [Job("stack", "uniform", 1, 10**7), Job("safestack", "uniform", 1, 10**7)], 1
    )
    threading.Timer(0.0, kill_first_child).start()
    with pytest.raises(BrokenProcessPool):
        list(made)


def kill_first_child():
    """Wait for a process that makes trials, and kill it."""
    while not (children := multiprocessing.active_children()):
        pass
    children[0].kill()


def test_closing_the_trials_ends_their_processes():
    made = make_trials([Job("stack", "uniform", 1, 100), Job("safestack", "uniform", 1, 10**9)], 1)
    next(made)
    made.close()
    assert not multiprocessing.active_children()
