"""Keeps what was explored, so that a verification can go on after it was killed.

One file for each engine and bound, replaced as a whole whenever a workload is finished. It also
holds a digest of the engine's source: what was proven of other code counts for nothing.
"""

from __future__ import annotations

import inspect
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from hashlib import sha256
from pathlib import Path

from harness.campaign.paths import file_name
from harness.cases.atomic_write import write_atomically
from harness.engine.registry import EngineRef
from harness.verify.results import Explored
from harness.verify.workloads import Bound

FORMAT = 1


class CheckpointError(Exception):
    """What was saved is of no use; the message says why."""


class Checkpoint:
    """The finished workloads of one verification, on disk.

    Args:
        folder: where the file lies.
        ref: the engine.
        bound: up to which it is explored.
    """

    def __init__(self, folder: Path, ref: EngineRef, bound: Bound) -> None:
        asked = json.dumps(asdict(bound), sort_keys=True)
        self._key = f"{FORMAT} {ref.name} {asked} {_source_digest(ref)}"
        name = f"{file_name(ref.name)}-{sha256(asked.encode()).hexdigest()[:8]}.json"
        self.path = folder / name

    def load(self) -> list[Explored]:
        """What was finished before; nothing if nothing was.

        Raises:
            CheckpointError: the file is damaged, or of other code.
        """
        if not self.path.exists():
            return []
        try:
            document = json.loads(self.path.read_bytes())
            if document["key"] != self._key:
                raise CheckpointError(f"{self.path} is of other code than this engine's")
            return [Explored.from_data(one) for one in document["explored"]]
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise CheckpointError(f"{self.path} is damaged") from error

    def save(self, explored: Sequence[Explored]) -> None:
        """Write down what is finished.

        Raises:
            OSError: the disk refuses.
        """
        document = {
            "key": self._key,
            "explored": [one.as_data() for one in explored if one.done and not one.trouble],
        }
        write_atomically(self.path, json.dumps(document).encode())


def _source_digest(ref: EngineRef) -> str:
    """A digest of the modules of the engine's class and of its bases."""
    digest = sha256(sys.version.encode())
    for cls in ref.engine.__mro__[:-1]:
        try:
            digest.update(Path(inspect.getfile(cls)).read_bytes())
        except (OSError, TypeError):
            digest.update(cls.__qualname__.encode())
    return digest.hexdigest()[:16]
