"""A virtual thread: one reused greenlet that runs activities one at a time.

An *activity* is one call into the engine: an operation of the workload, or the continuation of
a task that was woken. Which ready activity a thread takes is a choice of the schedule.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

from greenlet import GreenletExit, greenlet

from harness.runtime.errors import Unwind

if TYPE_CHECKING:
    from harness.runtime.scheduler import Scheduler


class Activity(Protocol):
    """What a virtual thread executes.

    Attributes:
        tag: identifies thread and kind to the feedback; None when there is no feedback.
    """

    tag: object

    @property
    def label(self) -> str:
        """Names it in traces and anchors, e.g. ``finish A``."""

    def run(self) -> None:
        """Execute it; called on the virtual thread, contains scheduling points."""


def kind_of(activity: Activity) -> str:
    """What an activity is, without what it is about: ``finish``."""
    return activity.label.partition(" ")[0]


_KEPT = 256
"""Sets that are kept: all of eight threads. A hundred threads have too many to keep them."""


class ThreadSets(dict[int, "tuple[VirtualThread, ...]"]):
    """For each bit mask its threads, in cyclic order from one on; filled in when asked for.

    Args:
        threads: all threads; more may be added later.
        first: index of the one that comes first.
    """

    def __init__(self, threads: Sequence[VirtualThread], first: int) -> None:
        self._threads = threads
        self._first = first

    def __missing__(self, mask: int) -> tuple[VirtualThread, ...]:
        order = [*self._threads[self._first :], *self._threads[: self._first]]
        found = tuple(t for t in order if t.bit & mask)
        if len(self) < _KEPT:
            self[mask] = found
        return found


class VirtualThread:
    """One virtual thread.

    Attributes:
        index: its number, from 0.
        after: for each bit mask its threads, those after this one first.
        bit: ``1 << index``, its place in the scheduler's bit masks.
        ready: activities it could take now, oldest first.
        activity: the one it is inside of, None between activities.
        blocked_on: the primitive it is blocked on, if any.
        idle: disabled between activities because nothing is ready.
        tag: that activity's tag.
        resume: switches to it; returns when somebody switches back to the caller.
    """

    __slots__ = (
        "activity",
        "after",
        "bit",
        "blocked_on",
        "greenlet",
        "idle",
        "index",
        "notified",
        "ready",
        "resume",
        "scheduler",
        "tag",
    )

    def __init__(self, scheduler: Scheduler, index: int) -> None:
        self.scheduler = scheduler
        self.index = index
        self.bit = 1 << index
        self.after = ThreadSets(scheduler.threads, index + 1)
        self.ready: list[Activity] = []
        self.activity: Activity | None = None
        self.blocked_on: Any = None
        self.notified = False
        self.idle = False
        self.tag: object = None
        self.renew()

    def frozen_state(self) -> tuple[object, ...]:
        """Which one it is; what it is doing is in its frames."""
        return (self.index,)

    def renew(self) -> None:
        """Start over on a new greenlet. Making one costs 12 µs, so only when one is lost."""
        self.greenlet = greenlet(self._main)
        self.resume = self.greenlet.switch

    def rest(self) -> None:
        """Let go of the greenlet if it is between activities, which ends it; no run can follow.

        Otherwise it would stay for ever with all that its frames refer to: no garbage collector
        looks into them.
        """
        if self.activity is None:
            del self.greenlet, self.resume

    def _main(self) -> None:
        # The loop never ends: between runs the greenlet rests inside `leave` or `retire`, and
        # the next run finds it there with new activities in `ready`.
        scheduler = self.scheduler
        ready = self.ready
        retired = False
        while True:
            try:
                if retired:
                    scheduler.retire(self)
                    retired = False
                while True:
                    if not ready:
                        # Another one runs until something is.
                        self.idle = True
                        scheduler.enabled &= ~self.bit
                        scheduler.leave()
                        continue
                    if scheduler.left:
                        scheduler.left -= 1
                        activity = ready.pop(scheduler.free % len(ready))
                    else:
                        picked = scheduler.pick(self)
                        if picked is None:
                            continue
                        activity = picked
                    self.activity = activity
                    self.tag = scheduler.tag = activity.tag
                    scheduler.inside += 1
                    if scheduler.observer is not None:
                        scheduler.observer.began(activity)
                    activity.run()
                    self.activity = None
                    scheduler.inside -= 1
                    if scheduler.watched:
                        self._after(scheduler)
                    if scheduler.feedback is not None:
                        scheduler.feedback.ended(activity)
                    if scheduler.open and not scheduler.inside and not scheduler.pending:
                        scheduler.hooks.idle_point()
            except Unwind:
                retired = True
            except BaseException as error:  # whatever the engine raised is a finding
                if self.activity is None and isinstance(error, GreenletExit):
                    return  # it was let go of, see ``rest``
                scheduler.crash(error)
                retired = True

    def _after(self, scheduler: Scheduler) -> None:
        # An activity ended, so state of any sort may have changed.
        scheduler.spinners.revive_all()
        if scheduler.observer is not None:
            scheduler.observer.ended()
