"""A worker process: runs inputs, notes findings, reports its status.

Started as ``python -m harness.campaign.worker [libFuzzer arguments]`` with its task in the
environment, so that libFuzzer can start copies of it (``-jobs``, ``-merge``, ``-fork``).
"""

from __future__ import annotations

import ctypes
import gc
import json
import os
import random
import re
import signal
import sys
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path

from harness.campaign.ablation import WHOLE, Ablation
from harness.campaign.even import EvenThinning
from harness.campaign.feedback import MAP_SIZE, FeedbackMap
from harness.campaign.known import known_workloads
from harness.campaign.libfuzzer import fuzz, instrument
from harness.campaign.population import Population
from harness.campaign.proposing import Proposals
from harness.campaign.sorts import Sorts, worth_noting
from harness.campaign.spool import Notes, RawFinding
from harness.campaign.status import Status
from harness.cases.casefile import SavedCase, sound_cases
from harness.codec.codec import DENSE, PLAIN, Codec
from harness.codec.mutate import Mutator
from harness.engine.registry import EngineRef, find
from harness.execute.python import PythonExecutor
from harness.execute.run import EngineError, Run
from harness.model.workload import Workload
from harness.strategies.drive import run_with
from harness.strategies.registry import DEFAULT, STRATEGIES
from harness.strategies.search import search

TASK = "HARNESS_WORKER"
"""Environment variable that holds the task."""

EXIT_TROUBLE = 70
"""Exit code when the worker stopped by itself and says why in its status."""

_REPORT_EVERY = 0.5

_COLLECT = 4096
"""Runs between two looks for reference cycles."""


@dataclass(frozen=True, slots=True)
class Task:
    """What a worker is to do.

    Attributes:
        engine: name of the engine.
        spool: folder for findings.
        log: folder for its status file.
        seed: of everything random.
        runs: how many inputs, 0 for no limit.
        seconds: how long, 0 for no limit.
        guided: by libFuzzer; otherwise random inputs in a plain loop.
        strategy: decides the schedules of random workloads, in place of inputs; or empty.
        instrumented: whether the engine's code is instrumented for branch coverage.
        parts: of the guidance, for the bench.
        parent: process without which there is nothing to do, 0 for none.
        cases: folder with the cases of the engine's family, empty for none.
    """

    engine: str
    spool: str
    log: str
    seed: int
    runs: int
    seconds: float
    guided: bool
    instrumented: bool
    parts: Ablation = WHOLE
    parent: int = 0
    strategy: str = ""
    cases: str = ""

    def environment(self) -> dict[str, str]:
        """The environment of a worker with this task."""
        return {**os.environ, TASK: json.dumps(asdict(self))}

    @classmethod
    def from_environment(cls) -> Task:
        """The task this process was started with."""
        d = json.loads(os.environ[TASK])
        return cls(**{**d, "parts": Ablation(**d["parts"])})


class Worker:
    """Runs inputs of one engine.

    Args:
        task: what to do.
        ref: the engine.
        cases: of its family, from which to begin.
    """

    def __init__(self, task: Task, ref: EngineRef, cases: Iterable[SavedCase] = ()) -> None:
        self._task = task
        self.feedback = FeedbackMap(task.parts) if task.guided else None
        self.executor = PythonExecutor(ref, self.feedback)
        if self.feedback is not None:
            self.feedback.scheduler = self.executor.scheduler
        self._codec = Codec(ref.spec)
        self.random = random.Random(task.seed)
        self._thinning: EvenThinning | None = None
        if task.guided and task.parts.evenness:
            self._thinning = self._codec.thinning = EvenThinning(self.random)
        tails = PLAIN if self._thinning is None else DENSE
        self.mutator = Mutator(self._codec, known_workloads(cases, self._codec), tails)
        self.status = Status()
        self._sorts = Sorts()
        self._notes = Notes(Path(task.spool))
        self._started = time.monotonic()
        self._reported = 0.0
        self._file = Path(task.log) / f"status-{os.getpid()}.json"
        self._strategy = STRATEGIES[task.strategy or DEFAULT](self.random)
        self._fixed = ref.spec.program is not None
        self._proposals: Proposals | None = None
        self._population: Population | None = None
        if self.feedback is not None and task.parts.mutators:
            self._population = Population(MAP_SIZE)
            self._proposals = Proposals(self.mutator, self._population, self.random)

    def one_input(self, data: bytes) -> None:
        """Run one input and note what it shows."""
        if len(data) < self._codec.header:
            # It says nothing; and libFuzzer begins with two such, in every campaign the same.
            data = self.mutator.fresh(self.random)
        workload, schedule = self._codec.decode(data)
        if self.feedback is not None:
            self.feedback.forget()
        if self._thinning is not None:
            self._thinning.forget()
        try:
            if self._proposals is not None and self._fixed:
                run, schedule = run_with(self.executor, workload, self._strategy)
                self._judge(run, workload, partial(self._codec.encode, workload, schedule))
                return
            run = self.executor.run(workload, schedule)
        except EngineError as error:
            self._give_up(str(error))
        except BaseException as error:
            # From setup, say: libFuzzer would print a traceback and count that as success.
            self._give_up(f"running the engine failed: {type(error).__name__}: {error}")
        # What goes round is no parent: its children would too, and cost a hundred others each.
        if self._population is not None and self.feedback is not None and not run.went_round:
            self._population.saw(data, self.feedback.shown, run.steps)
        self._judge(run, workload, lambda: data)

    def _judge(self, run: Run, workload: Workload, data: Callable[[], bytes]) -> None:
        status = self.status
        status.runs += 1
        status.steps += run.steps
        if status.runs % _COLLECT == 0:
            gc.collect()
        if run.limited:
            status.limited += 1
        if run.findings:
            for finding in run.findings:
                signature = finding.signature
                status.verdicts[signature] += 1
                if not finding.kind.warning:
                    nth = self._sorts.count(finding, (op.name for op in workload.ops))
                    if worth_noting(nth):
                        self._note(data(), signature, nth)
        slow = time.monotonic() - self._reported >= _REPORT_EVERY
        if slow or not status.runs & 63 or status.runs == self._task.runs:
            self._maybe_report()

    def fuzz(self, one_input: Callable[[bytes], None]) -> None:
        """Hand over to libFuzzer; does not return."""
        assert self.feedback is not None
        propose = None if self._proposals is None else self._proposals.next
        fuzz(one_input, propose, self.feedback.places)

    def unguided(self) -> None:
        """Random inputs, until the task's limits."""
        task, status = self._task, self.status
        for data in self.mutator.walks(self.random):
            self.one_input(data)
            late = task.seconds and time.monotonic() - self._started >= task.seconds
            if late or status.runs == task.runs:
                break
        self.report()

    def searching(self) -> None:
        """Random workloads under the task's strategy, until its limits."""
        task = self._task
        workloads = self.mutator.workloads(random.Random(task.seed))
        searched = search(self.executor, workloads, self._strategy, task.runs or sys.maxsize)
        try:
            for run, workload, schedule in searched:
                self._judge(run, workload, partial(self._codec.encode, workload, schedule))
                if task.seconds and time.monotonic() - self._started >= task.seconds:
                    break
        except EngineError as error:
            self._give_up(str(error))
        self.report()

    def report(self) -> None:
        """Write the status file."""
        self.status.seconds = time.monotonic() - self._started
        if self.feedback is not None:
            self.status.places = self.feedback.seen
        with suppress(OSError):  # a full disk: what counts are the findings
            self.status.write(self._file)

    def _maybe_report(self) -> None:
        now = time.monotonic()
        if now - self._reported >= _REPORT_EVERY or self.status.runs == self._task.runs:
            self._reported = now
            self.report()
            if self._task.parent and os.getppid() != self._task.parent:
                os._exit(0)  # the campaign was killed; nobody wants the results any more

    def _note(self, data: bytes, signature: str, nth: int) -> None:
        elapsed = time.monotonic() - self._started
        refused = () if self._thinning is None else self._thinning.left_out
        try:
            self._notes.put(RawFinding(data, refused, signature, nth, self.status.runs, elapsed))
        except OSError as error:
            self._give_up(f"a finding can not be written to {self._task.spool}: {error.strerror}")

    def _give_up(self, why: str) -> None:
        self.status.trouble = " ".join(why.split())
        self.report()
        os._exit(EXIT_TROUBLE)


def main() -> None:
    """Do the task in the environment."""
    task = Task.from_environment()
    obey(task.parent)
    # The last report comes with the last input, after which libFuzzer just exits.
    runs = [a.partition("=")[2] for a in sys.argv if re.fullmatch(r"-runs=\d+", a)]
    if runs:
        task = replace(task, runs=int(runs[-1]))
    ref = find(task.engine)
    if task.instrumented:
        instrument(ref.engine)
    cases = [case for _, case in sound_cases(Path(task.cases))] if task.cases else []
    worker = Worker(task, ref, cases)
    collect_rarely()
    with worker.executor.guard():
        if task.strategy:
            worker.searching()
        elif worker.feedback is None:
            worker.unguided()
        else:
            worker.fuzz(worker.one_input)


def collect_rarely() -> None:
    """Leave looking for reference cycles to whoever counts the runs: every ``_COLLECT`` of them.

    Engines leave few behind. Left to itself Python would walk through thousands of cached
    workloads again and again to find them, which took a third of the time.
    """
    gc.collect()
    gc.freeze()
    gc.disable()


def obey(parent: int) -> None:
    """Leave it to the process that started this one, ``parent`` if given, when this one ends.

    Ctrl-C reaches both, but is for that one.
    """
    die_with_parent(parent)
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def die_with_parent(parent: int) -> None:
    """End this process when its parent, ``parent`` if given, ends or has ended."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)
    if parent and os.getppid() != parent:
        sys.exit()  # it was killed before that took effect


if __name__ == "__main__":
    main()
