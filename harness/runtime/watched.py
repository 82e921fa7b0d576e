"""The full version of the scheduler's decisions: with observers, guides, probes and proofs.

The same decisions as the fast versions in ``scheduler``; what is added is who is told, and who
may decide instead of the schedule.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import TYPE_CHECKING, Any, Protocol

from harness.runtime.housekeeping import look
from harness.runtime.unwinding import refuse

if TYPE_CHECKING:
    from harness.runtime.scheduler import Scheduler
    from harness.runtime.thread import Activity, VirtualThread


class Place(Enum):
    """The three sorts of decision."""

    POINT = "point"
    BOUNDARY = "boundary"
    LEAVING = "leaving"


class Observer(Protocol):
    """Watches every decision; attached only when a run is recorded."""

    def reached(self, obj: Any, kind: str) -> None:
        """The current thread stands before an access to ``obj``."""

    def passed(self, obj: Any) -> None:
        """The current thread makes the access now."""

    def boundary(self) -> None:
        """The current thread stands before its next activity."""

    def leaving(self) -> None:
        """The current thread can not go on."""

    def began(self, activity: Activity) -> None:
        """The current thread enters ``activity``."""

    def ended(self) -> None:
        """The current thread has left its activity."""

    def deviated(self, choice: int, to: VirtualThread, activity: str) -> None:
        """The schedule takes alternative ``choice`` here; ``activity`` is set at a pick."""

    def event(self, text: str) -> None:
        """Something worth telling happened: a block, a wake-up, a spin."""


class Guide(Protocol):
    """Decides where a run deviates, in place of a schedule's gaps and choices."""

    def choice(self, place: Place) -> int | None:
        """Which alternative to take at the decision just reached; None for the default."""


class Pilot(Observer, Guide, Protocol):
    """Watches a run and decides all of it."""

    def aboard(self, scheduler: Scheduler) -> None:
        """The next run of ``scheduler`` is its own."""


def point(s: Scheduler, obj: Any, kind: str) -> None:
    """See ``Scheduler.point``."""
    if s.unwinding:
        refuse(s)
    if s.observer is not None:
        s.observer.reached(obj, kind)
    if s.probe is not None:
        s.probe.step(obj)
    if s.left:
        s.left -= 1  # granted while the current thread was parked as a spinner
    elif not _passes(s, Place.POINT):
        if s.spinners.parked:
            s.spinners.revive()
        choice = s.choice
        others = (s.enabled | s.timed) & ~s.current.bit
        taken = others != 0 and not s.refuses(obj, kind)
        s.draw()
        if taken:
            _deviate(s, s.sets[others], choice)
    if s.observer is not None:
        s.observer.passed(obj)


def pick(s: Scheduler, thread: VirtualThread) -> Activity | None:
    """See ``Scheduler.pick``."""
    if s.unwinding:
        refuse(s)
    if s.observer is not None:
        s.observer.boundary()
    ready = thread.ready
    if _passes(s, Place.BOUNDARY):
        return _take(s, thread, s.free % len(ready))
    if s.spinners.parked:
        s.spinners.revive()
    choice = s.choice
    mine = len(ready) - 1
    others = (s.enabled | s.timed) & ~thread.bit
    total = mine + others.bit_count()
    if total and s.refuses(None, "begin"):
        position = s.free % len(ready)
        s.draw()
        return _take(s, thread, position)
    s.draw()
    if not total:
        return ready.pop(0)
    choice %= total
    if choice < mine:
        return _take(s, thread, choice + 1)
    _deviate(s, s.sets[others], choice - mine, offset=mine)
    return None


def leave(s: Scheduler) -> None:
    """See ``Scheduler.leave``."""
    if s.unwinding:
        refuse(s)
    if s.probe is not None:
        s.probe.end()
    if s.observer is not None:
        s.observer.leaving()
    if s.spinners.parked:
        s.spinners.revive()
    while not (s.enabled or s.timed):
        if not s.spinners.last_chance() and not s.hooks.exhausted():
            s.hand_back()
            return
    deviates = False
    if s.left:
        s.left -= 1
    elif not _passes(s, Place.LEAVING):
        choice = s.choice
        s.draw()
        deviates = True
    candidates = s.successors()
    chosen = 0
    if len(candidates) > 1:
        chosen = 1 + choice % (len(candidates) - 1) if deviates else s.free % len(candidates)
    if chosen:
        _deviate(s, candidates[1:], chosen - 1)
    else:
        s.switch(candidates[0])


def relax(s: Scheduler) -> None:
    """The current thread says that it spins: others go first, if there are any."""
    if s.left:
        s.left -= 1
    else:
        s.point(None, "relax")
    if s.proof is not None:
        return  # its rotation says who goes first
    if s.spinners.parked:
        s.spinners.revive()
    successor = s.successors()[0]
    if successor is not s.current:
        s.switch(successor)
    elif s.probe is None:
        s.start_probe()


def ended(s: Scheduler) -> None:
    """An activity has ended, so state of any sort may have changed."""
    s.spinners.revive_all()
    if s.observer is not None:
        s.observer.ended()


def unwatch(s: Scheduler) -> None:
    """Return to the fast versions if nobody needs the full ones any more."""
    s.watched = (
        s.observer is not None
        or s.proof is not None
        or s.probe is not None
        or bool(s.spinners.parked)
    )


def _passes(s: Scheduler, place: Place) -> bool:
    """Count one decision; True when the schedule does not deviate here."""
    proof = s.proof  # one that begins here takes over at the next decision
    s.index += 1
    if s.index >= s.check:
        look(s)
    if proof is not None:
        proof.step()
        return True
    if s.guide is not None:
        choice = s.guide.choice(place)
        if choice is not None:
            s.choice = choice
        return choice is None
    if s.held:
        s.grant(s.held - 1)
        return True
    return False


def _take(s: Scheduler, thread: VirtualThread, position: int) -> Activity:
    activity = thread.ready.pop(position)
    if position and s.observer is not None:
        s.observer.deviated(position - 1, thread, activity.label)
    return activity


def _deviate(s: Scheduler, others: Sequence[VirtualThread], choice: int, offset: int = 0) -> None:
    # `offset` alternatives of another sort, ready activities, come before the threads.
    choice %= len(others)
    thread = others[choice]
    if s.observer is not None:
        s.observer.deviated(offset + choice, thread, "")
    s.switch(thread)
