"""When was somebody for the last time still obliged to dequeue a request that is stranded?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from harness.execute.run import RecordedRun
from harness.model.finding import Finding, Kind
from harness.model.trace import Step
from harness.report.timeline import WAITS, Moment, Stretch, Timeline, timeline

STRANDED = "stranded: "


class Obligation(NamedTuple):
    """The end of the last activity that could still have dequeued.

    Attributes:
        step: the last one executed when it ended, as the story counts them.
        thread: whose it was.
        activity: which it was, e.g. ``finish A``.
    """

    step: int
    thread: int
    activity: str


@dataclass(frozen=True, slots=True)
class Wait:
    """How a request came to wait in vain.

    Attributes:
        request: its name.
        queued: the moment from which it waits: the end of its own ``arrive`` or, where that
            blocks, the beginning of its wait.
        arrival: its ``arrive``.
        stranded: the moment at which it was found stranded.
        obliged: the activities that ended while it waited, its own first one included, by
            their end; the last of them is the last obligation.
        missed: the last activity that ended while the request was still on its way into the
            queue, and so could look without finding it; None if there was none.
    """

    request: str
    queued: Moment
    arrival: Stretch
    stranded: Moment
    obliged: Sequence[Stretch]
    missed: Stretch | None

    @property
    def last(self) -> Stretch:
        """The activity that was the last one obliged."""
        return self.obliged[-1]


def last_obligation(recorded: RecordedRun, finding: Finding) -> Obligation | None:
    """The last moment at which somebody was still obliged to dequeue a stranded request.

    Obliged is every activity that must leave no request behind that it could have served: the
    request's own ``arrive``, and every ``finish``, ``abort``, ``resume`` and declared
    operation, of whatever thread, that overlaps the time in which the request is queued. That
    time lasts from the moment the engine had the request queued (its ``arrive`` returned, or
    blocked in a wait) to the moment it was found stranded. The last obligation is the latest
    end of such an activity: what begins or goes on after it is an arrival of somebody else,
    and arrivals promise nothing. Activities that executed no step at all do not count: they
    looked at nothing. Where a finding names several requests, the one that was found stranded
    first decides.

    Returns:
        The last step before that moment, the thread and its activity; None if the finding is no
        ``stranded`` or the trace does not show the request being queued.
    """
    wait = wait_of(timeline(recorded.trace), finding)
    if wait is None:
        return None
    last = wait.last
    return Obligation(departure(wait, last).passed - 1, last.thread, last.label)


def wait_of(line: Timeline, finding: Finding) -> Wait | None:
    """The wait that ``finding`` is about; None if it is no ``stranded``."""
    if finding.kind is not Kind.STRANDED:
        return None
    for stranded in line.moments:
        if stranded.text.startswith(STRANDED):
            request = stranded.text.removeprefix(STRANDED).split()[0]
            if request in finding.requests:
                break
    else:
        return None
    arrival = next((s for s in line.stretches if s.kind == "arrive" and s.subject == request), None)
    queued = _settled(arrival, stranded) if arrival is not None else None
    if arrival is None or queued is None:
        return None
    others = [
        (s.end, s)
        for s in line.stretches
        if s.kind != "arrive" and s.end is not None and arrival.begin < s.end and s.steps
    ]
    others.sort(key=lambda pair: pair[0])
    missed = [s for end, s in others if end < queued.at]
    obliged = [s for end, s in others if queued.at < end <= stranded.at]
    return Wait(
        request, queued, arrival, stranded, (arrival, *obliged), missed[-1] if missed else None
    )


def departure(wait: Wait, stretch: Stretch) -> Moment:
    """The moment at which an obliged activity of ``wait`` left."""
    return wait.queued if stretch is wait.arrival else stretch.moments[-1]


def steps_until_departure(wait: Wait, stretch: Stretch) -> list[Step]:
    """The steps of an activity of ``wait`` up to its departure; a wait that ends goes on."""
    until = departure(wait, stretch).passed
    return [step for step in stretch.steps if step.index < until]


def _settled(stretch: Stretch, until: Moment) -> Moment | None:
    """Where a request's ``arrive`` left it queued: its end, or the wait it blocks in."""
    if stretch.end is not None and stretch.end <= until.at:
        return stretch.moments[-1]
    waits = [m for m in stretch.moments if m.text.startswith(WAITS) and m.at <= until.at]
    return waits[-1] if waits else None
