"""The parent of a campaign: starts workers, collects what they find, knows when to stop."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from harness.campaign import libfuzzer
from harness.campaign.claim import claimed
from harness.campaign.collector import Collected, Collector, NondeterministicEngineError
from harness.campaign.elsewhere import digests_elsewhere, sources
from harness.campaign.known import known_workloads
from harness.campaign.libfuzzer import why_unavailable
from harness.campaign.paths import CampaignPaths
from harness.campaign.spool import RawFinding, Spool
from harness.campaign.status import Status, read
from harness.campaign.worker import EXIT_TROUBLE, Task
from harness.cases.casefile import sound_cases
from harness.cases.replay import replay_saved
from harness.children import command
from harness.codec.codec import Codec
from harness.engine.modules import engine_modules
from harness.engine.registry import EngineRef
from harness.execute.opening import open_executor
from harness.execute.run import EngineError
from harness.model.wording import counted

WORKER = "harness.campaign.worker"

_POLL = 0.1
_GRACE = 5.0

_FEW = 1
"""How many raw findings of a sort are looked at when a campaign is over."""

_PATIENCE = 10.0
"""Seconds from then on in which kinds of finding that have a case may get further ones."""


@dataclass(frozen=True, slots=True)
class Options:
    """What a campaign is to do.

    Attributes:
        corpus: folder that holds the families' folders.
        seed: of everything random; worker i gets seed + i.
        runs: inputs for each worker, 0 for no limit.
        seconds: how long, 0 for no limit.
        jobs: worker processes.
        instrumented: whether the engine's Python code is instrumented for branch coverage.
        extra: libFuzzer's own arguments.
        strategy: decides the schedules of random workloads, without libFuzzer; empty for it.
    """

    corpus: Path
    seed: int = 1
    runs: int = 0
    seconds: float = 0.0
    jobs: int = 1
    instrumented: bool = False
    extra: Sequence[str] = ()
    strategy: str = ""


@dataclass(slots=True)
class Progress:
    """What a campaign has done so far; handed to the display and returned at the end.

    Attributes:
        seconds: since the start.
        status: the workers' counts, summed up.
        known: cases whose workloads it begins with.
        inputs: inputs in libFuzzer's corpus.
        collected: confirmed findings.
        ending: why the workers are to run no further, empty while they may.
        busy: what the parent is doing, for the display.
        waiting: raw findings not yet looked at.
        unguided: one sentence, when there is no guidance.
        instrumented: the modules that are instrumented for branch coverage.
        trouble: one sentence, when the campaign or a worker had to stop.
        nondeterministic: whether the trouble is that two runs of one case differ.
        interrupted: whether Ctrl-C ended it.
    """

    seconds: float = 0.0
    status: Status = field(default_factory=Status)
    known: int = 0
    inputs: int = 0
    collected: list[Collected] = field(default_factory=list)
    ending: str = ""
    busy: str = ""
    waiting: int = 0
    unguided: str = ""
    instrumented: Sequence[str] = ()
    trouble: str = ""
    nondeterministic: bool = False
    interrupted: bool = False


class Campaign:
    """One campaign on one engine.

    Args:
        ref: the engine.
        options: what to do.
        show: called about ten times a second with the progress.
    """

    def __init__(self, ref: EngineRef, options: Options, show: Callable[[Progress], None]) -> None:
        self._ref = ref
        self._options = options
        self._show = show
        self._paths = CampaignPaths.of(options.corpus, ref.spec)
        self._executor = open_executor(ref)
        self._sources = sources(ref.engine)
        unguided = "" if options.strategy else why_unavailable() or ""
        self.progress = Progress(unguided=unguided)
        if options.instrumented and not unguided:
            self.progress.instrumented = [m.__name__ for m in engine_modules(ref.engine)]
        self._started = self._updated = time.monotonic()
        self._leaving = False

    def run(self) -> Progress:
        """Run to the limits, or until Ctrl-C; either way collect what is there.

        A second Ctrl-C, or one after the limits were reached, leaves what has not been looked at
        in the spool, for the next campaign; so does an engine that turns out not to be
        deterministic, or that can not be run.

        Raises:
            BusyError: another campaign on this engine has its things in the same folders.
            OSError: the disk refuses; what was found stays in the spool for the next campaign.
        """
        self._paths.make()
        with claimed(self._paths, self._ref.name):
            self._run()
        return self.progress

    def _run(self) -> None:
        for old in self._paths.log.glob("status-*.json"):
            old.unlink()
        cases = list(sound_cases(self._paths.cases))
        self._spool = Spool(self._paths.spool)
        self._spool.tidy()  # after a campaign that was killed
        collector = Collector(self._executor, self._paths, self._spool, cases)
        codec = Codec(self._ref.spec)
        self.progress.known = len(known_workloads((case for _, case in cases), codec))
        self._started = time.monotonic()
        workers: list[subprocess.Popen[bytes]] = []
        with self._told_of_interrupts(), self._executor.guard():
            try:
                workers += [self._start(i) for i in range(self._options.jobs)]
                while any(w.poll() is None for w in workers) and not self._over():
                    self._take_one(collector)
                    self._update()
                    time.sleep(_POLL)
                self.progress.ending = self.progress.ending or "the workers have ended"
                self._update()
                self._notice_failures(self._stop(workers))
                self._wrap_up(collector)
                self._compare_elsewhere(collector)
            except (NondeterministicEngineError, EngineError) as error:
                self.progress.trouble = str(error)
                self.progress.nondeterministic = isinstance(error, NondeterministicEngineError)
            except KeyboardInterrupt:
                pass
            finally:
                self._stop(workers)
                with suppress(OSError):  # it does not have to be tidy
                    self._spool.tidy()
        self.progress.busy = ""
        self._update()

    @contextmanager
    def _told_of_interrupts(self) -> Iterator[None]:
        """Ctrl-C is noted and answered between runs: inside one it would look like a finding."""
        before = signal.getsignal(signal.SIGINT)
        in_main = threading.current_thread() is threading.main_thread()
        if not in_main or before is signal.SIG_IGN:
            yield
            return

        def note(signum: int, frame: object) -> None:
            self._leaving = self.progress.interrupted or bool(self.progress.ending)
            self.progress.interrupted = True

        signal.signal(signal.SIGINT, note)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, before)

    # -------------------------------------------------------------------- workers

    def _start(self, number: int) -> subprocess.Popen[bytes]:
        options = self._options
        seed = options.seed + number
        guided = not (options.strategy or self.progress.unguided)
        task = Task(
            engine=self._ref.name,
            spool=str(self._paths.spool),
            log=str(self._paths.log),
            seed=seed,
            runs=options.runs,
            seconds=options.seconds,
            guided=guided,
            instrumented=bool(self.progress.instrumented),
            parent=os.getpid(),
            strategy=options.strategy,
            cases=str(self._paths.cases),
        )
        arguments = [
            *libfuzzer.options(seed),
            f"-artifact_prefix={self._paths.log}/",
            *([f"-runs={options.runs}"] if options.runs else []),
            *([f"-max_total_time={max(1, int(options.seconds))}"] if options.seconds else []),
            *options.extra,
        ]
        inputs = str(self._paths.inputs)
        log = (self._paths.log / f"worker-{number}.log").open("wb")
        with log:
            return subprocess.Popen(
                command(WORKER, inputs, *arguments),
                env=task.environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def _over(self) -> bool:
        # libFuzzer keeps its own time, but not while it reads a large corpus.
        limit = self._options.seconds
        late = bool(limit) and time.monotonic() - self._started > limit + 1
        return late or self.progress.interrupted

    def _why_ending(self) -> str:
        if self.progress.interrupted:
            return "stopping"
        limit = self._options.seconds
        return "time is up" if limit and self.progress.seconds >= limit else ""

    def _stop(
        self, workers: Sequence[subprocess.Popen[bytes]]
    ) -> list[tuple[int, subprocess.Popen[bytes]]]:
        """Stop the workers; returns those that had ended by themselves, with their numbers."""
        ended = [(i, worker) for i, worker in enumerate(workers) if worker.poll() is not None]
        for worker in workers:
            if worker.poll() is None:
                worker.terminate()
        deadline = time.monotonic() + _GRACE
        for worker in workers:
            try:
                worker.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                worker.kill()
                worker.wait()
        return ended

    def _notice_failures(self, ended: Sequence[tuple[int, subprocess.Popen[bytes]]]) -> None:
        self._update()
        trouble = self.progress.status.trouble
        for number, worker in ended:
            log = self._paths.log / f"worker-{number}.log"
            if worker.returncode == 0 or (worker.returncode == EXIT_TROUBLE and trouble):
                continue  # done, or it says in its status why it gave up
            if worker.returncode < 0:
                name = signal.Signals(-worker.returncode).name
                trouble = trouble or f"worker {number} was killed by {name}; its log is {log}"
            trouble = trouble or (
                f"worker {number} ended early, with exit code {worker.returncode}; its log is {log}"
            )
        if not (trouble or self.progress.status.runs or self.progress.interrupted):
            trouble = (
                "not a single run came to an end: give it more time, or see whether setup or an "
                f"operation never ends; the workers' logs are in {self._paths.log}"
            )
        self.progress.trouble = trouble

    # ------------------------------------------------------------------- findings

    def _take_one(self, collector: Collector) -> None:
        """Look at one raw finding, if there is any."""
        raw = next(iter(self._spool), None)
        if raw is not None:
            self._take(collector, raw, f"minimising {raw.signature}")

    def _wrap_up(self, collector: Collector) -> None:
        """Look at what is left: the first raw findings of each sort, and drop the others.

        When that takes long, what is probably one more way to a known finding stays in the spool.
        """
        late = time.monotonic() + _PATIENCE
        self._spool.look()
        left = list(self._spool)
        for raw in left:
            if raw.nth > _FEW:
                self._spool.take(raw)
        first = [raw for raw in left if raw.nth <= _FEW]
        for n, raw in enumerate(first, 1):
            if time.monotonic() < late or raw.signature not in collector.signatures:
                self._take(collector, raw, f"minimising {n} of {counted(len(first), 'finding')}")

    def _take(self, collector: Collector, raw: RawFinding, busy: str) -> None:
        self.progress.busy = busy
        self._update()
        collector.take(raw, lambda _: self._between_runs())
        self.progress.collected = list(collector.collected.values())
        self.progress.busy = ""

    def _compare_elsewhere(self, collector: Collector) -> None:
        """Have the new cases run in another process as well; none is kept that differs there.

        Of an engine that was edited meanwhile that process would run what it is now.

        Raises:
            NondeterministicEngineError: one does.
        """
        new = [(cause, found) for cause, found in collector.collected.items() if found.new]
        if not new or sources(self._ref.engine) != self._sources:
            return
        there = digests_elsewhere(self._ref.name, [found.path for _, found in new])
        differ = [
            (cause, found)
            for (cause, found), digest in zip(new, there, strict=False)
            if replay_saved(self._executor, found.case).recorded.trace.digest() != digest
        ]
        for cause, found in differ:
            found.path.unlink(missing_ok=True)
            del collector.collected[cause]
        self.progress.collected = list(collector.collected.values())
        if differ:
            raise NondeterministicEngineError(
                f"nondeterministic engine: a case of '{differ[0][1].case.finding}' runs otherwise "
                "in another process; look for the order of a set, which differs between "
                "processes, for the environment or for files"
            )

    def _between_runs(self) -> None:
        if self._leaving:
            raise KeyboardInterrupt
        if time.monotonic() - self._updated > _POLL:
            self._update()

    def _update(self) -> None:
        progress = self.progress
        total = Status()
        for path in self._paths.log.glob("status-*.json"):
            status = read(path)
            if status is not None:
                total.add(status)
        progress.status = total
        self._updated = time.monotonic()
        progress.seconds = self._updated - self._started
        if not progress.ending:
            progress.ending = self._why_ending()
        progress.inputs = sum(1 for _ in self._paths.inputs.iterdir())
        self._spool.look()
        progress.waiting = len(self._spool)
        self._show(progress)


def run_libfuzzer(ref: EngineRef, options: Options, *, quiet: bool = False) -> int:
    """Hand the terminal to libFuzzer, for its own modes such as ``-merge=1``.

    Args:
        ref: the engine.
        options: where to, the seed and libFuzzer's arguments.
        quiet: keep standard output clean.

    Returns:
        Its exit code.

    Raises:
        BusyError: a campaign on this engine has its things in the same folders.
    """
    paths = CampaignPaths.of(options.corpus, ref.spec)
    paths.make()
    task = Task(
        engine=ref.name,
        spool=str(paths.spool),
        log=str(paths.log),
        seed=options.seed,
        runs=0,
        seconds=0.0,
        guided=True,
        instrumented=False,
        cases=str(paths.cases),
    )
    started = command(WORKER, *options.extra)
    stdout = sys.stderr if quiet else None
    environment = task.environment()
    with claimed(paths, ref.name):
        return subprocess.run(started, env=environment, stdout=stdout, check=False).returncode
