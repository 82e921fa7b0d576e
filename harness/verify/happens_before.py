"""The happens-before relation of a run, and its races.

The relation is kept as one bit set for each step: bit ``i`` of ``before[j]`` says that step ``i``
happens before step ``j`` (or is it). With a few hundred steps a set is one Python integer, and
joining two of them one operation; vector clocks would take a loop over the threads.

A *race* is a pair of steps of different processes that depend on each other with no third step
between them in the relation, where the second process could have come first. For accesses
that wait for a lock, and for activities that wait for their thread, the pair is that of the two
takings: what lies between them, the release, can not be overtaken.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from harness.verify.footprint import WORLD, WRITE
from harness.verify.step import OPENS, Step

_Touched = tuple[int, tuple[int, ...], tuple[int, ...]]
"""Of one thing: the manner it was touched in last, the steps that did, and those before them."""


class HappensBefore:
    """The relation over the steps of a run, extended step by step and cut back again.

    Attributes:
        before: for each step the set of the steps that happen before it, itself included.
    """

    def __init__(self, initial: Sequence[int]) -> None:
        self.before: list[int] = []
        self._steps: list[Step] = []
        self._state: dict[Hashable, object] = {("created", p): -1 for p in initial}
        self._undo: list[list[tuple[Hashable, object]]] = []

    def cut(self, length: int) -> None:
        """Forget all steps from number ``length`` on."""
        state = self._state
        while len(self._undo) > length:
            for key, old in reversed(self._undo.pop()):
                if old is None:
                    del state[key]
                else:
                    state[key] = old
        del self.before[length:], self._steps[length:]

    def add(self, step: Step) -> list[int]:
        """Append a step.

        Returns:
            The steps that it is in a race with.
        """
        undo: list[tuple[Hashable, object]] = []
        state, before = self._state, self.before
        number = len(before)
        races: list[int] = []
        thread_key = ("thread", step.thread)
        last: int | None = state.get(thread_key)  # type: ignore[assignment]
        own = 0
        if step.sort is OPENS:
            created: int = state.get(("created", step.process), -1)  # type: ignore[assignment]
            if created >= 0:
                own = before[created]
            opened: int | None = state.get(("opened", step.thread))  # type: ignore[assignment]
            if opened is not None and not own >> opened & 1:
                races.append(opened)
            self._set(undo, ("opened", step.thread), number)
        if last is not None:
            own |= before[last]
        enabler: int | None = state.get(("notified", step.thread))  # type: ignore[assignment]
        if enabler is not None and step.sort is not OPENS:
            if step.timed and not own >> enabler & 1:
                races.append(enabler)
            own |= before[enabler]
        predecessors: set[int] = set()
        for thing, way in step.footprint:
            touched: _Touched | None = state.get(("touched", thing))  # type: ignore[assignment]
            if touched is None:
                now: _Touched = (way, (number,), ())
            elif touched[0] == way and way != WRITE:
                predecessors.update(touched[2])
                now = (way, (*touched[1], number), touched[2])
            else:
                predecessors.update(touched[1])
                now = (way, (number,), touched[1])
            self._set(undo, ("touched", thing), now)
            if thing is WORLD:
                predecessors.update(self._last_of_others(step.thread))
        releases: set[int] = set()
        if step.waited:
            releases = {p for p in predecessors if self._steps[p].unlocks == step.takes}
            for release in releases:
                key = ("locked", step.takes, self._steps[release].thread)
                taken: int | None = state.get(key)  # type: ignore[assignment]
                if taken is not None and not own >> taken & 1:
                    races.append(taken)
        joined = own
        for p in sorted(predecessors, reverse=True):
            if not joined >> p & 1:
                if p not in releases and self._steps[p].thread != step.thread:
                    races.append(p)
                joined |= before[p]
        before.append(joined | 1 << number)
        self._steps.append(step)
        self._set(undo, thread_key, number)
        if step.takes is not None:
            self._set(undo, ("locked", step.takes, step.thread), number)
        for process in step.creates:
            if ("created", process) not in state:
                self._set(undo, ("created", process), number)
        for thread in step.notifies:
            self._set(undo, ("notified", thread), number)
        self._undo.append(undo)
        return races

    def waiting_for_lock(self, thread: int, lock: str) -> tuple[int, int]:
        """At the end of a run ``thread`` still waits for ``lock``.

        Returns:
            The set of the takings of the lock by those who hold it, empty if ``thread`` could not
            have come before them, and the set of the steps before its next one.
        """
        own = self._up_to(("thread", thread))
        takings = 0
        released: set[int] = set()
        for number in range(len(self._steps) - 1, -1, -1):
            step = self._steps[number]
            if step.unlocks == lock:
                released.add(step.thread)
            if step.takes == lock and step.thread not in released:
                released.add(step.thread)
                takings |= 1 << number
        return (0 if own & takings else takings), own

    def waiting_for_thread(self, thread: int, process: int) -> tuple[int, int]:
        """At the end of a run ``process`` still waits for an activity of ``thread`` to end.

        Returns:
            As for ``waiting_for_lock``: the taking is the begin of that activity.
        """
        own = self._up_to(("created", process))
        opened: int = self._state[("opened", thread)]  # type: ignore[assignment]
        return 1 << opened & ~own, own

    def waiting_for_nothing(self, thread: int, process: int) -> tuple[int, int]:
        """A run was ended by its last step before ``process`` could make its next one.

        Returns:
            As for ``waiting_for_lock``: the taking is that last step.
        """
        own = self._up_to(("thread", thread)) | self._up_to(("created", process))
        return 1 << len(self._steps) - 1 & ~own, own

    def _up_to(self, key: Hashable) -> int:
        """The steps up to the one that is noted under ``key``."""
        number: int = self._state.get(key, -1)  # type: ignore[assignment]
        return self.before[number] if number >= 0 else 0

    def _last_of_others(self, thread: int) -> set[int]:
        found: set[int] = set()
        seen = {thread}
        for number in range(len(self._steps) - 1, -1, -1):
            step = self._steps[number]
            if step.thread not in seen:
                seen.add(step.thread)
                found.add(number)
        return found

    def _set(self, undo: list[tuple[Hashable, object]], key: Hashable, value: object) -> None:
        undo.append((key, self._state.get(key)))
        self._state[key] = value
