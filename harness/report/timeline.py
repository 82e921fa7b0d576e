"""In which order did everything happen, and which activity does it belong to?

A trace keeps steps and events apart. A timeline is both in one order, cut into activities:
one call into the engine each, from ``begins`` to ``ends``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from harness.model.trace import Event, Step, Trace

BEGINS, ENDS = "begins ", "ends "
BLOCKS, WAITS, SPINS = "blocks on ", "waits on ", "spins"
TIMES_OUT = "times out on "
TRIES_AGAIN = "tries "
ROTATES = "nothing has come of "


@dataclass(frozen=True, slots=True)
class Moment:
    """A step or an event.

    Attributes:
        at: its place in the timeline, from 0.
        thread: who it happened on.
        activity: what that thread was doing, empty between activities.
        step: the step, None for an event.
        text: the event's text, empty for a step.
        passed: steps executed before it.
    """

    at: int
    thread: int
    activity: str
    step: Step | None
    text: str
    passed: int


@dataclass(slots=True)
class Stretch:
    """One activity as it was executed.

    Attributes:
        thread, label: whose and which, e.g. ``finish A``.
        begin, end: its places in the timeline; ``end`` is None if it never ended.
        moments: all that happened in it on its own thread, ``begins`` and ``ends`` included.
    """

    thread: int
    label: str
    begin: int
    end: int | None = None
    moments: list[Moment] = field(default_factory=list)

    @property
    def kind(self) -> str:
        """``arrive``, ``finish``, ``abort``, ``resume`` or the name of an operation."""
        return self.label.split()[0]

    @property
    def subject(self) -> str:
        """The request it is about; empty where it is about none."""
        return self.label.split()[1] if len(self.label.split()) > 1 else ""

    @property
    def steps(self) -> list[Step]:
        """Its steps."""
        return [m.step for m in self.moments if m.step is not None]


@dataclass(frozen=True, slots=True)
class Timeline:
    """All moments of a run in order, and its activities by their beginning."""

    moments: Sequence[Moment]
    stretches: Sequence[Stretch]


def timeline(trace: Trace) -> Timeline:
    """The timeline of ``trace``."""
    moments: list[Moment] = []
    stretches: list[Stretch] = []
    inside: dict[int, Stretch] = {}
    for entry in _in_order(trace):
        at = len(moments)
        if isinstance(entry, Step):
            moment = Moment(at, entry.thread, entry.op, entry, "", entry.index)
        else:
            if entry.text.startswith(BEGINS):
                label = entry.text.removeprefix(BEGINS)
                inside[entry.thread] = Stretch(entry.thread, label, at)
                stretches.append(inside[entry.thread])
            open_one = inside.get(entry.thread)
            label = open_one.label if open_one is not None else ""
            moment = Moment(at, entry.thread, label, None, entry.text, entry.step)
        moments.append(moment)
        stretch = inside.get(moment.thread)
        if stretch is not None:
            stretch.moments.append(moment)
            if moment.text.startswith(ENDS):
                stretch.end = at
                del inside[moment.thread]
    return Timeline(moments, stretches)


def _in_order(trace: Trace) -> list[Step | Event]:
    merged: list[Step | Event] = []
    events = iter(trace.events)
    event = next(events, None)
    for step in trace.steps:
        while event is not None and event.step <= step.index:
            merged.append(event)
            event = next(events, None)
        merged.append(step)
    while event is not None:
        merged.append(event)
        event = next(events, None)
    return merged
