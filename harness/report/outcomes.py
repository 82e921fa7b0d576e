"""What became of each request when it arrived?

The trace shows dispatches and ends of service; the engine's answers are concluded from those.
"""

from __future__ import annotations

from collections.abc import Sequence

from harness.report.obligation import STRANDED
from harness.report.timeline import Timeline


def outcomes(line: Timeline, stranded: Sequence[str]) -> dict[int, str]:
    """What became of the request of each arrival, by the place of its end in the timeline.

    An arrival whose answer nothing later tells has no entry.

    Args:
        line: the run.
        stranded: requests found to be queued with nobody left to dequeue them.
    """
    found: dict[int, str] = {}
    for stretch in line.stretches:
        if stretch.kind != "arrive" or stretch.end is None:
            continue
        name = stretch.subject
        later = [m.text for m in line.moments[stretch.end :]]
        dispatched = [
            m.at for m in line.moments[stretch.begin :] if m.text.startswith(f"dispatches {name} ")
        ]
        if dispatched:
            found[stretch.end] = (
                f"{name} is queued"
                if dispatched[0] > stretch.end
                else f"{name} is dispatched already"
            )
        elif name in stranded and any(text.startswith(STRANDED) for text in later):
            found[stretch.end] = f"{name} is queued"
        elif f"begins finish {name}" in later:
            found[stretch.end] = f"{name} is admitted"
    return found
