"""The life of every request, kept from the calls that cross the engine boundary.

A request's service lasts, for the ledger, from the moment the engine says that it is admitted
or dispatched to the moment the harness asks to finish it. The engine holds the slot at least
that long, so more in service than the capacity is over-admission, never an artefact.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from mypy_extensions import mypyc_attr

from harness.engine.request import Request, Stage
from harness.model.finding import Finding, Kind
from harness.model.outcome import Answer, Outcome, queued
from harness.oracles import answers, order
from harness.oracles.manner import came_about
from harness.oracles.order import Overtaking
from harness.runtime.scheduler import Scheduler
from harness.runtime.thread import Activity

# Final, so that the compiled ledger does not look them up in a dictionary.
_ARRIVING: Final = Stage.ARRIVING
_QUEUED: Final = Stage.QUEUED
_DISPATCHED: Final = Stage.DISPATCHED
_IN_SERVICE: Final = Stage.IN_SERVICE
_ABORTING: Final = Stage.ABORTING
_FINISHED: Final = Stage.FINISHED
_ADMITTED_ANSWER: Final = Answer.ADMITTED
_QUEUED_ANSWER: Final = Answer.QUEUED


@mypyc_attr(allow_interpreted_subclasses=True)
class Ledger:
    """The ledger of one run; also what the engine calls out to.

    Attributes:
        requests: all requests of the workload.
        resources, capacity, in_service: name, declared limit (None: no limit) and number in
            service of each resource.
        ceiling: the highest limit that an operation in progress may still have seen.
        changers: what has set the present limit, and so can not have seen another one since.
        queues, served_by, queued: name, serving resources and length of each queue.
        tasks: whether woken requests run a task of their own (``resume``); without, being
            woken is being in service.
        counters: published counters with the table and the entries whose sum they must equal
            (None: all).
        publishes_in_service: one of them counts requests in service.
        unwoken: requests dispatched whose task has not run yet.
        operations: declared operations executed.
        clock_read: the engine has asked for the virtual time in this run.
        clock, began: for the order check: events so far, and for each thread when its
            present activity began.
        findings: what was found so far.
    """

    __slots__ = (
        "began",
        "capacity",
        "ceiling",
        "changers",
        "clock",
        "clock_read",
        "counters",
        "fifo",
        "findings",
        "in_service",
        "operations",
        "overtakings",
        "publishes_in_service",
        "queued",
        "queues",
        "requests",
        "resources",
        "scheduler",
        "served_by",
        "tasks",
        "unwoken",
    )

    def __init__(
        self, scheduler: Scheduler, requests: Sequence[Request], *, fifo: bool, tasks: bool
    ) -> None:
        self.scheduler = scheduler
        self.requests = requests
        self.fifo = fifo
        self.tasks = tasks
        self.resources: list[str] = []
        self.capacity: list[int | None] = []
        self.ceiling: list[int | None] = []
        self.changers: list[Activity | None] = []
        self.in_service: list[int] = []
        self.queues: list[str] = []
        self.served_by: list[Sequence[int]] = []
        self.queued: list[int] = []
        self.counters: list[tuple[Any, str, Sequence[int] | None]] = []
        self.findings: list[Finding] = []
        self.overtakings: list[Overtaking] = []
        self.operations = self.unwoken = 0
        self.clock = 0
        self.clock_read = self.publishes_in_service = False
        self.began: dict[int, int] = {}

    def reset(self) -> None:
        """Forget the last run."""
        self.resources.clear()
        self.capacity.clear()
        self.ceiling.clear()
        self.changers.clear()
        self.in_service.clear()
        self.queues.clear()
        self.served_by.clear()
        self.queued.clear()
        self.counters.clear()
        self.overtakings.clear()
        if self.findings:
            self.findings = []
        self.clock_read = self.publishes_in_service = False
        self.scheduler.open = self.operations = self.unwoken = 0

    # ------------------------------------------------------------ declarations

    def add_resource(self, name: str, capacity: int | None) -> int:
        """A resource is declared.

        Raises:
            ValueError: its capacity is negative.
        """
        if capacity is not None and capacity < 0:
            raise ValueError(f"the capacity of {name} is {capacity}; it can not be below 0")
        self.resources.append(name)
        self.capacity.append(capacity)
        self.ceiling.append(capacity)
        self.changers.append(None)
        self.in_service.append(0)
        return len(self.resources) - 1

    def add_queue(self, name: str, served_by: Sequence[int]) -> int:
        """A queue is declared."""
        self.queues.append(name)
        self.served_by.append(served_by)
        self.queued.append(0)
        return len(self.queues) - 1

    def add_counter(self, counter: Any, table: str, indexes: Sequence[int] | None) -> None:
        """A counter is published."""
        self.counters.append((counter, table, indexes))
        self.publishes_in_service |= table == "in service"
        self.scheduler.open += 1

    def set_up(self) -> None:
        """Setup has ended: fill in what was not declared.

        Raises:
            ValueError: no resource was declared.
        """
        if not self.resources:
            raise ValueError("setup must declare at least one resource: self.resource(name, n)")
        if not self.queues:
            self.add_queue("queue", range(len(self.resources)))

    # --------------------------------------------------------------- life cycle

    def arriving(self, request: Request) -> None:
        """``arrive`` is being called."""
        request.stage = _ARRIVING
        if self.fifo:
            order.on_arrival(self, request)

    def answered(self, request: Request, outcome: object) -> None:
        """``arrive`` or ``resume`` returned ``outcome``."""
        if not isinstance(outcome, Outcome) or outcome.where:
            answers.answered(outcome, self.queues, self.resources)
        assert isinstance(outcome, Outcome)
        answer = outcome.answer
        stage = request.stage
        if answer is _QUEUED_ANSWER:
            # Another thread may have dispatched it before its own call returned.
            if stage is _QUEUED:
                self.queued[request.queue] -= 1
            elif stage is _ARRIVING:
                self.scheduler.open += 1
            else:
                request.queue = outcome.where  # where it comes back to if it gives its slot back
                return
            request.stage = _QUEUED
            request.queue = outcome.where
            request.resource = -1
            self.queued[outcome.where] += 1
            if self.fifo:
                order.on_queued(self, request)
        elif answer is _ADMITTED_ANSWER:
            if stage is _ARRIVING or stage is _QUEUED:
                if stage is _QUEUED:
                    self._leave_queue(request)
                    if self.fifo:
                        order.on_admission(self, request)
                request.stage = _IN_SERVICE
                self._occupy(request, outcome.where)
                request.thread.ready.append(request.finish)
            elif stage is _DISPATCHED and self._confirms(request, outcome.where):
                self._begin_service(request)
            elif stage is _DISPATCHED or stage is _IN_SERVICE:
                self._doubly(request, f"admitted although it was already {stage.value}")
        else:
            if stage is _QUEUED:
                self._leave_queue(request)
            elif stage is _DISPATCHED:
                self.unwoken -= 1
                self.scheduler.open -= 1
                self.in_service[request.resource] -= 1
            request.stage = Stage.REJECTED

    def resumed(self, request: Request) -> None:
        """``resume`` returned None: in service if it was dispatched, still queued otherwise."""
        if request.stage is _DISPATCHED:
            self._begin_service(request)
        elif request.stage is _ARRIVING:  # it gave its slot back and was queued again
            self.answered(request, queued(request.queue))

    def finishing(self, request: Request) -> None:
        """``finish`` is being called."""
        if self.fifo:
            order.on_begin(self)
        request.stage = _FINISHED
        self.in_service[request.resource] -= 1

    def aborting(self, request: Request) -> None:
        """``abort`` is being called on a queued, dispatched or served request."""
        if self.fifo:
            order.on_begin(self)
        stage = request.stage
        if stage is _QUEUED:
            self._leave_queue(request)
        else:
            self.in_service[request.resource] -= 1
            if stage is _DISPATCHED:
                self.unwoken -= 1
                self.scheduler.open -= 1
            else:
                request.thread.ready.remove(request.finish)
        request.stage = _ABORTING

    def aborted(self, request: Request) -> None:
        """``abort`` returned."""
        request.stage = Stage.ABORTED

    # ------------------------------------------------------- calls of the engine

    def dispatch(self, request: Request, resource: int) -> None:
        """The engine takes ``request`` from its queue and gives it a slot of ``resource``."""
        stage = request.stage
        if stage is _QUEUED or stage is _ARRIVING:
            if stage is _QUEUED:
                self.queued[request.queue] -= 1
            else:
                self.scheduler.open += 1
            if self.fifo:
                order.on_dispatch(self, request)
            request.stage = _DISPATCHED
            self.unwoken += 1
            self._occupy(request, resource)
        elif stage is not _ABORTING:  # an abort in progress will give the slot back
            self._doubly(request, f"dispatched although it was already {stage.value}")
        if self.scheduler.observer is not None:
            self.scheduler.observer.event(
                f"dispatches {request.name} to {self.resources[resource]}"
            )

    def give_back(self, request: Request) -> None:
        """``request`` was dispatched, and gives its slot back unserved."""
        if request.stage is _DISPATCHED:
            self.unwoken -= 1
            self.scheduler.open -= 1
            self.in_service[request.resource] -= 1
            request.stage = _ARRIVING

    def wake(self, request: Request) -> None:
        """The engine wakes the task of ``request``."""
        s = self.scheduler
        if s.left:
            s.left -= 1
        else:
            s.point(request, "wake")
        if not self.tasks:
            if request.stage is _DISPATCHED:
                self.unwoken -= 1
                s.open -= 1
                request.stage = _IN_SERVICE
                request.waker = s.current.activity
                s.wake(request.thread, request.finish)
        elif not request.woken:
            request.woken = True
            request.waker = s.current.activity
            s.pending += 1
            s.wake(request.thread, request.resume)

    def set_capacity(self, resource: int, capacity: int | None) -> None:
        """The declared limit of ``resource`` changes."""
        old = self.capacity[resource]
        self.capacity[resource] = capacity
        self.changers[resource] = self.scheduler.current.activity
        ceiling = self.ceiling[resource]
        if capacity is None or (ceiling is not None and capacity > ceiling):
            self.ceiling[resource] = capacity
        elif old is None:
            self.ceiling[resource] = None
        self.scheduler.open += 1  # the ceiling must come down at the next idle point

    def set_served_by(self, queue: int, resources: Sequence[int]) -> None:
        """From now on ``resources`` serve ``queue``."""
        self.served_by[queue] = resources

    def fail(self, where: str, message: str) -> None:
        """The engine says that something is wrong."""
        if not any(f.kind is Kind.EXCEPTION and f.where == where for f in self.findings):
            self.found(Kind.EXCEPTION, where, message)

    def progress(self) -> object:
        """Changes whenever a request moves on in its life or a limit changes."""
        return (
            [(r.stage, r.woken, r.queue, r.resource) for r in self.requests],
            self.capacity[:],
            self.operations,
        )

    def frozen_state(self) -> tuple[object, ...]:
        """Nothing: engines can not read it, and ``progress`` tells its changes."""
        return ()

    def now(self) -> int:
        """Virtual time in milliseconds."""
        self.clock_read = True
        return self.scheduler.now

    def current_thread(self) -> int:
        """Index of the virtual thread that executes."""
        return self.scheduler.current.index

    def others_inside(self) -> int:
        """How many threads but the current one are inside an activity."""
        return self.scheduler.inside - 1

    # -------------------------------------------------------------------- parts

    def found(self, kind: Kind, where: str, message: str, requests: Sequence[Request] = ()) -> None:
        """Note a finding that is true from this step on."""
        if self.scheduler.unwinding:
            return  # the run is over: what cleanup code does is no part of it
        names = tuple(r.name for r in requests)
        through = came_about(self.scheduler.current.activity, requests)
        finding = Finding(kind, self.scheduler.executed, where, message, names, through=through)
        self.findings.append(finding)
        if self.scheduler.observer is not None:
            self.scheduler.observer.event(f"{kind.value}: {message}")

    def _begin_service(self, request: Request) -> None:
        self.unwoken -= 1
        self.scheduler.open -= 1
        request.stage = _IN_SERVICE
        request.thread.ready.append(request.finish)

    def _confirms(self, request: Request, resource: int) -> bool:
        # What serves a request that was woken is its task, and not the call that answers.
        own_task = request.woken and self.scheduler.current.activity is not request.resume
        return request.resource == resource and not own_task

    def _leave_queue(self, request: Request) -> None:
        self.queued[request.queue] -= 1
        self.scheduler.open -= 1

    def _occupy(self, request: Request, resource: int) -> None:
        request.resource = resource
        self.in_service[resource] = n = self.in_service[resource] + 1
        limit = self.capacity[resource]
        if limit is None or n <= limit:
            return
        if self.scheduler.current.activity is not self.changers[resource]:
            limit = self.ceiling[resource]
        if limit is not None and n > limit:
            name = self.resources[resource]
            holders = [
                r
                for r in self.requests
                if r.resource == resource
                and (r is request or r.stage is _IN_SERVICE or r.stage is _DISPATCHED)
            ]
            self.found(
                Kind.OVER_ADMISSION,
                name,
                f"{n} requests in service on {name}, which allows {limit}",
                holders,
            )

    def _doubly(self, request: Request, what: str) -> None:
        self.found(Kind.DOUBLE_DISPATCH, "request", f"{request.name} was {what}", [request])
