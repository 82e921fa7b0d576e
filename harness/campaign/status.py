"""How far a worker is: one small file each, replaced twice a second."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from harness.cases.atomic_write import write_unforced


@dataclass(slots=True)
class Status:
    """A worker's counts.

    Attributes:
        runs: inputs executed.
        steps: decisions executed in them.
        limited: runs that ended at the step limit, inconclusive.
        seconds: since the worker started.
        places: features seen so far.
        verdicts: how often each finding's signature was seen.
        trouble: a sentence, when the worker had to stop by itself.
    """

    runs: int = 0
    steps: int = 0
    limited: int = 0
    seconds: float = 0.0
    places: int = 0
    verdicts: Counter[str] = field(default_factory=Counter)
    trouble: str = ""

    @property
    def judged(self) -> bool:
        """Whether any run came to a verdict."""
        return self.runs > self.limited or bool(self.verdicts)

    def write(self, path: Path) -> None:
        """Replace the worker's status file.

        Raises:
            OSError: the disk refuses.
        """
        write_unforced(path, json.dumps(self._document()).encode())

    def _document(self) -> dict[str, object]:
        values = {name: getattr(self, name) for name in self.__slots__}
        return {**values, "verdicts": dict(self.verdicts)}

    def add(self, other: Status) -> None:
        """Sum up with another worker's."""
        self.runs += other.runs
        self.steps += other.steps
        self.limited += other.limited
        self.seconds = max(self.seconds, other.seconds)
        self.places = max(self.places, other.places)
        self.verdicts.update(other.verdicts)
        self.trouble = self.trouble or other.trouble


def read(path: Path) -> Status | None:
    """A worker's status; None while there is none."""
    try:
        d = json.loads(path.read_bytes())
        return Status(**{**d, "verdicts": Counter(d["verdicts"])})
    except (OSError, ValueError, TypeError, KeyError):
        return None
