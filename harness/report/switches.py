"""Where did another thread run on, was the first one preempted, and what did it miss?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from harness.model.schedule import Switch
from harness.model.trace import Step
from harness.report.accesses import FREE, FREES, LOCKS, access_of, at_site, clip, looks
from harness.report.timeline import (
    BEGINS,
    BLOCKS,
    ENDS,
    ROTATES,
    SPINS,
    TRIES_AGAIN,
    WAITS,
    Moment,
    Timeline,
)


class Manner(Enum):
    """Why a thread does not run on."""

    PREEMPTED = "preempted"
    HELD_BACK = "held back"
    BLOCKED = "blocked"
    WAITING = "waiting"
    SPINNING = "spinning"
    GAVE_WAY = "gave way"
    TURN_OVER = "turn over"
    AT_REST = "at rest"


@dataclass(frozen=True, slots=True)
class Missed:
    """Something that changed while a thread was stopped.

    Attributes:
        subject: the object's name.
        saw, step: what the thread had last seen there, and at which step.
        now: what is there when it goes on.
    """

    subject: str
    saw: str
    step: int
    now: str


@dataclass(frozen=True, slots=True)
class Change:
    """A change of thread.

    Attributes:
        before: the first moment of the thread that runs now; its place in the timeline.
        left, to: the thread that ran and the one that runs now.
        manner: why the one that ran does not run on.
        activity: what it was doing, empty between activities.
        stands_before: the access or activity it stands before, empty where unknown.
        holding: locks it holds meanwhile.
        missed: what changed while the thread that runs now was stopped inside an activity.
    """

    before: int
    left: int
    to: int
    manner: Manner
    activity: str
    stands_before: str
    holding: tuple[str, ...]
    missed: tuple[Missed, ...]


def changes(line: Timeline, switches: Sequence[Switch]) -> list[Change]:
    """All changes of thread, in order.

    Args:
        line: the run.
        switches: the deviations it took; they tell a thread that was held back before an
            activity from one that had nothing to do.
    """
    watcher = _Watcher(switches)
    found: list[Change] = []
    running = 0
    for moment in line.moments:
        if moment.thread != running:
            change = watcher.change(line, moment, running)
            if moment.at or change.manner is Manner.HELD_BACK:
                found.append(change)
            running = moment.thread
        watcher.see(moment)
    return found


class _Watcher:
    """What every thread last did, holds and has seen, up to a moment."""

    def __init__(self, switches: Sequence[Switch]) -> None:
        self._held_back = {
            (s.anchor.thread, s.anchor.site.removeprefix("before "))
            for s in switches
            if not s.activity and s.anchor.site.startswith("before ")
        }
        self._last: dict[int, Moment] = {}
        self._holding: dict[int, list[str]] = {}
        self._seen: dict[int, dict[str, Step]] = {}
        self._newest: dict[str, Step] = {}
        self._rotating = False

    def see(self, moment: Moment) -> None:
        """Take note of what happened."""
        thread = moment.thread
        if moment.text.startswith(ROTATES):
            self._rotating = True
            return
        self._last[thread] = moment
        if moment.text.startswith(BEGINS):
            self._seen[thread] = {}
        self._hold(moment)
        step = moment.step
        if step is None:
            return
        access = access_of(step)
        self._newest[access.subject] = step
        seen = self._seen.setdefault(thread, {})
        if looks(step) and access.verb not in LOCKS:
            seen[access.subject] = step
        else:
            seen.pop(access.subject, None)

    def _hold(self, moment: Moment) -> None:
        """Take note of locks taken and given back.

        A lock that a thread had to block for is taken without a step of its own, right after
        the thread tried again; if that was in vain, it blocks anew.
        """
        thread, text, step = moment.thread, moment.text, moment.step
        holding = self._holding.setdefault(thread, [])
        if step is not None:
            access = access_of(step)
            if access.verb in FREES and access.subject in holding:
                holding.remove(access.subject)
            elif access.verb in LOCKS and step.after == f"T{thread}" and step.before == FREE:
                holding.append(access.subject)
            elif access.verb == "wait":  # a condition gives its mutex back by itself
                holding.clear()
        elif text.startswith(TRIES_AGAIN):
            holding.append(text.removeprefix(TRIES_AGAIN).removesuffix(" again"))
        elif text.startswith(BLOCKS) and text.removeprefix(BLOCKS) in holding:
            holding.remove(text.removeprefix(BLOCKS))

    def change(self, line: Timeline, moment: Moment, left: int) -> Change:
        """The change that makes ``moment`` the next one."""
        upcoming = next((m for m in line.moments[moment.at :] if m.thread == left), None)
        manner = self._manner(left, upcoming)
        last = self._last.get(left)
        inside = last is not None and last.activity and not last.text.startswith(ENDS)
        return Change(
            moment.at,
            left,
            moment.thread,
            manner,
            last.activity if last is not None and inside else "",
            _stands_before(upcoming) if manner in (Manner.PREEMPTED, Manner.HELD_BACK) else "",
            tuple(self._holding.get(left, ())),
            self._missed(moment),
        )

    def _manner(self, thread: int, upcoming: Moment | None) -> Manner:
        last = self._last.get(thread)
        if last is None or not last.activity or last.text.startswith(ENDS):
            label = _stands_before(upcoming)
            return Manner.HELD_BACK if (thread, label) in self._held_back else Manner.AT_REST
        for prefix, manner in (
            (BLOCKS, Manner.BLOCKED),
            (WAITS, Manner.WAITING),
            (SPINS, Manner.SPINNING),
        ):
            if last.text.startswith(prefix):
                return manner
        if last.step is not None and access_of(last.step).verb == "relax":
            return Manner.GAVE_WAY
        return Manner.TURN_OVER if self._rotating else Manner.PREEMPTED

    def _missed(self, moment: Moment) -> tuple[Missed, ...]:
        last = self._last.get(moment.thread)
        if last is None or not last.activity or last.text.startswith(ENDS):
            return ()
        found = []
        for subject, step in self._seen.get(moment.thread, {}).items():
            newest = self._newest[subject]
            if newest.thread != moment.thread and newest.after != step.after:
                found.append(Missed(subject, clip(step.after), step.index, clip(newest.after)))
        return tuple(sorted(found, key=lambda m: m.step))


def _stands_before(upcoming: Moment | None) -> str:
    """What a thread does next; empty if it never runs again."""
    if upcoming is None:
        return ""
    if upcoming.step is not None:
        return at_site(upcoming.step.site).phrase
    if upcoming.text.startswith(BEGINS):
        return upcoming.text.removeprefix(BEGINS).partition(" (")[0]
    return ""
