"""Trials of the guided campaign: its worker, under libFuzzer, in a process of its own.

``python -m harness.bench.guided FOLDER [libFuzzer arguments]`` is that process. It is the
campaign's own worker; all that is added is a look at its verdicts after each run.
"""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
import time
from dataclasses import asdict
from pathlib import Path
from random import Random

from harness.bench.earlier import earlier_cases
from harness.bench.pairs import Pairs
from harness.bench.searchers import GUIDED
from harness.bench.subjects import subjects
from harness.bench.trial import Job, Trial, Watch
from harness.campaign import libfuzzer
from harness.campaign.worker import Task, Worker, collect_rarely, die_with_parent
from harness.children import command

JOB = "HARNESS_BENCH_JOB"
"""Environment variable that holds the job."""

_RESULT = "trial.json"


class TrialError(Exception):
    """A trial came to no result; the message says why."""


def guided_trial(job: Job) -> Trial:
    """Make a trial of the guided campaign.

    Raises:
        TrialError: the process ended without a result.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for part in ("spool", "log", "inputs"):
            (folder / part).mkdir()
        arguments = [
            *libfuzzer.options(_seed(job)),
            f"-artifact_prefix={folder / 'log'}/",
        ]
        ended = subprocess.run(
            command("harness.bench.guided", str(folder / "inputs"), *arguments),
            env={**os.environ, JOB: json.dumps([asdict(job), name, os.getpid()])},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            check=False,
        )
        try:
            first, runs, coverage, cpu = json.loads((folder / _RESULT).read_text())
        except OSError:
            said = ended.stderr.decode(errors="replace").strip().splitlines()
            raise TrialError(
                f"{job.strategy} on {job.subject} (seed {job.seed}) ended with code "
                f"{ended.returncode}: {said[-1] if said else 'it said nothing'}"
            ) from None
    return Trial(job, first, runs, tuple((n, pairs) for n, pairs in coverage), cpu)


def _seed(job: Job) -> int:
    """What libFuzzer and the worker are seeded with; libFuzzer takes 0 for the time of day.

    Of its own for each subject, or the same first inputs would tie the trials of all. Not for each
    strategy: what differs between ablations is the part that is left out.
    """
    return Random(f"{job.subject} {job.seed}").randrange(1, 1 << 31)


def main() -> None:
    """Make the trial in the environment and leave its result in the folder."""
    fields, name, parent = json.loads(os.environ[JOB])
    die_with_parent(parent)
    collect_rarely()
    job, folder = Job(**fields), Path(name)
    subject = subjects()[job.subject]
    task = Task(
        engine=job.subject,
        spool=str(folder / "spool"),
        log=str(folder / "log"),
        seed=_seed(job),
        runs=0,
        seconds=0.0,
        guided=True,
        instrumented=False,
        parts=GUIDED[job.strategy],
    )
    cases = earlier_cases(subject, job.corpus) if task.parts.cases else []
    worker = Worker(task, subject.ref, cases)
    assert worker.feedback is not None
    watch = Watch(job.budget, Pairs(worker.executor.scheduler, worker.feedback))
    verdicts, bug = worker.status.verdicts, subject.bug
    started = time.process_time()

    def one_input(data: bytes) -> None:
        worker.one_input(data)
        if watch.saw(any(signature.startswith(bug) for signature in verdicts)):
            cpu = time.process_time() - started
            result = (watch.first, watch.runs, watch.coverage, cpu)
            (folder / _RESULT).write_text(json.dumps(result))
            os._exit(0)

    with worker.executor.guard():
        worker.fuzz(one_input)


if __name__ == "__main__":
    main()
