"""Executes one workload along given steps, then freely, and notes what each step touches.

A scheduler for which every decision is the choice of a process. The steps that a run shares with
the one before it are executed again without being asked at each access (``left`` counts them, as
in the fast path of any run); only what follows is noted.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

from harness.model.schedule import Schedule
from harness.runtime import recursion
from harness.runtime.frames import accessing_frame
from harness.runtime.hooks import Hooks
from harness.runtime.housekeeping import CHECK_EVERY
from harness.runtime.scheduler import Scheduler
from harness.runtime.spinning import Parked
from harness.runtime.thread import Activity, VirtualThread
from harness.runtime.unwinding import refuse
from harness.verify.footprint import (
    ADDS,
    BLOCKING,
    MANNER,
    READ,
    WRITE,
    Footprint,
    dependent,
    held,
    result_ignored,
)
from harness.verify.noting import Noter
from harness.verify.processes import Processes, Stand
from harness.verify.spins import LONGEST, SUSPICIOUS, Round, Watch
from harness.verify.step import ACCESSES, OPENS, Step

STEPS = 2_000
"""Steps after which a run is given up; what lies behind them is not explored."""

_ALL_ASLEEP, _NONE = -1, -2


class Driver(Scheduler):
    """Executes runs step by step.

    Attributes:
        processes: of all runs.
        noter: takes notes of the steps.
        steps: of the run so far, those of the given prefix included.
        sleeps: for each step the processes that were asleep when it was chosen, with their
            footprints.
        asleep: those asleep now.
        parkings: threads that were parked, each with the number of steps before that.
        initial: the processes that are ready at the start.
        complete: whether the run came to its end: nothing was cut off.
        stuck: at the end, who stands before a lock: process and lock each.
        without_thread: at the end, ready processes whose thread does not come back.
        barred: when the run ended in a crash, the processes that could have gone on.
    """

    __slots__ = (
        "_cursor",
        "_driving",
        "_finale",
        "_forced",
        "_grant",
        "_opening",
        "_parked",
        "_proof_steps",
        "_round",
        "_script",
        "_unproven",
        "_watch",
        "asleep",
        "barred",
        "complete",
        "initial",
        "noter",
        "parkings",
        "processes",
        "sleeps",
        "steps",
        "stuck",
        "without_thread",
    )

    def __init__(self) -> None:
        super().__init__()
        self.processes = Processes()
        self.noter = Noter(self)
        self.steps: list[Step] = []
        self.sleeps: list[dict[int, Footprint]] = []
        self.asleep: dict[int, Footprint] = {}
        self.parkings: list[tuple[int, VirtualThread]] = []
        self._script: list[tuple[VirtualThread, Activity | None, int]] = []
        self._forced = -1

    # ------------------------------------------------------------------ a run

    def follow(self, length: int, process: int, asleep: dict[int, Footprint]) -> None:
        """Let the next run repeat the first ``length`` steps, then take one of ``process``.

        Args:
            length: how many of ``steps`` to keep.
            process: who comes next; -1 for whoever comes first.
            asleep: the sleep set there.
        """
        del self.steps[length:], self.sleeps[length:]
        self.parkings = [p for p in self.parkings if p[0] <= length]
        self._forced = process
        self.asleep = asleep
        script = self._script
        script.clear()
        last, count = -1, 0
        for step in self.steps:
            if step.process == last and step.sort is ACCESSES:
                count += 1
                continue
            if script:
                script[-1] = (*script[-1][:2], count)
            thread, activity = self.processes[step.process]
            script.append((thread, activity if step.sort is OPENS else None, 0))
            last, count = step.process, 0
        if script:
            script[-1] = (*script[-1][:2], count)

    def execute(
        self, first: Sequence[Activity | None], schedule: Schedule, hooks: Hooks, **_: object
    ) -> None:
        """See ``Scheduler.execute``; what ``follow`` said decides in place of the schedule."""
        processes = self.processes
        processes.reset(len(first))
        self._cursor = self._grant = self._parked = 0
        self._driving = self._finale = self.complete = False
        self._opening: Activity | None = None
        self._watch = Watch(hooks)
        self._unproven: list[VirtualThread] | None = None
        self.stuck: list[tuple[int, str]] = []
        self.barred: list[int] = []
        self.without_thread: list[int] = []
        self.initial = [
            processes.number(thread, activity)
            for thread, activity in zip(self.threads, first, strict=False)
            if activity is not None
        ]
        super().execute(first, schedule, hooks, limit=STEPS)
        if self.over == "crash" and self.noter.process >= 0:
            gone = self.current
            step = self.noter.close(gone, crashed=True)
            self.steps.append(step)
            self.complete = True
            self._note_stuck(step)
            kept = {process for process, _ in self.stuck}
            others = [p for p in self.enabled_processes() if processes[p][0] is not gone]
            self.barred = [p for p in others if p not in kept]

    def draw(self) -> None:
        """Nothing is granted: each decision is asked for."""
        self.left = self.held = self.free = 0

    def successors(self) -> tuple[VirtualThread, ...]:
        """``relax`` hands on to the thread itself: who runs is decided at the next access."""
        return (self.current,)

    def start_probe(self) -> None:
        """Repetitions are looked for elsewhere, see ``spins``."""

    def ghost(self, name: str, writes: bool) -> None:
        """See ``Scheduler.ghost``: part of what the step in progress touches."""
        self.noter.touches.append((("ghost", name), WRITE if writes else READ))

    # -------------------------------------------------------------- decisions

    def point(self, obj: Any, kind: str) -> None:
        """See ``Scheduler.point``."""
        if self.unwinding:
            refuse(self)
        if self.index >= CHECK_EVERY:  # few runs are as long; see ``housekeeping.look``
            recursion.check()
        thread = self.current
        blind = MANNER.get(kind) == ADDS and result_ignored(accessing_frame(sys._getframe(1)), kind)
        self.processes.at[thread.index] = Stand(obj, kind, blind)
        following = self._next(thread)
        if following is not thread:
            self._hand_over(following)

    def pick(self, thread: VirtualThread) -> Activity | None:
        """See ``Scheduler.pick``."""
        if self.unwinding:
            refuse(self)
        if self._finale:
            return thread.ready.pop(0)
        if self._opening is None:
            following = self._next(thread)
            if following is not thread:
                self._hand_over(following)
                return None
        activity = self._opening
        assert activity is not None
        self._opening = None
        self.processes.begin(thread, activity)
        self.left, self._grant = self._grant, 0
        thread.ready.remove(activity)
        return activity

    def leave(self) -> None:
        """See ``Scheduler.leave``."""
        if self.unwinding:
            refuse(self)
        thread = self.current
        self.processes.at[thread.index] = None
        self.processes.may_time_out[thread.index] = bool(self.timed & thread.bit)
        following = self._next(thread)
        if following is not thread:
            self._hand_over(following)

    def _hand_over(self, thread: VirtualThread | None) -> None:
        """Run ``thread``, or end the run; see ``Scheduler.switch`` for when it returns."""
        if thread is None:
            self.hand_back()
        else:
            self.switch(thread)

    def _next(self, thread: VirtualThread) -> VirtualThread | None:
        """Who makes the next step; None when the run is over. ``thread`` made the last one."""
        if self._cursor < len(self._script):
            return self._next_of_script()
        if self._finale:
            return self._probe(thread)
        if self._unproven is not None:
            return self._prove(thread)
        if self._driving:
            self._take_down(self.noter.close(thread))
        else:
            self._begin_driving()
        self.index += 1
        if len(self.steps) >= STEPS:
            self.over = "limit"
            return None
        if self._forced >= 0:
            process, self._forced = self._forced, -1
            if process not in self.enabled_processes():
                self.over = "astray"
                return None
        else:
            process = self._choose(thread)
            if process == _NONE:
                return self._finish()
            if process == _ALL_ASLEEP:
                self.over = "asleep"
                return None
        self._leave_place(thread)
        self.noter.open(process)
        following, activity = self.processes[process]
        if following.activity is None:
            self._opening = activity
        return following

    def _leave_place(self, thread: VirtualThread) -> None:
        """A process was chosen at the present place; ``thread`` made the step before."""
        self.sleeps.append(self.asleep)

    def _next_of_script(self) -> VirtualThread:
        thread, activity, count = self._script[self._cursor]
        self._cursor += 1
        self.index += count + 1
        if activity is None:
            self.left = count
        else:
            self._opening, self._grant = activity, count
        return thread

    def _begin_driving(self) -> None:
        self._driving = True
        self.noter.begin()
        for _, thread in self.parkings:
            self._parked |= thread.bit

    def _take_down(self, step: Step) -> None:
        self.steps.append(step)
        if self.asleep:
            self.asleep = {
                process: theirs
                for process, theirs in self.asleep.items()
                if self.processes[process][0].index != step.thread
                and not dependent(step.footprint, theirs)
            }

    def _choose(self, thread: VirtualThread) -> int:
        """A process that can go on and is not asleep: the running one, if it is such."""
        asleep = self.asleep
        if thread.activity is not None and self._can_go_on(thread):
            process = self.processes.inside[thread.index]
            stand = self.processes.at[thread.index]
            if stand is not None and self._watch.repeats(process, stand, self.steps):
                self.parkings.append((len(self.steps), thread))
                self._parked |= thread.bit
            elif process not in asleep:
                return process
        enabled = self.enabled_processes()
        for process in enabled:
            if process not in asleep:
                return process
        return _ALL_ASLEEP if enabled else _NONE

    def enabled_processes(self) -> list[int]:
        """The processes that can make a step now."""
        found: list[int] = []
        for thread in self.live():
            if thread.activity is None:
                found += self.processes.ready([thread])
            elif self._can_go_on(thread):
                found.append(self.processes.inside[thread.index])
        return found

    def _can_go_on(self, thread: VirtualThread) -> bool:
        if not (self.enabled | self.timed) & ~self._parked & thread.bit:
            return False
        stand = self.processes.at[thread.index]
        return stand is None or stand.kind not in BLOCKING or not held(stand.obj, stand.kind)

    # ----------------------------------------------------------------- the end

    def _finish(self) -> VirtualThread | None:
        """Nothing can go on: the run is over, but for a probe of the capacity, or a proof.

        Returns:
            Who runs for that.
        """
        self._note_stuck()
        if self._parked:
            self._unproven = [t for t in self.live() if self._parked & t.bit]
            self._parked = 0
            return self._prove_next()
        self.complete = True
        if not self.stuck and self.hooks.exhausted():
            self._finale = True
            self._round = Round(self.hooks)
            return next(t for t in self.live() if t.ready)
        for process, _ in self.stuck:
            thread, _ = self.processes[process]
            stand = self.processes.at[thread.index]
            assert stand is not None
            thread.blocked_on = stand.obj
        return None

    def _note_stuck(self, crash: Step | None = None) -> None:
        """Who can not go on, or could not until ``crash``, and what can therefore not begin."""
        for thread in self.live():
            if thread.activity is None:
                continue
            stand = self.processes.at[thread.index]
            if stand is not None and stand.kind in BLOCKING:
                obj, kind = stand.obj, stand.kind
                if held(obj, kind) or (crash is not None and crash.kept_out(obj, kind)):
                    self.stuck.append((self.processes.inside[thread.index], obj.name))
            self.without_thread += self.processes.ready([thread])

    def _prove(self, thread: VirtualThread) -> VirtualThread | None:
        """Only threads that repeated themselves are left: does ``thread`` still do that?"""
        lost = thread.activity is None or not self._can_go_on(thread)
        self._proof_steps += 1
        if lost or self._proof_steps > 2 * LONGEST:
            self.over = "repeats"
            return None
        if self.processes.at[thread.index] is None:
            return thread  # it sleeps, or waits no longer than a while: that ends some day
        return self._prove_next() if self._round.proves() else thread

    def _prove_next(self) -> VirtualThread | None:
        if not self._unproven:
            for _, thread in self.parkings:
                # What it touched would tell when to let it go on; nobody is left to write.
                self.spinners.parked[thread.bit] = Parked(thread, {}, None)
            self.complete = True
            return None
        self._round = Round(self.hooks)
        self._proof_steps = 0
        return self._unproven.pop()

    def _probe(self, thread: VirtualThread) -> VirtualThread | None:
        """Who goes on with the probe of the capacity; None when it ends, or repeats itself."""
        self.index += 1
        if self.index > 2 * STEPS:
            self.over, self.complete = "limit", False
            return None
        if self.processes.at[thread.index] is None:
            # It sleeps or waits, it is over, or its task has been woken.
            following = super().successors()
            if following:
                return following[0]
            self.hooks.exhausted()
            return None
        # Few probes are as long as that a look at the state would be worth it.
        if self.index > len(self.steps) + SUSPICIOUS and self._round.proves():
            self.spinners.parked[thread.bit] = Parked(thread, {}, None)
            return None
        return thread
