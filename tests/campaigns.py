"""How the tests run commands and campaigns: small engines in files, tiny budgets."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from harness.campaign.spool import RawFinding, Spool
from harness.cli.main import main

PATIENCE = 60.0
"""Seconds after which a condition that should come true has not."""

SOURCE = '''
import ctypes, os, random, sys, threading
import greenlet
from harness import ADMITTED, QUEUED, REJECTED, Atomic, Engine, Mutex, operation

class Sound(Engine):
    """A slot that is given or refused."""
    def setup(self, topology):
        self.lock = Mutex("lock")
        self.busy = Atomic("busy", 0)
        self.resource("slot", capacity=1)
    def arrive(self, request):
        return ADMITTED if self.busy.compare_exchange(0, 1) else REJECTED
    def finish(self, request):
        self.busy.store(0)

class Raises(Sound):
    def finish(self, request):
        self.busy.store(0)
        raise ValueError("no luck")
'''
"""A sound engine, and one that raises."""

RAISES_TOO = """
class Both(Raises):
    def arrive(self, request):
        assert request.name != "B"
        return super().arrive(request)
"""
"""Two findings in every long input."""

STRANDS = '''
class Pool(Engine):
    """Whoever loses the race for the lock goes home."""
    def setup(self, topology):
        self.lock = Mutex("lock")
        self.line = []
        self.busy = Atomic("busy", 0)
        self.resource("slot", capacity=1)
    def arrive(self, request):
        with self.lock:
            if self.busy.compare_exchange(0, 1):
                return ADMITTED
            self.line.append(request)
        return QUEUED
    def finish(self, request):
        self.busy.store(0)
        if self.lock.trylock():
            self.serve()
            self.lock.unlock()
    def serve(self):
        while self.line and self.busy.compare_exchange(0, 1):
            first = self.line.pop(0)
            self.dispatch(first)
            self.wake(first)
'''
"""A pool that strands a request when a trylock fails at the wrong moment."""

FIXED = STRANDS.replace(
    """        if self.lock.trylock():
            self.serve()
            self.lock.unlock()""",
    """        with self.lock:
            self.serve()""",
)
"""The same pool without the bug."""

RENAMED = FIXED.replace("self.lock", "self.gate").replace('"lock"', '"gate"')
"""Another lock under another name: the old schedule has no place to go to."""


def engine(folder: Path, body: str = "", name: str = "engines.py") -> Path:
    """A file with ``Sound``, ``Raises`` and the classes of ``body``."""
    path = folder / name
    path.write_text(SOURCE + body)
    return path


@dataclass
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Standard output as JSON, of which it must consist."""
        return json.loads(self.out)

    @property
    def findings(self) -> list[tuple[str, bool, bool]]:
        """Of each finding in the JSON: its kind, whether it is new, whether it is accepted."""
        return [(f["finding"], f["new"], f["accepted"]) for f in self.json["findings"]]

    def complaint(self) -> str:
        """The one sentence on standard error."""
        assert "Traceback" not in self.out + self.err, self.out + self.err
        lines = self.err.strip().splitlines()
        assert len(lines) == 1, self.err
        assert lines[0].startswith("harness: ")
        return lines[0]


def harness(*arguments: object) -> Ended:
    """Run a command in this process."""
    done = CliRunner().invoke(main, [str(a) for a in arguments], catch_exceptions=True)
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return Ended(done.exit_code, done.stdout, done.stderr)


def fuzz(target: object, corpus: Path, *more: object, runs: int = 1000) -> Ended:
    """Run a tiny campaign whose parent is this process."""
    return harness("fuzz", target, "--corpus", corpus, "--runs", runs, "--seed", 1, *more)


def spawn(*arguments: object, cwd: Path, **environment: str) -> subprocess.Popen[str]:
    """Start a command in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "harness", *map(str, arguments)],
        cwd=cwd,
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=_default_interrupts,
    )


def _default_interrupts() -> None:
    # A shell that starts tests in the background has them ignore Ctrl-C.
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def end(process: subprocess.Popen[str]) -> Ended:
    """Wait for a command."""
    try:
        out, err = process.communicate(timeout=PATIENCE)
    finally:
        process.kill()
    return Ended(process.returncode, out, err)


def until(condition: Callable[[], Any], what: str) -> Any:
    """Poll until ``condition`` gives something true, and return that."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        found = condition()
        if found:
            return found
        time.sleep(0.02)
    raise AssertionError(f"waited in vain for {what}")


def workers(parent: int) -> list[int]:
    """The process ids of the workers that ``parent`` started."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            command = (entry / "cmdline").read_bytes()
            status = (entry / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if b"harness.campaign.worker" in command and int(status[1]) == parent:
            found.append(int(entry.name))
    return found


def alive(pid: int) -> bool:
    """Whether a process runs; one that has ended and was not waited for does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def cases(corpus: Path) -> list[Path]:
    """The case files in a corpus."""
    return sorted(corpus.rglob("*.case.toml"))


def raw(corpus: Path) -> list[RawFinding]:
    """The raw findings in the spools of a corpus."""
    return [raw for folder in corpus.glob("*/spool/*/*") for raw in Spool(folder)]


def shim(folder: Path, code: str) -> str:
    """A PYTHONPATH with a ``sitecustomize`` that runs ``code`` in every process."""
    folder.mkdir(exist_ok=True)
    (folder / "sitecustomize.py").write_text(code)
    return os.pathsep.join([str(folder), *filter(None, [os.environ.get("PYTHONPATH")])])


IMPATIENT = "import harness.runtime.watchdog as w\nw.PERIOD = 0.05\n"
"""Makes the watchdog look twenty times a second, for engines that are stuck."""

NO_ATHERIS = """
import importlib.util as util
real = util.find_spec
util.find_spec = lambda name, *rest: None if name == "atheris" else real(name, *rest)
"""
"""Hides Atheris."""
