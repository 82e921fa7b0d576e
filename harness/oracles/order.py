"""Order: does a dispatch overtake a request that was in the same queue before?

A task that was woken and then takes a slot by itself has dispatched itself.

Only requests whose calls did not overlap have an order, as in linearizability: the first one's
``arrive`` returned before the second one's began. A dispatcher that already holds the first
may tell the ledger late; so an overtaking counts only when the first one is dispatched by an
activity that began afterwards, or is still queued at the next idle point.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.engine.request import Request, Stage
from harness.model.finding import Kind

if TYPE_CHECKING:
    from harness.oracles.ledger import Ledger


@dataclass(frozen=True, slots=True)
class Overtaking:
    """``second`` was dispatched, at time ``clock`` and at ``step``, while ``first`` was queued."""

    first: Request
    second: Request
    clock: int
    step: int


def on_begin(ledger: Ledger) -> None:
    """The current thread enters an activity."""
    ledger.clock += 1
    ledger.began[ledger.scheduler.current.index] = ledger.clock


def on_arrival(ledger: Ledger, request: Request) -> None:
    """The ``arrive`` of ``request`` begins."""
    on_begin(ledger)
    request.arrived_at = ledger.clock


def on_queued(ledger: Ledger, request: Request) -> None:
    """``request`` is now known to be queued."""
    ledger.clock += 1
    request.queued_at = ledger.clock


def on_dispatch(ledger: Ledger, request: Request) -> None:
    """``request`` is taken out of its queue, maybe before its own call said in which it is."""
    if request.stage is Stage.ARRIVING:
        if len(ledger.queues) > 1:
            return
        request.queue = 0
    _leave(ledger, request, _queued_before(ledger, request))


def on_admission(ledger: Ledger, request: Request) -> None:
    """The task of ``request`` takes it out of its queue itself.

    Whoever was woken is no longer waiting for its turn: which of two tasks that were both woken
    runs first is not the engine's choice.
    """
    _leave(ledger, request, [r for r in _queued_before(ledger, request) if not r.woken])


def _queued_before(ledger: Ledger, request: Request) -> list[Request]:
    return [
        other
        for other in ledger.requests
        if other.stage is Stage.QUEUED
        and other.queue == request.queue
        and other.queued_at < request.arrived_at
    ]


def _leave(ledger: Ledger, request: Request, overtaken: list[Request]) -> None:
    """``request`` leaves its queue: note whom it overtakes, settle who overtook it."""
    ledger.clock += 1
    began = ledger.began.get(ledger.scheduler.current.index, 0)
    for earlier in [o for o in ledger.overtakings if o.first is request]:
        ledger.overtakings.remove(earlier)
        if began > earlier.clock:
            _report(ledger, earlier)
    step = ledger.scheduler.executed
    ledger.overtakings += [Overtaking(first, request, ledger.clock, step) for first in overtaken]


def at_idle_point(ledger: Ledger) -> None:
    """Whoever was overtaken and still waits proves the violation."""
    for overtaking in ledger.overtakings:
        if overtaking.first.stage is Stage.QUEUED:
            _report(ledger, overtaking)
    ledger.overtakings.clear()


def _report(ledger: Ledger, overtaking: Overtaking) -> None:
    first, second = overtaking.first, overtaking.second
    queue = ledger.queues[first.queue]
    ledger.found(
        Kind.ORDER,
        queue,
        f"{second.name} was dispatched from {queue} at step {overtaking.step}, although "
        f"{first.name} was queued there before {second.name} arrived",
        [first, second],
    )
