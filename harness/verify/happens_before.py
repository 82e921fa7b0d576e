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
from typing import TypeVar

from harness.verify.footprint import WORLD, WRITE
from harness.verify.step import OPENS, Step

_Touched = tuple[int, tuple[int, ...], tuple[int, ...]]
"""Of one thing: the manner it was touched in last, the steps that did, and those before them."""

_Taken = tuple[int, int]
"""Of a lock and a thread: the step with which it came to hold the lock, and how often it does now;
a thread may read what it reads already, and has let others in only with its last release."""

_K = TypeVar("_K", bound=Hashable)
_V = TypeVar("_V")


class _Map(dict[_K, _V]):
    """A map that takes back what steps have put into it."""

    def __init__(self) -> None:
        super().__init__()
        self._log: list[tuple[int, _K, _V | None]] = []

    def put(self, number: int, key: _K, value: _V) -> None:
        """Step ``number`` sets ``key``."""
        self._log.append((number, key, self.get(key)))
        self[key] = value

    def cut(self, length: int) -> None:
        """Take back what was put by all steps from number ``length`` on."""
        log = self._log
        while log and log[-1][0] >= length:
            _, key, old = log.pop()
            if old is None:
                del self[key]
            else:
                self[key] = old


class HappensBefore:
    """The relation over the steps of a run, extended step by step and cut back again.

    Attributes:
        before: for each step the set of the steps that happen before it, itself included.
    """

    def __init__(self, initial: Sequence[int]) -> None:
        self.before: list[int] = []
        self._steps: list[Step] = []
        self._last: _Map[int, int] = _Map()  # thread → its last step
        self._created: _Map[int, int] = _Map()  # process → the step after which it was ready
        self._opened: _Map[int, int] = _Map()  # thread → the begin of its last activity
        self._notified: _Map[int, int] = _Map()  # thread → who ended its last wait
        self._locked: _Map[tuple[str, int], _Taken] = _Map()  # lock, thread → the last taking
        self._touched: _Map[Hashable, _Touched] = _Map()
        self._created.update(dict.fromkeys(initial, -1))

    def cut(self, length: int) -> None:
        """Forget all steps from number ``length`` on."""
        for numbers in (self._last, self._created, self._opened, self._notified):
            numbers.cut(length)
        self._locked.cut(length)
        self._touched.cut(length)
        del self.before[length:], self._steps[length:]

    def add(self, step: Step) -> list[int]:
        """Append a step.

        Returns:
            The steps that it is in a race with.
        """
        before, thread = self.before, step.thread
        number = len(before)
        races: list[int] = []
        last = self._last.get(thread)
        own = 0
        if step.sort is OPENS:
            created = self._created.get(step.process, -1)
            if created >= 0:
                own = before[created]
            opened = self._opened.get(thread)
            if opened is not None and not own >> opened & 1:
                races.append(opened)
            self._opened.put(number, thread, number)
        if last is not None:
            own |= before[last]
        enabler = self._notified.get(thread)
        if enabler is not None and step.sort is not OPENS:
            if step.timed and not own >> enabler & 1:
                races.append(enabler)
            own |= before[enabler]
        predecessors: set[int] = set()
        crashed = False
        for thing, way in step.footprint:
            touched = self._touched.get(thing)
            if touched is None:
                now: _Touched = (way, (number,), ())
            elif touched[0] == way and way != WRITE:
                predecessors.update(touched[2])
                now = (way, (*touched[1], number), touched[2])
            else:
                predecessors.update(touched[1])
                now = (way, (number,), touched[1])
            self._touched.put(number, thing, now)
            if thing is WORLD:
                crashed = True
                predecessors.update(self._last_of_others(thread))
        releases: set[int] = set()
        if step.waited and step.takes is not None:
            releases = {p for p in predecessors if self._steps[p].unlocks == step.takes}
            for release in releases:
                taken = self._locked.get((step.takes, self._steps[release].thread))
                if taken is not None and not own >> taken[0] & 1:
                    races.append(taken[0])
        joined = own
        for p in sorted(predecessors, reverse=True):
            if not joined >> p & 1:
                if p not in releases and self._steps[p].thread != thread:
                    races.append(p)
                joined |= before[p]
        before.append(joined | 1 << number)
        self._steps.append(step)
        self._last.put(number, thread, number)
        if step.takes is not None:
            first, times = self._locked.get((step.takes, thread), (number, 0))
            self._locked.put(number, (step.takes, thread), (first if times else number, times + 1))
        elif step.unlocks is not None and not crashed:  # the end of a run lets nobody in
            first, times = self._locked.get((step.unlocks, thread), (number, 1))
            self._locked.put(number, (step.unlocks, thread), (first, times - 1))
        for process in step.creates:
            if process not in self._created:
                self._created.put(number, process, number)
        for notified in step.notifies:
            self._notified.put(number, notified, number)
        return races

    def waiting_for_lock(self, thread: int, lock: str) -> tuple[int, int]:
        """At the end of a run ``thread`` still waits for ``lock``.

        Returns:
            The set of the takings of the lock by those who hold it, empty if ``thread`` could not
            have come before them, and the set of the steps before its next one.
        """
        own = self._up_to(self._last.get(thread, -1))
        takings = 0
        for (taken, _), (first, times) in self._locked.items():
            if taken == lock and times:
                takings |= 1 << first
        return (0 if own & takings else takings), own

    def waiting_for_thread(self, thread: int, process: int) -> tuple[int, int]:
        """At the end of a run ``process`` still waits for an activity of ``thread`` to end.

        Returns:
            As for ``waiting_for_lock``: the taking is the begin of that activity.
        """
        own = self._up_to(self._created.get(process, -1))
        return 1 << self._opened[thread] & ~own, own

    def waiting_for_nothing(self, thread: int, process: int, *, timed: bool) -> tuple[int, int]:
        """A run was ended by its last step before ``process`` could make its next one.

        Args:
            thread: of the process.
            process: its number.
            timed: whether the last wait of the thread could have ended without a notification.

        Returns:
            As for ``waiting_for_lock``: the taking is that last step.
        """
        own = self._up_to(self._last.get(thread, -1)) | self._up_to(self._created.get(process, -1))
        if not timed:
            own |= self._up_to(self._notified.get(thread, -1))
        return 1 << len(self._steps) - 1 & ~own, own

    def _up_to(self, number: int) -> int:
        """The steps up to the one of that number; none for -1."""
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
