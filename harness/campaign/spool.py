"""Raw findings on disk: written by workers the moment they are seen, taken by the parent."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from harness.cases.atomic_write import write_unforced
from harness.codec.codec import VERSION, Codec
from harness.model.schedule import Schedule
from harness.model.workload import Workload


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
        path: its file in the spool.
    """

    data: bytes
    refused: Sequence[int]
    signature: str
    nth: int
    runs: int
    seconds: float
    path: Path

    def case(self, codec: Codec) -> tuple[Workload, Schedule]:
        """What was run."""
        workload, schedule = codec.decode(self.data)
        return workload, schedule.without(self.refused)


def put(
    spool: Path,
    data: bytes,
    refused: Sequence[int],
    signature: str,
    *,
    nth: int,
    runs: int,
    seconds: float,
) -> None:
    """Note a finding, the ``nth`` of its sort.

    Raises:
        OSError: the disk refuses.
    """
    told = f"{signature} {refused}\0".encode()
    name = sha256(told + data).hexdigest()[:24]
    document = {
        "decoder": VERSION,
        "signature": signature,
        "nth": nth,
        "runs": runs,
        "seconds": round(seconds, 3),
        "data": data.hex(),
        "refused": list(refused),
    }
    # Waiting for the disk would take a twentieth of a campaign's first seconds.
    write_unforced(spool / f"{nth:08}-{name}.json", json.dumps(document).encode())


def waiting(spool: Path) -> Iterator[RawFinding]:
    """The findings noted so far, the first of each sort first. Other files are skipped."""
    for path in sorted(spool.glob("*.json")):
        try:
            d = json.loads(path.read_bytes())
            if d["decoder"] == VERSION:
                data = bytes.fromhex(d["data"])
                told = (d["refused"], d["signature"], d["nth"], d["runs"], d["seconds"])
                yield RawFinding(data, *told, path)
        except (ValueError, KeyError, TypeError):
            continue
