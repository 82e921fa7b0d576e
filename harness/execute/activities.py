"""What virtual threads execute: calls into the engine, with the ledger's entries around them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from harness.engine.request import Request, Stage
from harness.oracles import order
from harness.runtime.thread import Activity, VirtualThread

if TYPE_CHECKING:
    from harness.execute.plan import Plan

_ABORTABLE: Final = (Stage.QUEUED, Stage.DISPATCHED, Stage.IN_SERVICE)
_GONE: Final = (Stage.FINISHED, Stage.ABORTED, Stage.REJECTED)


class Call(Activity):
    """A call into the engine.

    Attributes:
        following: the thread's next operation, ready as soon as this one begins.
        previous: of an arrival on a thread that has one request at a time, the request before
            it, which must have gone first.
    """

    __slots__ = ("args", "following", "plan", "previous", "request")

    def __init__(self, plan: Plan, tag: object) -> None:
        super().__init__(tag)
        self.plan = plan
        self.following: Call | None = None
        self.previous: Request | None = None
        self.args: tuple[object, ...] = ()
        self.request: Request

    @property
    def label(self) -> str:
        """Its name, e.g. ``arrive B server=1``; seldom asked for, and so not kept."""
        return self.plan.label_of(self)

    def frozen_state(self) -> tuple[object, ...]:
        """Which one it is; it does not change while it runs."""
        return (self.label,)


class Arrive(Call):
    """A request arrives."""

    __slots__ = ()

    def run(self) -> None:
        """Call ``arrive`` and enter its answer in the ledger."""
        plan = self.plan
        request = self.request
        if self.following is not None:
            _follow(plan, request.thread, self.following)
        ledger = plan.ledger
        ledger.arriving(request)
        args = self.args
        if args:
            ledger.answered(request, plan.engine.arrive(request, *args))
        else:
            ledger.answered(request, plan.engine.arrive(request))
        if plan.held:
            _release(plan, request)


class Finish(Call):
    """A request's service ends."""

    __slots__ = ()

    @property
    def label(self) -> str:
        """Its name."""
        return f"finish {self.request.name}"

    def run(self) -> None:
        """Enter the end in the ledger and call ``finish``."""
        plan = self.plan
        plan.ledger.finishing(self.request)
        plan.engine.finish(self.request)
        if plan.held:
            _release(plan, self.request)


class Resume(Call):
    """The task of a request runs because it was woken."""

    __slots__ = ()

    @property
    def label(self) -> str:
        """Its name."""
        return f"resume {self.request.name}"

    def run(self) -> None:
        """Call ``resume``, unless the request has gone in the meantime."""
        plan = self.plan
        request = self.request
        request.woken = False
        plan.scheduler.pending -= 1
        if plan.ledger.fifo:
            order.on_begin(plan.ledger)
        if request.stage in _GONE:
            return
        outcome = plan.engine.resume(request)
        if outcome is None:
            plan.ledger.resumed(request)
        else:
            plan.ledger.answered(request, outcome)
            if plan.held:
                _release(plan, request)


class Abort(Call):
    """The client of a request leaves, if the request is still there."""

    __slots__ = ()

    def run(self) -> None:
        """Call ``abort`` on a queued, dispatched or served request."""
        plan = self.plan
        request = self.request
        if self.following is not None:
            _follow(plan, request.thread, self.following)
        if request.stage in _ABORTABLE:
            plan.ledger.aborting(request)
            plan.engine.abort(request)
            plan.ledger.aborted(request)
            if plan.held:
                _release(plan, request)


def _follow(plan: Plan, thread: VirtualThread, following: Call) -> None:
    """The next operation of ``thread`` becomes ready, or is held back until a request has gone."""
    previous = following.previous
    if previous is None or previous.stage in _GONE:
        thread.ready.append(following)
    else:
        plan.held[thread.index] = following


def _release(plan: Plan, request: Request) -> None:
    """If ``request`` has gone, the arrival that its thread held back becomes ready."""
    if request.stage in _GONE:
        held = plan.held.pop(request.thread.index, None)
        if held is not None:
            request.thread.ready.append(held)


class Operate(Call):
    """An operation that the engine declares."""

    __slots__ = ("method",)

    def __init__(self, plan: Plan, tag: object, method: str) -> None:
        super().__init__(plan, tag)
        self.method = method

    def run(self) -> None:
        """Call the operation."""
        plan = self.plan
        if self.following is not None:
            _follow(plan, plan.scheduler.current, self.following)
        if plan.ledger.fifo:
            order.on_begin(plan.ledger)
        getattr(plan.engine, self.method)(*self.args)
        plan.ledger.operations += 1


class Probe(Call):
    """After the run: is a new request admitted, as free capacity promises?"""

    __slots__ = ()

    @property
    def label(self) -> str:
        """Its name."""
        return "arrive probe"

    def run(self) -> None:
        """Arrive like any request."""
        plan = self.plan
        plan.ledger.arriving(self.request)
        plan.ledger.answered(self.request, plan.engine.arrive(self.request, *self.args))
