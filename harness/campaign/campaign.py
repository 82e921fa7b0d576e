"""The parent of a campaign: starts workers, collects what they find, knows when to stop."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from harness.campaign import spool
from harness.campaign.collector import Collected, Collector
from harness.campaign.libfuzzer import why_unavailable
from harness.campaign.paths import CampaignPaths
from harness.campaign.status import Status, read
from harness.campaign.worker import EXIT_TROUBLE, Task
from harness.engine.registry import EngineRef
from harness.execute.opening import open_executor

MAX_LEN = 600
"""Longest input in bytes: 12 operations and some 250 switches."""

_POLL = 0.1
_GRACE = 5.0


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
        trouble: one sentence, when a worker stopped by itself.
    """

    seconds: float = 0.0
    status: Status = field(default_factory=Status)
    inputs: int = 0
    collected: list[Collected] = field(default_factory=list)
    busy: str = ""
    waiting: int = 0
    unguided: str = ""
    trouble: str = ""


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

    def run(self) -> Progress:
        """Run to the limits, or until ``KeyboardInterrupt``; either way collect what is there.

        Raises:
            OSError: the disk refuses; what was found stays in the spool for the next campaign.
            NondeterministicEngineError: two runs of one case differ.
            EngineError: the engine can not be run.
        """
        self._paths.make()
        for old in self._paths.log.glob("status-*.json"):
            old.unlink()
        collector = Collector(self._executor, self._paths)
        self._started = time.monotonic()
        workers = [self._start(i) for i in range(self._options.jobs)]
        try:
            with self._executor.guard():
                while any(w.poll() is None for w in workers):
                    self._collect(collector, once=True)
                    self._update()
                    time.sleep(_POLL)
                    if self._late():
                        break
        except KeyboardInterrupt:
            pass
        finally:
            self._stop(workers)
        self._notice_failures(workers)
        with self._executor.guard():
            self._collect(collector, once=False)
        self._update()
        return self.progress

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

    def _late(self) -> bool:
        # libFuzzer keeps its own time, but not while it reads a large corpus.
        limit = self._options.seconds
        return bool(limit) and time.monotonic() - self._started > limit + 1

    def _stop(self, workers: Sequence[subprocess.Popen[bytes]]) -> None:
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

    def _notice_failures(self, workers: Sequence[subprocess.Popen[bytes]]) -> None:
        self._update()
        for number, worker in enumerate(workers):
            # 0: done; negative: stopped by us; 72 and 77 are libFuzzer's for interrupts.
            if worker.returncode not in (0, 72, EXIT_TROUBLE) and worker.returncode > 0:
                log = self._paths.log / f"worker-{number}.log"
                self.progress.trouble = self.progress.trouble or (
                    f"worker {number} ended with code {worker.returncode}; see {log}"
                )

    # ------------------------------------------------------------------- findings

    def _collect(self, collector: Collector, *, once: bool) -> None:
        """Look at raw findings: one, so that the display lives on, or all."""
        for raw in spool.waiting(self._paths.spool):
            self.progress.busy = f"minimising {raw.signature}"
            found = collector.take(raw, lambda _: self._update())
            if found is not None:
                self.progress.collected.append(found)
            self.progress.busy = ""
            if once:
                return

    def _update(self) -> None:
        progress = self.progress
        total = Status()
        for path in self._paths.log.glob("status-*.json"):
            status = read(path)
            if status is not None:
                total.add(status)
        progress.status = total
        progress.trouble = total.trouble
        progress.seconds = time.monotonic() - self._started
        progress.inputs = sum(1 for _ in self._paths.inputs.iterdir())
        progress.waiting = sum(1 for _ in self._paths.spool.glob("*.json"))
        self._show(progress)


def run_libfuzzer(ref: EngineRef, options: Options) -> int:
    """Hand the terminal to libFuzzer, for its own modes such as ``-merge=1``.

    Returns:
        Its exit code.
    """
    paths = CampaignPaths.of(options.corpus, ref.spec)
    paths.make()
    task = Task(ref.name, str(paths.spool), str(paths.log), options.seed, 0, 0.0, True, False)
    command = [sys.executable, "-m", "harness.campaign.worker", *options.extra]
    return subprocess.run(command, env=task.environment(), check=False).returncode
