"""Which processes are there, and where do they stand?

A *process* is an activity of a thread, from being ready to its end. Inside it the thread has one
way to go on; at a boundary it has as many as there are ready activities. So a process is created
when its activity becomes ready and waits for its thread as for a lock. An activity that becomes
ready again is another process.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from harness.runtime.thread import Activity, VirtualThread


class Stand(NamedTuple):
    """Before which access a thread stands.

    Attributes:
        obj: the primitive, or the request that is woken; None for ``relax``.
        kind: the sort of access.
        blind: whether the engine will throw away what the access returns.
    """

    obj: Any
    kind: str
    blind: bool


class Processes:
    """The processes of one workload, numbered in the order they were met in any run.

    Attributes:
        inside: for each thread the process it is, or was last, inside of.
        at: for each thread before which access it stands; None between activities, in a wait
            and in a sleep.
        may_time_out: for each thread whether its present, or last, wait could time out.
    """

    def __init__(self) -> None:
        self._numbers: dict[tuple[Activity, int], int] = {}
        self._all: list[tuple[VirtualThread, Activity]] = []
        self._begun: dict[Activity, int] = {}
        self.inside: list[int] = []
        self.at: list[Stand | None] = []
        self.may_time_out: list[bool] = []

    def reset(self, threads: int) -> None:
        """A run of so many threads begins."""
        self._begun.clear()
        self.inside = [-1] * threads
        self.at = [None] * threads
        self.may_time_out = [False] * threads

    def __getitem__(self, number: int) -> tuple[VirtualThread, Activity]:
        return self._all[number]

    def number(self, thread: VirtualThread, activity: Activity) -> int:
        """The number of the process that ``activity``, ready on ``thread``, is."""
        key = activity, self._begun.get(activity, 0)
        number = self._numbers.get(key)
        if number is None:
            number = self._numbers[key] = len(self._all)
            self._all.append((thread, activity))
        return number

    def begin(self, thread: VirtualThread, activity: Activity) -> None:
        """``thread`` enters ``activity``."""
        self.inside[thread.index] = self.number(thread, activity)
        self._begun[activity] = self._begun.get(activity, 0) + 1

    def ready(self, threads: Sequence[VirtualThread]) -> list[int]:
        """All processes that are ready and have not begun."""
        return [self.number(t, activity) for t in threads for activity in t.ready]
