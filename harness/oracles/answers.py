"""Is what an engine answered an answer?"""

from __future__ import annotations

from collections.abc import Sequence

from harness.model.outcome import Answer, Outcome
from harness.runtime.errors import MisuseError


def answered(outcome: object, queues: Sequence[str], resources: Sequence[str]) -> None:
    """Refuse what is no answer of an engine that has these.

    Raises:
        TypeError: it is none at all.
        MisuseError: it speaks of a queue or of a resource that there is not.
    """
    if not isinstance(outcome, Outcome):
        raise TypeError(
            f"arrive and resume must return ADMITTED, QUEUED or REJECTED, not {outcome!r}"
        )
    of_queues = outcome.answer is Answer.QUEUED
    what = "queue" if of_queues else "resource"
    if outcome.answer is not Answer.REJECTED and outcome.where >= len(
        queues if of_queues else resources
    ):
        raise MisuseError(
            f"{outcome.answer.value}({outcome.where}), and so many were not declared; they are "
            f"numbered from 0 in the order of Engine.{what}"
        )
