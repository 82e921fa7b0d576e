"""Spin detection: a thread that only repeats itself is blocked until something changes.

A *probe* watches a suspect, a thread that has run long without a switch, a boundary or progress.
It takes the thread's position, its locals and the shared state, and looks for the very same
again. If they come back while nobody else ran, the thread will repeat itself until another
one writes: it is parked, like a blocked thread. This covers loops that write and restore as
well as pure re-reading. When every other thread has ended or is blocked too, the parked
thread's repetition is the proof of an endless loop.
"""

from __future__ import annotations

import sys
from types import FrameType
from typing import TYPE_CHECKING, Any

from harness.runtime.frames import positions, readable_stack, repeats
from harness.runtime.freeze import UnprovableError, freeze
from harness.runtime.watched import unwatch

if TYPE_CHECKING:
    from harness.runtime.scheduler import Scheduler
    from harness.runtime.thread import VirtualThread

PROBE_LENGTH = 256
"""Scheduling points after which a probe gives up: the longest loop body it can see."""


class Parked:
    """A parked spinner: what it touched with which values, and the shared state then."""

    __slots__ = ("shared", "thread", "touched")

    def __init__(self, thread: VirtualThread, touched: dict[Any, Any], shared: object) -> None:
        self.thread = thread
        self.touched = touched
        self.shared = shared


class Spinners:
    """The parked spinners of a run."""

    __slots__ = ("parked", "scheduler")

    def __init__(self, scheduler: Scheduler) -> None:
        self.scheduler = scheduler
        self.parked: dict[int, Parked] = {}

    def park(self, parked: Parked) -> None:
        """Take the current thread out of the enabled set until it is revived."""
        s = self.scheduler
        thread = parked.thread
        self.parked[thread.bit] = parked
        s.enabled &= ~thread.bit
        s.watched = True
        if s.observer is not None:
            s.observer.event("spins: it repeats itself until another thread writes")
        s.leave()

    def revive(self) -> None:
        """Enable every spinner for which a value it touched has changed."""
        revivable = self.revivable()
        for bit in list(self.parked):
            if bit & revivable:
                self._enable(bit)

    def revivable(self) -> int:
        """Bit mask of the spinners that ``revive`` would enable."""
        return sum(
            bit
            for bit, parked in self.parked.items()
            if any(obj.value != value for obj, value in parked.touched.items())
        )

    def revive_all(self) -> None:
        """Enable every spinner: an activity ended, so state of any sort may have changed."""
        for bit in list(self.parked):
            self._enable(bit)

    def last_chance(self) -> bool:
        """Nothing else can run: enable spinners for which any shared state has changed.

        Returns:
            Whether one was enabled. If none was, all of them repeat themselves for ever.
        """
        if not self.parked:
            return False
        try:
            (shared,) = freeze(self.scheduler.hooks.state())
        except UnprovableError:
            self.revive_all()
            return True
        for bit, parked in list(self.parked.items()):
            if parked.shared != shared:
                self._enable(bit)
        return bool(self.scheduler.enabled)

    def _enable(self, bit: int) -> None:
        del self.parked[bit]
        self.scheduler.enabled |= bit
        unwatch(self.scheduler)


class Probe:
    """Looks for a repetition of the current thread's state, point by point.

    The state is taken at one position, the origin, first at the one where the probe starts. It
    will not do where the locals do not say all, or while a lock is held that was taken in the
    loop, and would stay locked while the thread is parked. Then it is the next position at which
    the thread has been before and that does.
    """

    __slots__ = (
        "_before",
        "_frames",
        "_origin",
        "_position",
        "_progress",
        "_refused",
        "_steps",
        "_touched",
        "scheduler",
    )

    def __init__(self, scheduler: Scheduler) -> None:
        self.scheduler = scheduler
        self._steps = 0
        self._position: object = None
        self._origin: tuple[object, ...] | None = None
        self._refused = False
        self._frames: list[FrameType] = []
        self._before: dict[object, list[FrameType]] = {}
        self._progress = scheduler.hooks.progress()
        self._touched: set[Any] = set()

    def end(self) -> None:
        """Stop looking: no repetition was found, or another thread runs now."""
        s = self.scheduler
        s.probe = None
        s.slice = s.free_slice
        unwatch(s)

    def step(self, obj: Any) -> None:
        """The current thread is about to access ``obj``; parks it when it repeats itself."""
        frames = readable_stack(sys._getframe())
        if frames is None or self._steps == PROBE_LENGTH:
            self.end()
            return
        self._steps += 1
        position = positions(frames)
        try:
            if self._origin is None:
                self._look_for_an_origin(position, frames)
            elif position == self._position:
                self._compare(frames)
        except UnprovableError:
            self.end()
            return
        self._before[position] = frames
        if obj is not None:
            self._touched.add(obj)

    def _look_for_an_origin(self, position: object, frames: list[FrameType]) -> None:
        before = self._before.get(position)
        if self._refused and (before is None or not self._suits(before, frames)):
            return
        self._touched.clear()
        self._frames = frames
        self._position = position
        self._origin = freeze(self.scheduler.hooks.state(), frames)

    def _compare(self, frames: list[FrameType]) -> None:
        s = self.scheduler
        if s.hooks.progress() != self._progress:
            return
        state = freeze(s.hooks.state(), frames)
        if state != self._origin:
            return
        if self._suits(self._frames, frames):
            self.end()
            touched = {obj: obj.value for obj in self._touched}
            s.spinners.park(Parked(s.current, touched, state[0]))
        else:
            self._refused = True
            self._origin = None

    def _suits(self, before: list[FrameType], frames: list[FrameType]) -> bool:
        # A hidden loop iterator may have moved on.
        return repeats(before, frames) and not self._holds_a_lock()

    def _holds_a_lock(self) -> bool:
        # Only locks touched since the origin: one held all the time is never released.
        current = self.scheduler.current
        return any(
            getattr(obj, "holder", None) is current
            or getattr(obj, "writing", None) == current.index
            or current.index in getattr(obj, "readers", ())
            for obj in self._touched
        )
