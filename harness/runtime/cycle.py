"""Proof of an endless loop in which several threads take part.

When a run stalls, the schedule is overruled by a rotation, which is fair: every thread
that can run does. If the full state (shared state, every thread's position, locals and ready
activities) comes back, and each of them took its turn in between, what happened in between can
happen for ever, and the finding is proven.

To read the whole state takes a hundred times as long as a step. Positions are quickly compared, so
only one place of the rotation is looked at, one where all threads keep coming back to.
"""

from __future__ import annotations

from types import FrameType
from typing import TYPE_CHECKING

from harness.runtime.frames import positions, repeats, stack_of
from harness.runtime.freeze import UnprovableError, freeze

if TYPE_CHECKING:
    from harness.runtime.scheduler import Scheduler
    from harness.runtime.thread import VirtualThread

STEPS = 4096
"""Decisions under rotation before the proof is given up and the run counts as ``step-limit``."""

PATIENCE = 64
"""Decisions of one turn at most.

A turn is over at the first decision at which the locals of the thread say all about it: inside a
``for``, say, only the iterator knows how far it is, and in step, one decision a turn, some
thread would be inside of one at every place of the rotation.
"""

_OFTEN = 64
"""States that are read at one place whenever it is reached."""

_SELDOM = 16
"""From then on the state is read in one of so many.

What has stalled is on its cycle already, and most are short. Of data that grows for ever no number
of states is proof.
"""


def _activities(thread: VirtualThread) -> tuple[object, ...]:
    """What a thread does, whether it is in a wait for something, and what it could do next."""
    doing, waits_on = thread.activity, thread.blocked_on
    wait = waits_on and (waits_on.name, thread.notified)
    return (thread.index, doing and doing.label, wait, *(a.label for a in thread.ready))


class Visit:
    """A place of the rotation was reached.

    Attributes:
        times: how often.
        at: decisions under rotation before the last time.
        stacks: each thread's at that time.
    """

    __slots__ = ("at", "stacks", "times")

    def __init__(self, at: int, stacks: list[list[FrameType]]) -> None:
        self.times = 1
        self.at = at
        self.stacks = stacks


class Stand:
    """Where a thread stands: its stack, and what ``positions`` says of it, if it has any."""

    __slots__ = ("position", "stack")

    def __init__(self, stack: list[FrameType], position: object) -> None:
        self.stack = stack
        self.position = position


class CycleProof:
    """Drives a stalled run in rotation and looks for a repeated state.

    Args:
        scheduler: the run's.

    Attributes:
        length: decisions in the proven cycle, 0 while there is none.
        looping: indexes of the threads that executed inside the cycle.
    """

    def __init__(self, scheduler: Scheduler) -> None:
        self._scheduler = scheduler
        self.length = 0
        self.looping: frozenset[int] = frozenset()
        self._ran: list[int] = []
        self._turn = 0  # decisions of the current thread in its turn
        self._whose: VirtualThread | None = None
        self._handed_on: dict[int, list[FrameType]] = {}  # each thread's stack after its last turn
        self._stands: dict[int, Stand] = {}  # of each thread that has not moved since
        self._allowed = STEPS
        self._progress: object = None
        self._forget()

    def _forget(self) -> None:
        self._ran.clear()
        self._visits: dict[object, Visit] = {}
        self._place: object = None  # where states are read
        self._read = 0
        self._seen: dict[object, int] = {}

    def step(self) -> None:
        """One decision under rotation; ends the run when the state repeats."""
        s = self._scheduler
        s.free = 0  # the schedule may have set it at the last decision that was its own
        current = s.current
        progress = s.hooks.progress()
        if progress != self._progress:
            self._progress = progress
            self._forget()
        self._stands.pop(current.index, None)
        if not s.enabled & current.bit:
            return
        if current is not self._whose:
            self._whose, self._turn = current, 0
        self._ran.append(current.index)
        self._turn += 1
        stack = stack_of(current, current)
        if stack is None:
            self._allowed += 1  # deep in a recursion, which ends by itself
        else:
            before = self._handed_on.get(current.index, [])
            if self._turn < PATIENCE and not repeats(before, stack):
                return
            self._handed_on[current.index] = stack
            self._compare()
        self._whose = None
        # A timeout fires some day: waiting threads take their turn by timing out.
        later = [t for t in s.live() if t.bit & (s.enabled | s.timed)]
        following = next((t for t in later if t.index > current.index), later[0])
        if following is not current:
            self._hand_on(following)

    def _hand_on(self, following: VirtualThread) -> None:
        # Between activities as well the current thread goes on here, when its turn comes, and not
        # with a decision of its own.
        s = self._scheduler
        current, carrier = s.current, s.carrier
        between = current.carrier is None
        if between:
            current.carrier = carrier
        s.switch(following)
        if between:
            current.carrier = None
            s.carrier = carrier

    def _compare(self) -> None:
        s = self._scheduler
        if len(self._ran) > self._allowed:
            s.stop("limit")
        threads = s.live()
        stands = self._stands
        for thread in threads:
            if thread.index not in stands:
                stack = stack_of(thread, s.current)
                if stack is None:
                    return
                # Without a carrier it has yet to come to the decision before its next activity.
                there = thread is s.current or thread.carrier is not None
                stands[thread.index] = Stand(stack, positions(stack) if there else None)
        stacks = [stands[thread.index].stack for thread in threads]
        where = tuple(stands[thread.index].position for thread in threads)
        place = (s.current.index, s.enabled, s.timed, where, tuple(map(_activities, threads)))
        visit = self._visits.get(place)
        if visit is None:
            self._visits[place] = Visit(len(self._ran), stacks)
            return
        ran = frozenset(self._ran[visit.at :])
        visit.times += 1
        visit.at = len(self._ran)
        known, visit.stacks = visit.stacks, stacks
        # A thread that did not run is where it was, whatever its frames hide.
        if not all(repeats(known[i], stacks[i]) for i in ran):
            return
        if place != self._place:
            if self._place is not None and visit.times <= self._visits[self._place].times:
                return
            self._place, self._read = place, 0
            self._seen.clear()
        self._read += 1
        if self._read > _OFTEN and self._read % _SELDOM:
            return
        try:
            state = freeze(s.hooks.state(), *stacks)
        except UnprovableError:
            s.stop("limit")
            return
        first = self._seen.setdefault(state, len(self._ran))
        if first < len(self._ran):
            self.length = len(self._ran) - first
            self.looping = frozenset(self._ran[first:])
            s.stop("loop")
