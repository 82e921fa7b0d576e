"""Where in a stretch of equivalent places does a context switch stand?

Many places of a switch give the same finding: all those between two accesses that matter. Which of
them a search came upon is chance, and two cases that differ in nothing else would pass for two
causes. So every switch is made as late as it can be: the thread runs on until one step more would
spoil the finding. That step is the access that has to wait for the other thread.

Jalbert and Sen, "A trace simplification technique for effective debugging of concurrent programs",
FSE 2010, move segments of a trace in order to join them; here nothing is joined, the passes that
take switches away do that.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from harness.model.schedule import Anchor, Switch


def slid(
    switches: Sequence[Switch], anchors: Sequence[Anchor], which: int, by: int
) -> list[Switch] | None:
    """The switches with one of them moved to a later decision that its thread reached.

    Args:
        switches: of a run.
        anchors: every decision that the run reached, in order.
        which: index of the switch to move.
        by: decisions of its thread to move it by, 1 or more.

    Returns:
        None where the thread did not reach so many, or where the switch is no change of a thread
        that could have gone on.
    """
    switch = switches[which]
    if switch.activity or not _could_go_on(switch.anchor):
        return None
    own = [a for a in anchors if a.thread == switch.anchor.thread and _could_go_on(a)]
    after = own.index(switch.anchor) + by
    if after >= len(own):
        return None
    return [*switches[:which], replace(switch, anchor=own[after]), *switches[which + 1 :]]


def progress(switch: Switch, anchors: Sequence[Anchor]) -> int:
    """How many decisions its thread had reached when it was switched away from."""
    thread = switch.anchor.thread
    return sum(a.thread == thread for a in anchors[: anchors.index(switch.anchor)])


def _could_go_on(anchor: Anchor) -> bool:
    return anchor.site not in ("at rest", "spinning") and not anchor.site.startswith("blocked on ")
