"""What an engine answers to ``arrive`` and ``resume``."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Answer(Enum):
    """The three ways an engine can answer a request."""

    ADMITTED = "admitted"
    QUEUED = "queued"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class Outcome:
    """An answer and the index of the resource or queue it speaks of (0 for rejected)."""

    answer: Answer
    where: int = 0

    def __post_init__(self) -> None:
        if self.where < 0:
            raise ValueError(f"{self.where} is no index of a resource or queue")


def admitted(resource: int) -> Outcome:
    """The request is in service and holds a slot of ``resource``."""
    return Outcome(Answer.ADMITTED, resource)


def queued(queue: int) -> Outcome:
    """The request waits in ``queue``."""
    return Outcome(Answer.QUEUED, queue)


ADMITTED = admitted(0)
QUEUED = queued(0)
REJECTED = Outcome(Answer.REJECTED)
