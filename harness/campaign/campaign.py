"""The parent of a campaign: starts workers, collects what they find, knows when to stop."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from harness.campaign import spool
from harness.campaign.collector import Collected, Collector, NondeterministicEngineError
from harness.campaign.libfuzzer import why_unavailable
from harness.campaign.paths import CampaignPaths
from harness.campaign.status import Status, read
from harness.campaign.worker import EXIT_TROUBLE, Task
from harness.engine.registry import EngineRef
from harness.execute.opening import open_executor
from harness.execute.run import EngineError

MAX_LEN = 600
"""Longest input in bytes: 12 operations and some 250 switches."""

_POLL = 0.1
_GRACE = 5.0

_FEW = 1
"""How many raw findings of a sort are looked at when a campaign is over."""


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
    """

    corpus: Path
    seed: int = 1
    runs: int = 0
    seconds: float = 0.0
    jobs: int = 1
    instrumented: bool = False
    extra: Sequence[str] = ()


@dataclass(slots=True)
class Progress:
    """What a campaign has done so far; handed to the display and returned at the end.

    Attributes:
        seconds: since the start.
        status: the workers' counts, summed up.
        inputs: inputs in libFuzzer's corpus.
        collected: confirmed findings.
        busy: what the parent is doing, for the display.
        waiting: raw findings not yet looked at.
        unguided: one sentence, when there is no guidance.
        trouble: one sentence, when the campaign or a worker had to stop.
        nondeterministic: whether the trouble is that two runs of one case differ.
        interrupted: whether Ctrl-C ended it.
    """

    seconds: float = 0.0
    status: Status = field(default_factory=Status)
    inputs: int = 0
    collected: list[Collected] = field(default_factory=list)
    busy: str = ""
    waiting: int = 0
    unguided: str = ""
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
        self.progress = Progress(unguided=why_unavailable() or "")
        self._started = time.monotonic()
        self._interrupts = 0

    def run(self) -> Progress:
        """Run to the limits, or until Ctrl-C; either way collect what is there.

        A second Ctrl-C leaves what has not been looked at in the spool, for the next campaign;
        so does an engine that turns out not to be deterministic, or that can not be run.

        Raises:
            OSError: the disk refuses; what was found stays in the spool for the next campaign.
        """
        self._paths.make()
        for old in self._paths.log.glob("status-*.json"):
            old.unlink()
        collector = Collector(self._executor, self._paths)
        self._started = time.monotonic()
        workers: list[subprocess.Popen[bytes]] = []
        with self._told_of_interrupts(), self._executor.guard():
            try:
                workers += [self._start(i) for i in range(self._options.jobs)]
                while any(w.poll() is None for w in workers) and not self._over():
                    self._collect(collector, once=True)
                    self._update()
                    time.sleep(_POLL)
                self._notice_failures(self._stop(workers))
                self._collect(collector, once=False)
            except (NondeterministicEngineError, EngineError) as error:
                self.progress.trouble = str(error)
                self.progress.nondeterministic = isinstance(error, NondeterministicEngineError)
            except KeyboardInterrupt:
                pass
            finally:
                self._stop(workers)
        self.progress.busy = ""
        self._update()
        return self.progress

    @contextmanager
    def _told_of_interrupts(self) -> Iterator[None]:
        """Ctrl-C is noted and answered between runs: inside one it would look like a finding."""
        before = signal.getsignal(signal.SIGINT)
        in_main = threading.current_thread() is threading.main_thread()
        if not in_main or before is signal.SIG_IGN:
            yield
            return

        def note(signum: int, frame: object) -> None:
            self._interrupts += 1
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
        guided = not self.progress.unguided
        task = Task(
            engine=self._ref.name,
            spool=str(self._paths.spool),
            log=str(self._paths.log),
            seed=seed,
            runs=options.runs,
            seconds=options.seconds,
            guided=guided,
            instrumented=options.instrumented,
            parent=os.getpid(),
        )
        arguments = [
            f"-seed={seed}",
            f"-max_len={MAX_LEN}",
            "-len_control=0",
            "-reduce_inputs=0",
            f"-artifact_prefix={self._paths.log}/",
            *([f"-runs={options.runs}"] if options.runs else []),
            *([f"-max_total_time={max(1, int(options.seconds))}"] if options.seconds else []),
            *options.extra,
        ]
        command = [sys.executable, "-m", "harness.campaign.worker", *arguments]
        command.insert(3, str(self._paths.inputs))
        log = (self._paths.log / f"worker-{number}.log").open("wb")
        with log:
            return subprocess.Popen(
                command,
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
        if ended and not trouble and not self.progress.status.runs:
            trouble = f"no worker ran a single input; their logs are in {self._paths.log}"
        self.progress.trouble = trouble

    # ------------------------------------------------------------------- findings

    def _collect(self, collector: Collector, *, once: bool) -> None:
        """Look at raw findings: at one, so that the display lives on, or at what is left."""
        for raw in spool.waiting(self._paths.spool):
            if not once and raw.nth > _FEW:
                # Time is up, and of its sort the first ones have been looked at.
                raw.path.unlink(missing_ok=True)
                continue
            self.progress.busy = f"minimising {raw.signature}"
            collector.take(raw, lambda _: self._minimising())
            self.progress.collected = list(collector.collected.values())
            self.progress.busy = ""
            if once:
                return
            self._minimising()

    def _minimising(self) -> None:
        self._update()
        if self._interrupts > 1:
            raise KeyboardInterrupt

    def _update(self) -> None:
        progress = self.progress
        total = Status()
        for path in self._paths.log.glob("status-*.json"):
            status = read(path)
            if status is not None:
                total.add(status)
        progress.status = total
        progress.seconds = time.monotonic() - self._started
        progress.inputs = sum(1 for _ in self._paths.inputs.iterdir())
        progress.waiting = sum(1 for _ in self._paths.spool.glob("*.json"))
        self._show(progress)


def run_libfuzzer(ref: EngineRef, options: Options, *, quiet: bool = False) -> int:
    """Hand the terminal to libFuzzer, for its own modes such as ``-merge=1``.

    Args:
        ref: the engine.
        options: where to, the seed and libFuzzer's arguments.
        quiet: keep standard output clean.

    Returns:
        Its exit code.
    """
    paths = CampaignPaths.of(options.corpus, ref.spec)
    paths.make()
    task = Task(ref.name, str(paths.spool), str(paths.log), options.seed, 0, 0.0, True, False)
    command = [sys.executable, "-m", "harness.campaign.worker", *options.extra]
    stdout = sys.stderr if quiet else None
    environment = task.environment()
    return subprocess.run(command, env=environment, stdout=stdout, check=False).returncode
