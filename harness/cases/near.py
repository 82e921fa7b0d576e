"""Which decisions of a run may stand in for the one that a switch was anchored to in older code?"""

from __future__ import annotations

from collections.abc import Sequence

from harness.model.schedule import Anchor

FAR = 3
"""Distance from which on a decision is at another place, and to take it is to guess."""


def candidates(wanted: Anchor, reached: Sequence[Anchor]) -> list[Anchor]:
    """All other decisions of the same thread in the same operation, the nearest first."""
    same = [a for a in reached if a.thread == wanted.thread and a.op == wanted.op and a != wanted]
    return sorted(same, key=lambda a: (distance(wanted, a), abs(wanted.occurrence - a.occurrence)))


def distance(wanted: Anchor, other: Anchor) -> int:
    """How far apart the sites of two anchors of one operation are; the smaller the better."""
    if other.site == wanted.site:
        return 0
    function, _, access = wanted.site.partition(": ")
    other_function, _, other_access = other.site.partition(": ")
    if not access:  # blocked on something, before an activity, spinning, at rest
        return FAR + (wanted.site.split()[0] != other.site.split()[0])
    if access == other_access:
        return 1
    kind, _, obj = access.partition(" ")
    other_kind, _, other_obj = other_access.partition(" ")
    if function == other_function and obj == other_obj:
        return 2  # retyped
    return FAR + 2 * (kind != other_kind) + (function != other_function)
