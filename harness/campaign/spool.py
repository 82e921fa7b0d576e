"""Raw findings on disk: written by workers the moment they are seen, taken by the parent.

Each worker has a file of its own and adds a line for each finding: to make a file takes some thirty
times as long as to write a line, and the first seconds of a campaign see hundreds. What has been
looked at is noted in one more file. So whoever is killed, at whatever moment, loses nothing, and
leaves hardly anything to look at twice. What is torn, because a machine crashed, is skipped.
"""

from __future__ import annotations

import errno
import json
import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from harness.cases.atomic_write import write_atomically
from harness.codec.codec import Codec
from harness.model.schedule import Schedule
from harness.model.workload import Workload

_SUFFIX = ".jsonl"
_TAKEN = "taken"


@dataclass(frozen=True, slots=True)
class RawFinding:
    """An input that showed something.

    Attributes:
        data: the input.
        refused: indexes of the deviations of its tail that were thinned out.
        signature: of the finding.
        nth: how many of its sort the worker had seen, this one included.
        runs: executions of the worker before it.
        seconds: since the worker started.
        old: whether an earlier campaign has left it.
    """

    data: bytes
    refused: Sequence[int]
    signature: str
    nth: int
    runs: int
    seconds: float
    old: bool = False

    @property
    def key(self) -> str:
        """Tells it from all others; the first of each sort come first."""
        told = f"{self.signature} {self.refused}\0".encode()
        return f"{self.nth:08}-{sha256(told + self.data).hexdigest()[:24]}"

    def case(self, codec: Codec) -> tuple[Workload, Schedule]:
        """What was run."""
        workload, schedule = codec.decode(self.data)
        return workload, schedule.without(self.refused)


class Notes:
    """What one process adds to a spool.

    Args:
        folder: the spool.
    """

    def __init__(self, folder: Path) -> None:
        self._path = _new_file(folder)

    def put(self, raw: RawFinding) -> None:
        """Note a finding.

        Raises:
            OSError: the disk refuses; nothing of it is left behind.
        """
        _append(self._path, _line(raw))


class Spool:
    """The raw findings that nobody has looked at yet. A sized iterable of them, in order of key.

    Args:
        folder: where they are noted; those that are there now are old.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._read: dict[Path, int] = {}  # bytes of each file
        self._waiting: dict[str, RawFinding] = {}
        try:
            self._taken = set((folder / _TAKEN).read_bytes().decode(errors="replace").split())
        except OSError:
            self._taken = set()
        self._old = True
        self.look()
        self._old = False

    def __len__(self) -> int:
        return len(self._waiting)

    def __iter__(self) -> Iterator[RawFinding]:
        return iter([self._waiting[key] for key in sorted(self._waiting)])

    def look(self) -> None:
        """Read what was noted since the last look."""
        for path in sorted(self._folder.glob(f"*{_SUFFIX}")):
            start = self._read.get(path, 0)
            with path.open("rb") as file:
                file.seek(start)
                whole, newline, _ = file.read().rpartition(b"\n")
            self._read[path] = start + len(whole) + len(newline)
            for line in whole.splitlines():
                raw = _from_line(line, self._old)
                if raw is not None and raw.key not in self._taken:
                    self._waiting[raw.key] = raw

    def take(self, raw: RawFinding) -> None:
        """Nobody needs to look at ``raw`` any more.

        Raises:
            OSError: the disk refuses; it waits.
        """
        _append(self._folder / _TAKEN, f"\n{raw.key}".encode())  # the last one may be torn
        self._taken.add(raw.key)
        self._waiting.pop(raw.key, None)

    def tidy(self) -> None:
        """Keep one file, with what waits, or none. Nobody may be noting anything.

        What was taken may be noted again from then on, and waits then.

        Raises:
            OSError: the disk refuses; nothing is lost.
        """
        self.look()
        before, new = self._read, {}
        if self._waiting:
            path, data = _new_file(self._folder), b"".join(_line(raw) for raw in self)
            write_atomically(path, data)
            new[path] = len(data)
        self._read = new
        for path in before:
            path.unlink(missing_ok=True)
        (self._folder / _TAKEN).unlink(missing_ok=True)
        self._taken.clear()


def _new_file(folder: Path) -> Path:
    return folder / f"{time.time_ns()}-{os.getpid()}{_SUFFIX}"


def _line(raw: RawFinding) -> bytes:
    document = {
        "signature": raw.signature,
        "nth": raw.nth,
        "runs": raw.runs,
        "seconds": round(raw.seconds, 3),
        "data": raw.data.hex(),
        "refused": list(raw.refused),
    }
    return json.dumps(document).encode() + b"\n"


def _from_line(line: bytes, old: bool) -> RawFinding | None:
    try:
        d = json.loads(line)
        told = (d["refused"], d["signature"], d["nth"], d["runs"], d["seconds"])
        return RawFinding(bytes.fromhex(d["data"]), *told, old)
    except (ValueError, KeyError, TypeError):
        return None


def _append(path: Path, data: bytes) -> None:
    """Add ``data`` to a file in one write, of which nothing stays if it is cut short."""
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    try:
        written = os.write(file, data)
        if written < len(data):
            os.ftruncate(file, os.fstat(file).st_size - written)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
    finally:
        os.close(file)
