"""Makes trials, many at a time, in processes of their own."""

from __future__ import annotations

import multiprocessing
import os
import time
from collections.abc import Generator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from random import Random

from harness.bench.earlier import earlier_cases
from harness.bench.guided import guided_trial
from harness.bench.pairs import Pairs
from harness.bench.searchers import GUIDED, KNOWING, KNOWS, SEARCHERS
from harness.bench.subjects import subjects
from harness.bench.trial import Job, Trial, Watch
from harness.campaign.ablation import NO_FEEDBACK
from harness.campaign.feedback import FeedbackMap
from harness.campaign.known import known_workloads
from harness.campaign.worker import obey
from harness.children import spawning
from harness.codec.codec import Codec
from harness.codec.mutate import Mutator
from harness.execute.python import PythonExecutor


def make_trial(job: Job) -> Trial:
    """Make one trial; the same job gives the same schedules in any process.

    Raises:
        TrialError: a guided trial came to no result.
        EngineNotFoundError: the subject's engine is not installed.
        EngineError: the subject can not be run.
    """
    if job.strategy in GUIDED:
        return guided_trial(job)
    subject = subjects()[job.subject]
    executor = PythonExecutor(subject.ref)
    watch = Watch(job.budget, Pairs(executor.scheduler, FeedbackMap(NO_FEEDBACK)))
    random = Random(f"{job.subject} {job.strategy} {job.seed}")
    codec = Codec(executor.spec)
    cases = earlier_cases(subject, job.corpus) if job.strategy in KNOWS else []
    mutator = Mutator(codec, known_workloads(cases, codec))
    searcher = {**SEARCHERS, **KNOWING}[job.strategy]
    started = time.process_time()
    with executor.guard():
        for run in searcher(executor, mutator, random):
            if watch.saw(subject.shown_by(run.findings)):
                break
    cpu = time.process_time() - started
    return Trial(job, watch.first, watch.runs, tuple(watch.coverage), cpu)


def make_trials(jobs: Sequence[Job], processes: int) -> Generator[Trial]:
    """Make trials in so many processes at once; they come as they are done.

    Closing the iterator ends the processes.

    Raises:
        TrialError, EngineNotFoundError, EngineError: see ``make_trial``.
        BrokenProcessPool: a process ended early, or was killed.
    """
    context, others = multiprocessing.get_context("spawn"), multiprocessing.active_children()
    start = ProcessPoolExecutor(processes, context, initializer=obey, initargs=(os.getpid(),))
    with spawning(), start as pool:
        trials = [pool.submit(make_trial, job) for job in jobs]
        try:
            for trial in as_completed(trials):
                yield trial.result()
        except BaseException:
            for process in multiprocessing.active_children():
                if process not in others:
                    process.terminate()  # it would make its trial first
            pool.shutdown(cancel_futures=True)
            raise
