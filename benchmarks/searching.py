"""Worker processes: how they are started, and one watched as it searches on an empty corpus."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType

from harness.campaign.campaign import WORKER
from harness.campaign.libfuzzer import options as libfuzzer_options
from harness.campaign.spool import RawFinding, Spool
from harness.campaign.worker import Task
from harness.children import command

_POLL = 0.01
_TICK = os.sysconf("SC_CLK_TCK")


def worker_command(
    folder: Path, engine: str, seed: int, *, guided: bool, runs: int = 0, cases: str = ""
) -> tuple[list[str], dict[str, str]]:
    """How a campaign with the default settings starts a worker: the command, its environment.

    Args:
        folder: an empty one; what the worker finds lands in ``spool``.
        engine: its name.
        seed: of everything random.
        guided: by libFuzzer, or random inputs.
        runs: inputs to execute; 0 for no limit.
        cases: folder of the cases that it begins with; empty for none.
    """
    for part in ("spool", "log", "inputs"):
        (folder / part).mkdir()
    task = Task(
        engine=engine,
        spool=str(folder / "spool"),
        log=str(folder / "log"),
        seed=seed,
        runs=runs,
        seconds=0.0,
        guided=guided,
        instrumented=False,
        cases=cases,
    )
    arguments = [
        *libfuzzer_options(seed),
        f"-artifact_prefix={folder / 'log'}/",
        *([f"-runs={runs}"] if runs else []),
    ]
    return command(WORKER, str(folder / "inputs"), *arguments), task.environment()


class SearchWorker:
    """A worker as a campaign with the default settings starts it. A context manager.

    Args:
        engine: its name.
        seed: of everything random.
        guided: by libFuzzer, or random inputs.

    Attributes:
        cpu, wall: seconds since it was started, as of the last look.
    """

    def __init__(self, engine: str, seed: int, *, guided: bool) -> None:
        self._engine = engine
        self._seed = seed
        self._guided = guided
        self.cpu = self.wall = 0.0

    def __enter__(self) -> SearchWorker:
        self._temporary = tempfile.TemporaryDirectory()
        folder = Path(self._temporary.name)
        command, environment = worker_command(folder, self._engine, self._seed, guided=self._guided)
        self._spool = Spool(folder / "spool")
        self._start = time.monotonic()
        self._process = subprocess.Popen(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._process.kill()
        self._process.wait()
        self._temporary.cleanup()

    def wait(self) -> Iterator[RawFinding]:
        """Wait a moment; the raw findings of that time."""
        time.sleep(_POLL)
        if self._process.poll() is not None:
            raise SystemExit(
                f"the worker on {self._engine} ended with code {self._process.returncode}"
            )
        fields = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        self.cpu = (int(fields[11]) + int(fields[12])) / _TICK
        self.wall = time.monotonic() - self._start
        self._spool.look()
        for raw in self._spool:
            self._spool.take(raw)
            yield raw
