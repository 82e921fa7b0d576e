"""The executed steps of one recorded run."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Step:
    """One scheduling point that was passed.

    Attributes:
        index: position among all scheduling points of the run, from 0.
        thread: index of the virtual thread that executed it.
        op: the activity, e.g. ``arrive B``.
        site: where in the engine and which access, e.g. ``manage: read s0.cur_sess``.
        occurrence: how often this thread reached the site in this activity, from 1.
        before: the object's value before the access, as text.
        after: its value after the access, as text.
    """

    index: int
    thread: int
    op: str
    site: str
    occurrence: int
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened between steps, as the ledger or the scheduler saw it.

    ``step`` is the number of scheduling points executed before it.
    """

    step: int
    thread: int
    text: str


@dataclass(frozen=True, slots=True)
class Trace:
    """Steps and events of a run, in order."""

    steps: Sequence[Step]
    events: Sequence[Event]

    def digest(self) -> str:
        """A hash over every step and event, equal in every process on every day."""
        h = hashlib.sha256()
        for s in self.steps:
            place = f"{s.index} {s.thread} {s.op} {s.site} {s.occurrence}"
            h.update(f"{place} {s.before} {s.after}\n".encode())
        for e in self.events:
            h.update(f"{e.step} {e.thread} {e.text}\n".encode())
        return h.hexdigest()[:16]
