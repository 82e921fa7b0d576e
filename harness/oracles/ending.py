"""How a run ended: to the end, in a deadlock, in an endless loop, in an exception."""

from __future__ import annotations

import re
import traceback
from collections.abc import Sequence

from harness.model.finding import Finding, Kind
from harness.oracles.manner import came_about
from harness.runtime.errors import StuckError
from harness.runtime.scheduler import Scheduler
from harness.runtime.thread import VirtualThread, kind_of


def endless_loop(scheduler: Scheduler) -> Finding | None:
    """An endless loop, if the run ended in a proven one.

    Either the proof in rotation found a cycle, or everything that is not at rest is blocked or
    a parked spinner, which was seen to repeat its state and which nobody is left to disturb.
    """
    proof = scheduler.proof
    if proof is not None and proof.length:
        names = _threads(sorted(proof.looping))
        return Finding(
            Kind.ENDLESS_LOOP,
            scheduler.executed,
            _activities([scheduler.threads[i] for i in sorted(proof.looping)]),
            f"{names} go round a cycle of {proof.length} steps: the full state repeats under a "
            "fair schedule",
        )
    spinning = [p.thread for p in scheduler.spinners.parked.values()]
    if spinning:
        return Finding(
            Kind.ENDLESS_LOOP,
            scheduler.executed,
            _activities(spinning),
            f"{_threads([t.index for t in spinning])} loops for ever: its state repeats, and "
            "every other thread has ended or is blocked",
        )
    return None


def deadlock(scheduler: Scheduler, told: Sequence[VirtualThread]) -> Finding | None:
    """A deadlock, if threads are blocked on locks or waits at the end, with its cycle.

    Args:
        scheduler: at the end of the run.
        told: threads of which another finding says why they wait for ever.
    """
    blocked = [t for t in scheduler.live() if t.blocked_on is not None and t not in told]
    if not blocked:
        return None
    cycle = _wait_for_cycle(scheduler, blocked)
    parts = [_waits_for(scheduler, t) for t in cycle or blocked]
    where = " -> ".join(sorted({t.blocked_on.name for t in cycle or blocked}))
    closed = "wait for each other: " if cycle else "can never go on: "
    return Finding(
        Kind.DEADLOCK,
        scheduler.executed,
        where,
        f"{_threads([t.index for t in cycle or blocked])} {closed}{'; '.join(parts)}",
    )


def crash(scheduler: Scheduler, thread: VirtualThread, error: BaseException) -> Finding:
    """The engine raised ``error`` on ``thread``."""
    frames = traceback.extract_tb(error.__traceback__, limit=None if _shallow(error) else 20)
    inner = next((f for f in reversed(frames) if not _OWN.search(f.filename)), None)
    place = inner.name if inner is not None else "?"
    doing = thread.activity.label if thread.activity is not None else "?"
    text = _text(error)
    return Finding(
        Kind.EXCEPTION,
        scheduler.executed,
        f"{type(error).__name__} in {place}",
        f"{type(error).__name__} in {place} while T{thread.index} did {doing}: {text}",
        through=came_about(thread.activity),
    )


_OWN = re.compile(r"(^|[/\\])harness[/\\](runtime|sync)[/\\]")
"""Files whose functions are not where an engine went wrong, although they raised."""


def _text(error: BaseException) -> str:
    try:
        return str(error) or "no message"
    except (Exception, StuckError):
        return "no readable message"


def _shallow(error: BaseException) -> bool:
    return not isinstance(error, RecursionError)


def _holders(scheduler: Scheduler, thread: VirtualThread) -> list[VirtualThread]:
    """The threads that ``thread`` is blocked by: one that holds the lock, or all that read."""
    lock = thread.blocked_on
    holder = getattr(lock, "holder", None)
    if isinstance(holder, VirtualThread):
        return [holder]
    writing = getattr(lock, "writing", None)
    indexes = _readers(lock) if writing is None else [writing]
    return [scheduler.threads[i] for i in indexes]


def _readers(lock: object) -> list[int]:
    return sorted(set(getattr(lock, "readers", ())))


def _wait_for_cycle(scheduler: Scheduler, blocked: Sequence[VirtualThread]) -> list[VirtualThread]:
    """The threads of a wait-for cycle among the blocked ones, empty when there is none."""
    return next(filter(None, (_cycle_after(scheduler, [], thread) for thread in blocked)), [])


def _cycle_after(
    scheduler: Scheduler, path: list[VirtualThread], thread: VirtualThread
) -> list[VirtualThread]:
    """The first cycle that ``thread``, for which the last one of ``path`` waits, leads into."""
    if thread in path:
        return path[path.index(thread) :]
    further = [*path, thread]
    holders = _holders(scheduler, thread)
    return next(filter(None, (_cycle_after(scheduler, further, h) for h in holders)), [])


def _waits_for(scheduler: Scheduler, thread: VirtualThread) -> str:
    holders = _threads([t.index for t in _holders(scheduler, thread)])
    held = f", held by {holders}" if holders else ""
    manner = " for reading" if _readers(thread.blocked_on) else ""
    return f"T{thread.index} waits for {thread.blocked_on.name}{held}{manner}"


def _threads(indexes: Sequence[int]) -> str:
    return " and ".join(f"T{i}" for i in indexes)


def _activities(threads: Sequence[VirtualThread]) -> str:
    """What they are doing, without the request: ``arrive``."""
    return " + ".join(sorted({kind_of(t.activity) for t in threads if t.activity is not None}))
