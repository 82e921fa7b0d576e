"""Is what an engine answered an answer?"""

from __future__ import annotations

from collections.abc import Sequence

from harness.model.outcome import Answer, Outcome
from harness.runtime.errors import MisuseError


def check(answered: object, queues: Sequence[str], resources: Sequence[str]) -> None:
    """Refuse what is no answer of an engine that has these.

    Raises:
        TypeError: it is none at all.
        MisuseError: it speaks of a queue or of a resource that there is not.
    """
    if not isinstance(answered, Outcome):
        raise TypeError(
            f"arrive and resume must return ADMITTED, QUEUED or REJECTED, not {answered!r}"
        )
    of_queues = answered.answer is Answer.QUEUED
    what = "queue" if of_queues else "resource"
    if answered.answer is not Answer.REJECTED and answered.where >= len(
        queues if of_queues else resources
    ):
        raise MisuseError(
            f"{answered.answer.value}({answered.where}), and so many were not declared; they are "
            f"numbered from 0 in the order of Engine.{what}"
        )
