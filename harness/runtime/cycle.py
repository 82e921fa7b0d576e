"""Proof of an endless loop in which several threads take part.

When a recorded run stalls, the schedule is overruled by a strict round robin, which is fair:
every thread that can run does. If the full state (shared state, every thread's position,
locals and ready activities) repeats at the same place of the rotation, the run will go round
that cycle for ever, and the finding is proven.

Reading the full state costs a hundred times as much as a step. So it is compared with that of one
earlier step only, and only where all threads stand where they stood then; the earlier step is
chosen anew whenever the steps have doubled, and so lies on the cycle in the end (Brent, "An
improved Monte Carlo factorization algorithm", BIT 20, 1980).
"""

from __future__ import annotations

from dataclasses import dataclass
from types import FrameType
from typing import TYPE_CHECKING

from harness.runtime.frames import position_of, repeats, stack_of
from harness.runtime.freeze import UnprovableError, freeze, freeze_frames

if TYPE_CHECKING:
    from harness.runtime.scheduler import Scheduler

STEPS = 4096
"""Decisions under round robin before the proof is given up and the run counts as ``step-limit``.

Enough for every cycle that begins within a quarter of them and is no longer than that.
"""


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
        self._anchor: _Anchor | None = None
        self._ran: list[int] = []
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
            self._anchor = None
            self._ran.clear()
        if s.enabled & current.bit:
            if current.bit == s.enabled & -s.enabled:
                self._compare()
            self._ran.append(current.index)
            # A timeout fires some day: waiting threads take their turn by timing out.
            later = [t for t in s.live() if t.bit & (s.enabled | s.timed)]
            following = next((t for t in later if t.index > current.index), later[0])
            if following is not current:
                s.switch(following)

    def _compare(self) -> None:
        s = self._scheduler
        threads = [t for t in s.live() if t.greenlet]
        stacks = [frames for t in threads if (frames := stack_of(t, s.current)) is not None]
        if len(stacks) < len(threads):
            self._allowed += len(threads)  # deep in a recursion, which ends by itself
            return
        stand = (
            s.enabled,
            s.timed,
            tuple(position_of(t, s.current) for t in threads),
            tuple((t.index, *(a.label for a in t.ready)) for t in threads),
        )
        ran, anchor = len(self._ran), self._anchor
        try:
            if anchor is None or ran >= 2 * anchor.ran:
                self._anchor = _Anchor(ran, stand, stacks, self._state(stacks))
            elif (
                stand == anchor.stand
                and self._state(stacks) == anchor.state
                and all(map(repeats, anchor.stacks, stacks))
            ):
                self.length = ran - anchor.ran
                self.looping = frozenset(self._ran[anchor.ran :])
                s.stop("loop")
        except UnprovableError:
            s.stop("limit")
            return
        if ran > self._allowed:
            s.stop("limit")

    def _state(self, stacks: list[list[FrameType]]) -> object:
        shared = freeze(self._scheduler.hooks.state())
        return shared, tuple(freeze_frames(frames) for frames in stacks)


@dataclass(frozen=True, slots=True)
class _Anchor:
    """The step that later ones are compared with: decisions before it, and the state there."""

    ran: int
    stand: object
    stacks: list[list[FrameType]]
    state: object
