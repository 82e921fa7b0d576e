"""Coverage that is the same for every strategy: the reads-from pairs that a search has seen."""

from __future__ import annotations

from typing import Any

from harness.campaign.feedback import FeedbackMap
from harness.runtime.scheduler import Scheduler


class Pairs:
    """Counts pairs of a writing and a reading thread at an access to an object.

    Takes the place of the feedback that guides a search, and passes everything on to it.

    Args:
        scheduler: whose runs are looked at; this becomes its feedback.
        guidance: the feedback that guides the search.
    """

    def __init__(self, scheduler: Scheduler, guidance: FeedbackMap) -> None:
        self._s = scheduler
        self._guidance = guidance
        self._seen: set[tuple[Any, Any, str, str]] = set()
        self.tag = guidance.tag
        self.ended = guidance.ended
        guidance.scheduler = scheduler
        scheduler.feedback = self

    def reads(self, obj: Any, kind: str) -> None:
        """The current thread makes access ``kind`` to ``obj``, which somebody else wrote."""
        self._seen.add((self._s.tag, obj.writer, obj.name, kind))
        self._guidance.reads(obj, kind)

    def count(self) -> int:
        """Pairs of different threads seen so far."""
        return sum(writer.thread != reader.thread for reader, writer, *_ in self._seen)
