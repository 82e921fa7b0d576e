"""Coverage that is the same for every strategy: the reads-from pairs that a search has seen."""

from __future__ import annotations

from typing import Any

from harness.campaign.feedback import FeedbackMap
from harness.runtime.hooks import Feedback
from harness.runtime.scheduler import Scheduler
from harness.runtime.thread import Activity


class Pairs(Feedback):
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
        guidance.scheduler = scheduler
        scheduler.feedback = self

    def tag(self, thread: int, kind: str) -> object:
        """See ``Feedback.tag``."""
        return self._guidance.tag(thread, kind)

    def ended(self, activity: Activity) -> None:
        """See ``Feedback.ended``."""
        self._guidance.ended(activity)

    def reads(self, obj: Any, kind: str) -> None:
        """See ``Feedback.reads``."""
        self._seen.add((self._s.tag, obj.writer, obj.name, kind))
        self._guidance.reads(obj, kind)

    def count(self) -> int:
        """Pairs of different threads seen so far."""
        return sum(writer.thread != reader.thread for reader, writer, *_ in self._seen)
