"""Proof of an endless loop in which several threads take part.

When a recorded run stalls, the schedule is overruled by a strict round robin, which is fair:
every thread that can run does. If the full state (shared state, every thread's position,
locals and ready activities) repeats at the same place of the rotation, the run will go round
that cycle for ever, and the finding is proven.
"""

from __future__ import annotations

from types import FrameType
from typing import TYPE_CHECKING

from harness.runtime.frames import position_of, repeats, stack_of
from harness.runtime.freeze import UnprovableError, freeze

if TYPE_CHECKING:
    from harness.runtime.scheduler import Scheduler
    from harness.runtime.thread import VirtualThread

STEPS = 4096
"""Decisions under round robin before the proof is given up and the run counts as ``step-limit``."""


_OFTEN = 256
"""Rounds of the rotation in which the state is read at each."""

_SELDOM = 16
"""From then on it is read in one of so many: reading costs a hundred times as much as a step.

What has stalled is on its cycle already, and most are short. Of data that grows for ever no number
of states is proof.
"""


def _activities(thread: VirtualThread) -> tuple[object, ...]:
    """What a thread does, whether it is in a wait for something, and what it could do next."""
    doing, waits_on = thread.activity, thread.blocked_on
    wait = waits_on and (waits_on.name, thread.notified)
    return (thread.index, doing and doing.label, wait, *(a.label for a in thread.ready))


class CycleProof:
    """Drives a stalled run round robin and looks for a repeated state.

    Attributes:
        active: whether it has taken over.
        length: decisions in the proven cycle, 0 while there is none.
        looping: indexes of the threads that executed inside the cycle.
    """

    def __init__(self) -> None:
        self.active = False
        self.length = 0
        self.looping: frozenset[int] = frozenset()
        self._seen: dict[object, tuple[int, list[list[FrameType]]]] = {}
        self._ran: list[int] = []
        self._rounds = 0
        self._allowed = STEPS
        self._progress: object = None

    def start(self, scheduler: Scheduler) -> None:
        """Take over from the schedule."""
        self.active = True
        self._scheduler = scheduler
        scheduler.spinners.revive_all()  # from here on only the rotation says who runs
        scheduler.free = 0

    def step(self) -> None:
        """One decision under round robin; ends the run when the state repeats."""
        s = self._scheduler
        current = s.current
        progress = s.hooks.progress()
        if progress != self._progress:
            self._progress = progress
            self._seen.clear()
            self._ran.clear()
            self._rounds = 0
        if s.enabled & current.bit:
            if current.bit == s.enabled & -s.enabled:
                self._compare()
            self._ran.append(current.index)
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
        self._rounds += 1
        if len(self._ran) > self._allowed:
            s.stop("limit")
        if self._rounds > _OFTEN and self._rounds % _SELDOM:
            return
        threads = s.live()
        stacks = [frames for t in threads if (frames := stack_of(t, s.current)) is not None]
        if len(stacks) < len(threads):
            self._allowed += len(threads)  # deep in a recursion, which ends by itself
            return
        try:
            state = (
                freeze(s.hooks.state(), *stacks),
                s.enabled,
                s.timed,
                tuple(position_of(t, s.current) for t in threads),
                tuple(map(_activities, threads)),
            )
        except UnprovableError:
            s.stop("limit")
            return
        first = self._seen.get(state)
        if first is None:
            self._seen[state] = (len(self._ran), stacks)
        elif all(map(repeats, first[1], stacks)):
            self.length = len(self._ran) - first[0]
            self.looping = frozenset(self._ran[first[0] :])
            s.stop("loop")
