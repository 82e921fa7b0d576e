"""A step of a run, as the exploration sees it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from harness.verify.footprint import SHARE, Footprint

OPENS, ACCESSES, RETURNS = "opens", "accesses", "returns"
"""Sorts of step: a thread takes an activity, makes an access, returns from a wait or a sleep."""


@dataclass(slots=True)
class Step:
    """What a process did between two decisions.

    Attributes:
        process: its number.
        thread: index of its thread.
        sort: ``OPENS``, ``ACCESSES`` or ``RETURNS``.
        footprint: what it touched.
        takes: the lock it took.
        waited: whether it would have waited for that lock.
        unlocks: the lock it released.
        creates: processes that were ready on any thread afterwards, where there may be new ones.
        withdraws: processes that were ready and, because of it, are not any more.
        notifies: indexes of threads whose wait it ended.
        timed: whether it returned, notified, from a wait that could have timed out.
    """

    process: int
    thread: int
    sort: str
    footprint: Footprint
    takes: str | None
    waited: bool
    unlocks: str | None
    creates: Sequence[int]
    withdraws: Sequence[int]
    notifies: Sequence[int]
    timed: bool

    def kept_out(self, obj: Any, kind: str) -> bool:
        """Whether access ``kind`` to the lock ``obj`` could not be made until this step."""
        shared = kind == "read_lock" and (obj.name, SHARE) in self.footprint
        return self.unlocks == obj.name and not shared
