"""What must hold at an idle point.

An idle point is reached whenever no thread is inside an activity and no wake-up is pending:
everything that was obliged to happen has happened. What is in service there will end some
day, and its end makes somebody look at the queues its resource serves; nothing else counts as
a promise, not a later arrival and not a timeout.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

from harness.engine.request import Request, Stage
from harness.model.finding import Finding, Kind
from harness.oracles import order
from harness.oracles.ledger import Ledger

_WAITING: Final = (Stage.QUEUED, Stage.ARRIVING)

_UNKNOWN: Final = -1
"""The queue of an arrival that is blocked, where there are several."""

_FINAL: Final = "the run ends like that"


class IdleOracle:
    """Checks one run at its idle points.

    Requests found stranded are kept until the end of the run, which tells whether a later,
    unrelated operation rescued them. What was found of a request is not found of it again; what
    else goes wrong with it is, except that a lost one is not called stranded too.
    """

    __slots__ = ("_late", "_ledger", "_lost", "_timed", "_unwoken", "_wrong", "stranded")

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._late = False
        self._timed = False  # somebody was stranded while a timer ran
        self._wrong: set[str] = set()
        self._lost: list[Request] = []
        self._unwoken: list[Request] = []
        self.stranded: list[tuple[Request, int, int]] = []

    def reset(self) -> None:
        """Forget the last run."""
        self._late = self._timed = False
        if self._wrong:
            self._wrong.clear()
        if self._lost:
            self._lost.clear()
        if self._unwoken:
            self._unwoken.clear()
        if self.stranded:
            self.stranded.clear()

    def check(self, waiting: Sequence[Request]) -> None:
        """Judge the ledger at an idle point.

        Args:
            waiting: requests whose ``arrive`` is blocked in a wait: queued, in effect.
        """
        ledger = self._ledger
        wrong = self._wrong_counts(waiting)
        if wrong and ledger.scheduler.timed:
            return  # an operation is amid a change, in a wait that ends by itself
        if waiting or any(ledger.queued):
            self._judge_waiting(waiting)
        if ledger.unwoken:
            self._judge_dispatched()
        if ledger.overtakings:
            order.at_idle_point(ledger)
        for name, value, table, expected in wrong:
            self._miscounted(name, value, table, expected)
        if ledger.ceiling != ledger.capacity:
            ledger.ceiling[:] = ledger.capacity

    def check_contents(self, contents: Collection[Request]) -> None:
        """A request that is queued for the ledger must be linked in some queue of the engine."""
        lost = self._lost
        for request in self._ledger.requests:
            if request.stage is Stage.QUEUED and request not in lost and request not in contents:
                lost.append(request)
                name = self._ledger.queues[request.queue]
                self._ledger.found(
                    Kind.LOST_REQUEST,
                    name,
                    f"{request.name} left {name} without being dispatched, rejected or aborted",
                    [request],
                )

    def lost_for_good(self) -> list[Request]:
        """At the end of the run: the requests that were found stranded and not rescued."""
        return [request for request, _, _ in self.stranded if request.stage in _WAITING]

    def conclude(self) -> list[Finding]:
        """At the end of the run: the stranded findings, final ones and transient ones."""
        groups: dict[tuple[int, str], list[tuple[Request, int]]] = {}
        for request, queue, step in self.stranded:
            groups.setdefault((queue, self._end(request)), []).append((request, step))
        return [self._stranded(queue, members, end) for (queue, end), members in groups.items()]

    def _judge_waiting(self, waiting: Sequence[Request]) -> None:
        ledger = self._ledger
        for request in ledger.requests:
            if request.stage is Stage.QUEUED:
                self._judge(request, request.queue, ledger.served_by[request.queue], 1)
        if len(ledger.queues) == 1:
            for request in waiting:
                self._judge(request, 0, ledger.served_by[0], 1)
        elif waiting and all(ledger.served_by):
            # It may wait for any one of these, or for a queue that nothing serves: nobody says.
            servers = sorted({r for served_by in ledger.served_by for r in served_by})
            for request in waiting:
                self._judge(request, _UNKNOWN, servers, len(servers))

    def _judge(self, request: Request, queue: int, servers: Sequence[int], needed: int) -> None:
        """Judge a request that waits for ``servers``, of which so many must be free to serve it."""
        ledger = self._ledger
        if request in self._lost or any(known is request for known, _, _ in self.stranded):
            return
        free = 0
        busy = False
        for resource in servers:
            limit, held = ledger.capacity[resource], ledger.in_service[resource]
            if limit is None or held < limit:
                free += 1
            busy = busy or held > 0
        if free < needed:
            return
        if busy:
            if not self._late:
                self._late = True
                ledger.found(
                    Kind.IDLE_CAPACITY,
                    self._name(queue),
                    f"{request.name} waits in {self._name(queue)} while capacity that could "
                    "serve it is free; what is still in service may wake it later",
                    [request],
                )
            return
        self._timed = self._timed or ledger.scheduler.timed != 0
        self.stranded.append((request, queue, ledger.scheduler.executed))
        if ledger.scheduler.observer is not None:
            ledger.scheduler.observer.event(
                f"stranded: {request.name} is queued and nobody is left to dequeue it"
            )

    def _stranded(self, queue: int, members: list[tuple[Request, int]], end: str) -> Finding:
        name = self._name(queue)
        names = tuple(request.name for request, _ in members)
        verb = "is" if len(names) == 1 else "are"
        return Finding(
            Kind.STRANDED,
            min(step for _, step in members),
            name,
            f"{' and '.join(names)} {verb} queued in {name}, capacity is free and nobody is "
            f"left to dequeue; {end}",
            names,
            transient=end != _FINAL,
        )

    def _end(self, request: Request) -> str:
        """What became of a request that was stranded."""
        if request.stage in _WAITING:
            return _FINAL
        if request.stage is Stage.ABORTED and request.resource < 0:
            return "only its client ended that, by leaving"
        luck = "a later, unrelated operation"
        return f"a timeout or {luck} rescued it" if self._timed else f"{luck} rescued it"

    def _name(self, queue: int) -> str:
        queues = self._ledger.queues
        return " or ".join(queues) if queue == _UNKNOWN else queues[queue]

    def _judge_dispatched(self) -> None:
        ledger = self._ledger
        for request in ledger.requests:
            if request.stage is Stage.DISPATCHED and request not in self._unwoken:
                self._unwoken.append(request)
                name = ledger.resources[request.resource]
                ledger.found(
                    Kind.LOST_WAKEUP,
                    name,
                    f"{request.name} was dispatched and holds a slot of {name}, but its task "
                    "was never woken",
                    [request],
                )

    def _wrong_counts(self, waiting: Sequence[Request]) -> list[tuple[str, object, str, int]]:
        """Of each counter that does not agree: name, value, what it counts, how many those are."""
        ledger = self._ledger
        wrong: list[tuple[str, object, str, int]] = []
        for counter, table, indexes in ledger.counters:
            counts = ledger.in_service if table == "in service" else ledger.queued
            expected = sum(counts if indexes is None else [counts[i] for i in indexes])
            if counter.value != expected:
                if waiting and table == "queued":
                    expected += len(waiting)
                    if counter.value == expected:
                        continue
                wrong.append((counter.name, counter.value, table, expected))
        return wrong

    def _miscounted(self, name: str, value: object, table: str, expected: int) -> None:
        if name not in self._wrong:
            self._wrong.add(name)
            self._ledger.found(
                Kind.ACCOUNTING,
                name,
                f"{name} says {value}, but {expected} are {table}",
            )
