"""What does a step touch, and when do two steps depend on each other?

A *step* is what a thread executes between two decisions: one access to shared state and what
follows it, the begin of an activity, or the return from a wait. Its footprint lists the shared
things it touched, each with the manner in which it did. Two steps of different threads are
independent exactly when they touch nothing in common, or only in manners that commute: then
either order leads to the same state, and no oracle can tell the orders apart.

An access counts as a write only if it changed the object: a compare-and-exchange that failed, a
store of the value that was there, a notification that nobody waited for are reads. That is
sound because it is decided on the state the step was executed in, and an independent step next
to it leaves that state alone.

Beside primitives there are things that only the ledger touches. They keep apart what its
oracles can tell apart: ``ACTIVITIES`` (does an activity begin before another one ends? that
decides where idle points are), each request's stage, and the slots of each resource.
"""

from __future__ import annotations

import dis
from collections.abc import Hashable
from types import CodeType, FrameType
from typing import Any

from harness.runtime.valuestack import doing, instruction

READ, WRITE, ADD, SHARE, BEGIN, END, OCCUPY, RELEASE = range(8)
"""Manners of touching. Each commutes with itself, but for ``WRITE``, and with no other."""

Touch = tuple[Hashable, int]
"""A shared thing and the manner."""

Footprint = tuple[Touch, ...]

WORLD = "the run itself"
"""What a crash touches: it ends the run, so it depends on everything."""

ACTIVITIES = "activities"
"""Touched by the begin and by the end of every activity."""

INSIDE = "threads inside"
"""Touched by the begin and by the end of every activity and wait, and by whoever counts them."""

CLOCK = "clock"

ORDER = "order"
"""Touched by whatever the order oracle takes note of."""

NOTHING, LOOKS, CHANGES, ADDS, LOCKS, TRIES, QUEUES, SHARES = range(8)
"""How the footprint of an access is found out: the manners of the primitives' methods."""

MANNER: dict[str, int] = {
    "add": NOTHING,  # a Statistic, which nobody can read
    "relax": NOTHING,
    "wake": NOTHING,  # the ledger says what it touches
    "load": LOOKS,
    "read": LOOKS,
    "is_set": LOOKS,
    "store": CHANGES,
    "write": CHANGES,
    "exchange": CHANGES,
    "compare_exchange": CHANGES,
    "fetch_or": CHANGES,
    "fetch_and": CHANGES,
    "fetch_add": ADDS,
    "fetch_sub": ADDS,
    "lock": LOCKS,
    "unlock": LOCKS,
    "write_lock": LOCKS,
    "write_unlock": LOCKS,
    "trylock": TRIES,
    "read_lock": SHARES,
    "read_unlock": SHARES,
    "acquire": QUEUES,
    "try_acquire": QUEUES,
    "release": QUEUES,
    "wait": QUEUES,
    "notify": QUEUES,
    "set": QUEUES,
    "clear": QUEUES,
}
"""Kind of access → how to find out what it touches. An unknown kind counts as a write."""

BLOCKING = frozenset({"lock", "read_lock", "write_lock"})
"""Accesses that can not be made at all while somebody else holds the lock."""

_SCALAR = (int, str, bool, bytes, float, type(None))


def held(obj: Any, kind: str) -> bool:
    """Whether a blocking access of ``kind`` to the lock ``obj`` can not be made now."""
    if kind == "lock":
        return obj.holder is not None
    return obj.writing is not None or (kind == "write_lock" and bool(obj.readers))


def state_of(obj: Any, how: int) -> object:
    """What an access may change; taken before it and again after it."""
    if how == QUEUES:
        return obj.value, tuple(obj.waiting)
    return None if how in (NOTHING, LOOKS) else obj.value


def unchanged(before: object, after: object) -> bool:
    """Whether nobody can tell the two values apart."""
    if before is after:
        return True
    kind = type(after)
    if kind is not type(before):
        return False
    return (kind in _SCALAR or kind is tuple) and bool(before == after)


def manner(how: int, blind: bool, before: object, after: object) -> int:
    """The manner in which an access that was made has touched its object.

    Args:
        how: of ``MANNER``.
        blind: whether the engine threw away what the access returned.
        before, after: the object's state.
    """
    if how == LOOKS:
        return READ
    if how == SHARES:
        return SHARE
    if how == LOCKS:
        return WRITE
    if unchanged(before, after):
        return READ
    return ADD if how == ADDS and blind else WRITE


def dependent(one: Footprint, other: Footprint) -> bool:
    """Whether the order of two steps of different threads matters."""
    for thing, way in one:
        if thing is WORLD:
            return True
        for thing2, way2 in other:
            if thing2 is WORLD or (thing == thing2 and (way != way2 or way == WRITE)):
                return True
    return False


def merged(touches: list[Touch]) -> Footprint:
    """The footprint of a step that touched these things; touching in two manners is writing."""
    if len(touches) < 2:
        return tuple(touches)
    ways: dict[Hashable, int] = {}
    for thing, way in touches:
        ways[thing] = way if ways.get(thing, way) == way else WRITE
    return tuple(ways.items())


_statements: dict[tuple[CodeType, int], bool] = {}


def result_ignored(frame: FrameType, method: str) -> bool:
    """Whether ``frame`` calls ``method`` itself, and throws away what that returns.

    It may call something else that calls ``method`` and keeps what it returns, as in
    ``results.extend(map(counter.fetch_add, steps))``; where that is not plain, nothing is ignored.
    The name is enough: another method that bears it is written in Python, and its frame is asked.
    """
    callee = doing(frame).callee
    return len(callee) > 1 and callee[-1] == method and _is_statement(frame)


def _is_statement(frame: FrameType) -> bool:
    """Whether nothing is done with what the call returns that ``frame`` makes."""
    key = frame.f_code, frame.f_lasti
    known = _statements.get(key)
    if known is None:
        offset = instruction(frame)
        rest = (i.opname for i in dis.get_instructions(frame.f_code) if i.offset > offset)
        known = _statements[key] = next(rest, "") == "POP_TOP"
    return known
