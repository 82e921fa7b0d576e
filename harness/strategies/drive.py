"""Runs a workload with a strategy deciding, and says in what the run deviated.

The deviations are a schedule: executing it gives the same run, so what a strategy finds is
saved, replayed and minimised like everything else.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

from harness.execute.run import Run, Steerable
from harness.model.schedule import Schedule
from harness.model.workload import Workload
from harness.runtime.frames import accessing_frame
from harness.runtime.scheduler import Scheduler
from harness.runtime.thread import Activity, VirtualThread
from harness.runtime.valuestack import instruction
from harness.runtime.watched import Place
from harness.strategies.base import Point, Strategy
from harness.strategies.option import Event, Option

_KNOWN = 1 << 16
_options: dict[tuple[object, ...], Option] = {}
"""All options met, by what tells them apart: most decisions then make no objects."""


def run_with(executor: Steerable, workload: Workload, strategy: Strategy) -> tuple[Run, Schedule]:
    """Run ``workload`` once as ``strategy`` decides.

    Returns:
        The run and its schedule: ``executor.record(workload, schedule)`` gives the same run.

    Raises:
        EngineError: the engine can not be run.
    """
    driver = Driver(strategy)
    strategy.begin(workload)
    run = executor.steer(workload, driver)
    strategy.ended(run)
    return run, driver.schedule()


class Driver:
    """Asks a strategy at every decision of one run and keeps its deviations.

    A thread that stands between activities is asked for twice by the scheduler: whether it
    runs, and what it takes. The strategy chooses both at once; the second time the answer is
    already there.
    """

    _s: Scheduler

    def __init__(self, strategy: Strategy) -> None:
        self._choose = strategy.choose
        self._executed = strategy.executed
        self._gaps: list[int] = []
        self._choices: list[int] = []
        self._last = 0
        self._position = -1  # which ready activity was chosen together with its thread
        self._locking = 0  # bit mask of threads that stand before a lock
        self._point = Point((), 0)

    def aboard(self, scheduler: Scheduler) -> None:
        """See ``Pilot.aboard``."""
        self._s = scheduler
        count = len(scheduler.threads)
        self._standing: list[Option | None] = [None] * count  # None between activities
        self._locks: list[Any] = [None] * count
        self._begins: list[list[Option]] = [[] for _ in range(count)]
        self._ops = [""] * count

    def schedule(self) -> Schedule:
        """The deviations so far."""
        return Schedule(tuple(self._gaps), tuple(self._choices), len(self._gaps))

    # ------------------------------------------------------ what the scheduler tells

    def reached(self, obj: Any, kind: str) -> None:
        """See ``Observer.reached``."""
        thread = self._s.current
        index = thread.index
        frame = accessing_frame(sys._getframe(1))
        code, at = frame.f_code, instruction(frame)
        name = obj.name if obj is not None else ""
        key = (index, self._ops[index], name, kind, code.co_qualname, at)
        option = _options.get(key)
        if option is None:
            site = f"{code.co_qualname}+{at}"
            option = _known(key, Option(index, "", Event(self._ops[index], site, name, kind)))
        self._standing[index] = option
        if option.locks:
            self._locks[index] = obj
            self._locking |= thread.bit
        else:
            self._locking &= ~thread.bit

    def leaving(self) -> None:
        """See ``Observer.leaving``: when it goes on, the wait it is in ends."""
        thread = self._s.current
        waits_on = thread.blocked_on
        if waits_on is not None and not self._locking & thread.bit:
            index = thread.index
            key = (index, self._ops[index], waits_on.name, "wake")
            event = Event(self._ops[index], "", waits_on.name, "wake")
            self._standing[index] = _options.get(key) or _known(key, Option(index, "", event))

    def began(self, activity: Activity) -> None:
        """See ``Observer.began``."""
        index = self._s.current.index
        self._ops[index] = activity.label.partition(" ")[0]
        self._begins[index] = []

    def ended(self) -> None:
        """See ``Observer.ended``."""
        thread = self._s.current
        self._standing[thread.index] = None
        self._locking &= ~thread.bit

    def deviated(self, choice: int, to: VirtualThread, activity: str) -> None:
        """See ``Observer.deviated``."""
        index = self._s.index
        self._gaps.append(index - self._last - 1)
        self._choices.append(choice)
        self._last = index

    def passed(self, obj: Any) -> None:
        """See ``Observer.passed``."""

    def boundary(self) -> None:
        """See ``Observer.boundary``."""

    def event(self, text: str) -> None:
        """See ``Observer.event``."""

    # ------------------------------------------------------------- what it decides

    def choice(self, place: Place) -> int | None:
        """See ``Guide.choice``."""
        if self._position >= 0 and place is Place.BOUNDARY:
            position, self._position = self._position, -1
            return position - 1 if position else None
        s = self._s
        current = s.current
        able = s.enabled | s.timed
        if s.spinners.parked:
            able |= s.spinners.revivable()
        if place is Place.LEAVING:
            threads = [thread.index for thread in s.successors()]
        else:
            threads = [current.index, *(t.index for t in s.sets[able & ~current.bit])]
        # Nothing is built where nothing has to be: this is most of what a strategy costs.
        options: list[Any] = [self._standing[thread] for thread in threads]
        if None in options:
            options = self._expanded(threads)
        if self._locking & able:
            options = self._unblocked(options)
        point = self._point
        point.options = options
        point.current = current.index
        at = self._choose(point)
        self._executed(options[at])
        thread, activity = options[at].key
        position = sum(o.thread == thread for o in options[:at]) if activity else 0
        rank = threads.index(thread)
        if not rank and place is not Place.LEAVING:
            return position - 1 if position else None
        if activity:
            self._position = position
        if not rank:
            return None
        return rank - 1 + (len(current.ready) - 1 if place is Place.BOUNDARY else 0)

    def _expanded(self, threads: Sequence[int]) -> list[Option]:
        options: list[Option] = []
        for thread in threads:
            option = self._standing[thread]
            if option is not None:
                options.append(option)
                continue
            ready = self._s.threads[thread].ready
            begins = self._begins[thread]
            if len(begins) != len(ready):  # while it stands there, others only add to it
                begins = self._begins[thread] = [_beginning(thread, a.label) for a in ready]
            options += begins
        # Threads without anything ready would only go to rest.
        return options or [_beginning(thread, "") for thread in threads]

    def _unblocked(self, options: list[Option]) -> list[Option]:
        locks = self._locks
        free = [o for o in options if not (o.locks and locks[o.thread].blocks(o.event.kind))]
        return free or options


def _beginning(thread: int, label: str) -> Option:
    key = (thread, label)
    option = _options.get(key)
    if option is None:
        event = Event(label.partition(" ")[0], "", "", "begin")
        option = _known(key, Option(thread, label, event))
    return option


def _known(key: tuple[object, ...], option: Option) -> Option:
    if len(_options) >= _KNOWN:
        _options.clear()
    _options[key] = option
    return option
