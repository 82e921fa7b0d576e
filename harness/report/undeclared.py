"""Does an engine block in ``arrive`` without having said so?

One of its threads then brings a further request while its first is in service, blocks in it, and
can not end the first: a deadlock for each set of requests, and none of them a bug of the queue.
"""

from __future__ import annotations

from harness.model.finding import Finding, Kind
from harness.model.trace import Trace
from harness.report.timeline import WAITS, Stretch, Timeline, timeline

HINT = (
    "hint: every thread that is left waits in an arrival, and one of them brought another request "
    "before, which it can not end now. If arrive may block, declare `blocking = True` in the "
    "engine's class: each thread then has one request at a time."
)


def blocks_undeclared(trace: Trace, finding: Finding | None, *, blocking: bool) -> bool:
    """Whether a deadlock looks as if only the declaration was missing.

    Args:
        trace: of the run.
        finding: what the run is shown for; None if nothing was found.
        blocking: whether the engine has declared it.
    """
    if blocking or finding is None or finding.kind is not Kind.DEADLOCK:
        return False
    line = timeline(trace)
    left = [stretch for stretch in line.stretches if stretch.end is None]
    return all(map(_waits_in_arrival, left)) and any(_has_another(line, s) for s in left)


def _waits_in_arrival(stretch: Stretch) -> bool:
    return stretch.kind == "arrive" and stretch.moments[-1].text.startswith(WAITS)


def _has_another(line: Timeline, stretch: Stretch) -> bool:
    """Whether the thread brought a request before that has not ended."""
    own = [s for s in line.stretches if s.thread == stretch.thread and s is not stretch]
    brought = {s.subject for s in own if s.kind == "arrive"}
    ended = {s.subject for s in own if s.kind in ("finish", "abort")}
    return bool(brought - ended)
