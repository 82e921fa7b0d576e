"""A virtual thread: runs activities, one at a time.

An *activity* is one call into the engine: an operation of the workload, or the continuation of
a task that was woken. Which ready activity a thread takes is a choice of the schedule.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from harness.runtime.carrier import Carrier


class Activity(ABC):
    """What a virtual thread executes.

    Attributes:
        tag: identifies thread and kind to the feedback; None when there is no feedback.
    """

    __slots__ = ("tag",)

    def __init__(self, tag: object) -> None:
        self.tag = tag

    @property
    @abstractmethod
    def label(self) -> str:
        """Names it in traces and anchors, e.g. ``finish A``."""

    @abstractmethod
    def run(self) -> None:
        """Execute it; called on the virtual thread, contains scheduling points."""


def kind_of(activity: Activity) -> str:
    """What an activity is, without what it is about: ``finish``."""
    return activity.label.partition(" ")[0]


_KEPT: Final = 256
"""Sets that are kept: all of eight threads. A hundred threads have too many to keep them."""


class ThreadSets:
    """For each bit mask its threads, in cyclic order from one on; filled in when asked for.

    Args:
        threads: all threads; more may be added later.
        first: index of the one that comes first.

    Attributes:
        large: those that are kept of masks that name a ninth thread or a later one.
    """

    __slots__ = ("_first", "_small", "_threads", "large")

    def __init__(self, threads: Sequence[VirtualThread], first: int) -> None:
        self._threads = threads
        self._first = first
        self._small: list[tuple[VirtualThread, ...] | None] = [None] * _KEPT
        self.large: dict[int, tuple[VirtualThread, ...]] = {}

    def __getitem__(self, mask: int) -> tuple[VirtualThread, ...]:
        # A list is asked in a fifth of a dictionary's time, compiled.
        found = self._small[mask] if mask < _KEPT else self.large.get(mask)
        return self._find(mask) if found is None else found

    def _find(self, mask: int) -> tuple[VirtualThread, ...]:
        order = [*self._threads[self._first :], *self._threads[: self._first]]
        found = tuple([t for t in order if t.bit & mask])
        if mask < _KEPT:
            self._small[mask] = found
        elif len(self.large) < _KEPT:
            self.large[mask] = found
        return found


class VirtualThread:
    """One virtual thread.

    Attributes:
        index: its number, from 0.
        after: for each bit mask its threads, those after this one first.
        bit: ``1 << index``, its place in the scheduler's bit masks.
        ready: activities it could take now, oldest first.
        activity: the one it is inside of, None between activities.
        carrier: what has its stack; None between activities, where it has none.
        blocked_on: the primitive it is blocked on, if any.
        idle: disabled between activities because nothing is ready.
        tag: that activity's tag.
    """

    __slots__ = (
        "activity",
        "after",
        "bit",
        "blocked_on",
        "carrier",
        "idle",
        "index",
        "notified",
        "ready",
        "tag",
    )

    def __init__(self, threads: Sequence[VirtualThread], index: int) -> None:
        self.index = index
        self.bit = 1 << index
        self.after = ThreadSets(threads, index + 1)
        self.ready: list[Activity] = []
        self.activity: Activity | None = None
        self.carrier: Carrier | None = None
        self.blocked_on: Any = None
        self.notified = False
        self.idle = False
        self.tag: object = None

    def frozen_state(self) -> tuple[object, ...]:
        """Which one it is; what it is doing is in its frames."""
        return (self.index,)
