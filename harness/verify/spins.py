"""Does a thread only repeat itself?

A thread that runs alone and comes back to a full state it was in (its position, its locals, the
shared state) would do the same for ever. What it did between the two visits has had no effect: any
run in which it goes round once more ends like one in which it does not. So it is *parked*: it
takes no further part in the run, and the others go on. Runs in which one of them does something
that matters to it before, or in the middle of, its round are found as for any race.
A parked thread that is all that is left at the end is let go once more: if it comes round again,
the endless loop is proven.
"""

from __future__ import annotations

import sys
from types import FrameType
from typing import TYPE_CHECKING

from harness.runtime.frames import positions, repeats, stack
from harness.runtime.freeze import UnprovableError, freeze
from harness.verify.footprint import READ

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.runtime.hooks import Hooks
    from harness.verify.processes import Stand
    from harness.verify.step import Step

SUSPICIOUS = 32
"""Steps that a thread makes in a row, without being back at a read it made, until it is watched."""

LONGEST = 512
"""Steps in a round; longer ones are not seen."""


class Round:
    """Looks for the same full state again at the steps of one thread.

    Args:
        hooks: tell the shared state.
    """

    __slots__ = (
        "_frames",
        "_hooks",
        "_origin",
        "_position",
        "_refused",
        "_since",
        "_start",
        "begun",
    )

    def __init__(self, hooks: Hooks) -> None:
        self._hooks = hooks
        self.begun = False
        self._origin: object = None
        self._position: object = None
        self._refused: set[object] = set()
        self._frames: list[FrameType] = []
        self._since = self._start = 0

    def closes(self, steps: Sequence[Step]) -> bool:
        """Whether the thread stands where it stood before, and nothing readable differs.

        Args:
            steps: the run so far; those of this thread since then must not have taken a lock
                that it still holds, or nobody else could ever have it.

        Raises:
            UnprovableError: the state can not be read.
        """
        frames = _engine_frames()
        position = positions(frames)
        self._since += 1
        if self.begun and position != self._position:
            if self._since > LONGEST:
                self.begun = False
            return False
        state = (freeze(self._hooks.state(), frames), self._hooks.progress())
        if self.begun and state == self._origin:
            if repeats(self._frames, frames) and not self._holds_a_lock(steps):
                return True
            # A hidden loop iterator may have moved on: look from elsewhere.
            self._refused.add(position)
            self.begun = False
        if position in self._refused:
            return False
        self.begun = True
        self._origin, self._position, self._frames = state, position, frames
        self._start, self._since = len(steps), 0
        return False

    def proves(self) -> bool:
        """Whether it closes, where nobody else is left who could want a lock."""
        try:
            return self.closes(())
        except UnprovableError:
            return False

    def _holds_a_lock(self, steps: Sequence[Step]) -> bool:
        held: set[str] = set()
        for step in steps[self._start :]:
            if step.takes is not None:
                held.add(step.takes)
            if step.unlocks is not None:
                held.discard(step.unlocks)
        return bool(held)


class Watch:
    """Watches whichever thread runs, and begins to compare states when there is a reason to.

    Args:
        hooks: tell the shared state.
    """

    __slots__ = ("_hooks", "_process", "_round", "_row", "_seen")

    def __init__(self, hooks: Hooks) -> None:
        self._hooks = hooks
        self._seen: set[tuple[str, str]] = set()
        self._forget(-1)

    def repeats(self, process: int, stand: Stand, steps: Sequence[Step]) -> bool:
        """Whether the running process is where it was before, and would go round for ever.

        Args:
            process: the process.
            stand: the access that it makes next.
            steps: the run so far.
        """
        if process != self._process or not steps or steps[-1].process != process:
            self._forget(process)
        self._row += 1
        if steps and any(way != READ for _, way in steps[-1].footprint):
            self._seen.clear()
        here = (getattr(stand.obj, "name", ""), stand.kind)
        known = here in self._seen
        self._seen.add(here)
        if not (known or self._round.begun or self._row > SUSPICIOUS):
            return False
        try:
            return self._round.closes(steps)
        except UnprovableError:
            self._forget(process)
            return False

    def _forget(self, process: int) -> None:
        self._process = process
        self._row = 0
        self._seen.clear()
        self._round = Round(self._hooks)


def _engine_frames() -> list[FrameType]:
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and str(frame.f_globals.get("__name__")).startswith("harness.verify"):
        frame = frame.f_back
    return list(stack(frame))
