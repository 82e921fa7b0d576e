"""What does the step in progress touch?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from harness.execute.activities import Resume
from harness.verify.footprint import (
    ACTIVITIES,
    ADD,
    BEGIN,
    BLOCKING,
    CHANGES,
    CLOCK,
    END,
    INSIDE,
    MANNER,
    NOTHING,
    WORLD,
    WRITE,
    Touch,
    manner,
    merged,
    state_of,
)
from harness.verify.step import ACCESSES, OPENS, RETURNS, Step

if TYPE_CHECKING:
    from harness.runtime.thread import VirtualThread
    from harness.verify.driver import Driver


class Noter:
    """Takes notes of one step after the other.

    Attributes:
        process: the process of the step in progress; -1 when there is none.
        touches: what was noted of it so far; the ledger adds to it.
    """

    __slots__ = (
        "_before",
        "_driver",
        "_how",
        "_kind",
        "_late",
        "_notified",
        "_object",
        "_ready",
        "_sort",
        "_stand",
        "_waiting",
        "process",
        "touches",
    )

    def __init__(self, driver: Driver) -> None:
        self._driver = driver
        self._notified: set[int] = set()
        self.process = -1
        self.touches: list[Touch] = []

    def begin(self) -> None:
        """From here on steps are noted."""
        self.touches.clear()
        self.process = -1
        self._notified = {
            t.index for t in self._driver.live() if t.blocked_on is not None and t.notified
        }

    def open(self, process: int) -> None:
        """A step of ``process`` begins."""
        self.process = process
        self._waiting = self._driver.waiting
        processes = self._driver.processes
        thread, _ = processes[process]
        self._kind = ""
        if thread.activity is None:
            self._sort = OPENS
            self._ready = processes.ready([thread])
            return
        stand = processes.at[thread.index]
        if stand is None:
            self._sort = RETURNS
            self._object = thread.blocked_on
            self._late = not (thread.notified and hasattr(self._object, "waiting"))
            self._notified.discard(thread.index)
            return
        self._sort = ACCESSES
        self._stand = stand
        self._kind = stand.kind
        self._how = MANNER.get(stand.kind, CHANGES)
        self._before = state_of(stand.obj, self._how)

    def close(self, thread: VirtualThread, *, crashed: bool = False) -> Step:
        """The step in progress, made by ``thread``, has ended."""
        touches, sort, kind = self.touches, self._sort, self._kind
        takes = unlocks = None
        timed = False
        if crashed:
            touches.append((WORLD, WRITE))
        if sort is ACCESSES:
            if self._how != NOTHING:
                takes, unlocks = self._access(thread, touches)
        elif sort is OPENS:
            self._begin_of_activity(touches)
        else:
            timed = self._return(thread, touches)
        driver = self._driver
        ended = thread.activity is None
        if ended:
            touches += ((ACTIVITIES, END), (INSIDE, ADD))
        creates: Sequence[int] = ()
        if ended or sort is OPENS or kind == "wake":
            creates = driver.processes.ready(driver.live())
        withdraws: Sequence[int] = ()
        if sort is OPENS:  # an abort takes back that the service ends
            withdraws = [p for p in self._ready if p != self.process and p not in creates]
        notifies: Sequence[int] = ()
        if driver.waiting or self._waiting:
            notifies = self._look_at_waits(thread, touches)
        step = Step(
            self.process,
            thread.index,
            sort,
            merged(touches),
            takes,
            kind in BLOCKING,
            unlocks,
            creates,
            withdraws,
            notifies,
            timed,
        )
        touches.clear()
        self.process = -1
        return step

    def _access(self, thread: VirtualThread, touches: list[Touch]) -> tuple[str | None, str | None]:
        """Returns: the lock that was taken and the one that was released."""
        obj = self._stand.obj
        kind = self._kind
        how = self._how
        after = state_of(obj, how)
        way = manner(how, self._stand.blind, self._before, after)
        touches.append((obj.name, way))
        if kind in BLOCKING or (kind == "trylock" and way == WRITE):
            return obj.name, None
        if kind.endswith("unlock") and after != self._before:  # else it was not held, and raised
            return None, obj.name
        if kind == "wait" and hasattr(obj, "mutex") and thread.blocked_on is obj:
            touches.append((obj.mutex.name, WRITE))
            return None, obj.mutex.name
        return None, None

    def _begin_of_activity(self, touches: list[Touch]) -> None:
        _, activity = self._driver.processes[self.process]
        request = getattr(activity, "request", None)
        if request is not None:
            touches.append((("request", request.index), WRITE))
        touches.append((INSIDE, ADD))
        # While a wake-up is pending there is no idle point, so when it begins does not matter.
        if not isinstance(activity, Resume) or activity.plan.ledger.fifo:
            touches.append((ACTIVITIES, BEGIN))

    def _return(self, thread: VirtualThread, touches: list[Touch]) -> bool:
        """Returns: whether it was notified, but could have timed out before."""
        if not self._late:
            return self._driver.processes.may_time_out[thread.index]
        touches.append((CLOCK, ADD))
        if hasattr(self._object, "waiting"):
            touches.append((self._object.name, WRITE))
            touches += ((ACTIVITIES, BEGIN), (INSIDE, ADD))
        return False

    def _look_at_waits(self, thread: VirtualThread, touches: list[Touch]) -> list[int]:
        """Returns: the threads whose waits the step has ended; notes a wait that it began."""
        driver = self._driver
        at = driver.processes.at
        ended: list[int] = []
        for other in driver.live():
            if other.blocked_on is None or at[other.index] is not None:
                continue
            if other is thread:
                if not other.notified and hasattr(other.blocked_on, "waiting"):
                    touches += ((ACTIVITIES, END), (INSIDE, ADD))
            elif other.notified and other.index not in self._notified:
                self._notified.add(other.index)
                ended.append(other.index)
                touches.append((INSIDE, ADD))
        return ended
