"""A ledger that notes what a step touches in it."""

from __future__ import annotations

from collections.abc import Sequence

from harness.engine.request import Request, Stage
from harness.model.outcome import Answer, Outcome
from harness.oracles.ledger import Ledger
from harness.verify.footprint import (
    ACTIVITIES,
    CLOCK,
    END,
    INSIDE,
    OCCUPY,
    ORDER,
    READ,
    RELEASE,
    WRITE,
    Touch,
)


class NotingLedger(Ledger):
    """Notes, before it does anything, which of its entries the step in progress touches.

    Attributes:
        touches: of the step in progress; whoever executes steps empties it.
    """

    __slots__ = ("touches",)

    touches: list[Touch]

    def arriving(self, request: Request) -> None:
        """See ``Ledger.arriving``."""
        self._stage(request)
        super().arriving(request)

    def answered(self, request: Request, outcome: object) -> None:
        """See ``Ledger.answered``."""
        self._stage(request)
        stage = request.stage
        super().answered(request, outcome)
        assert isinstance(outcome, Outcome)
        if stage is Stage.DISPATCHED and outcome.answer is Answer.REJECTED:
            self._slot(request.resource, RELEASE)

    def resumed(self, request: Request) -> None:
        """See ``Ledger.resumed``."""
        self._stage(request)
        super().resumed(request)

    def finishing(self, request: Request) -> None:
        """See ``Ledger.finishing``."""
        self._stage(request)
        self._slot(request.resource, RELEASE)
        super().finishing(request)

    def aborting(self, request: Request) -> None:
        """See ``Ledger.aborting``."""
        self._stage(request)
        if request.stage is not Stage.QUEUED:
            self._slot(request.resource, RELEASE)
        super().aborting(request)

    def aborted(self, request: Request) -> None:
        """See ``Ledger.aborted``."""
        self._stage(request)
        super().aborted(request)

    def dispatch(self, request: Request, resource: int) -> None:
        """See ``Ledger.dispatch``."""
        self._stage(request)
        if self.fifo:
            # The order oracle asks whether the dispatching activity began before.
            self.touches.append((ACTIVITIES, END))
        super().dispatch(request, resource)

    def give_back(self, request: Request) -> None:
        """See ``Ledger.give_back``."""
        self._stage(request)
        if request.stage is Stage.DISPATCHED:
            self._slot(request.resource, RELEASE)
        super().give_back(request)

    def wake(self, request: Request) -> None:
        """See ``Ledger.wake``."""
        super().wake(request)
        # A scheduling point came first, so this belongs to the step that follows it.
        self._stage(request)

    def set_capacity(self, resource: int, capacity: int | None) -> None:
        """See ``Ledger.set_capacity``."""
        self._slot(resource, WRITE)
        super().set_capacity(resource, capacity)

    def set_served_by(self, queue: int, resources: Sequence[int]) -> None:
        """See ``Ledger.set_served_by``."""
        self.touches.append((("served by", queue), WRITE))
        super().set_served_by(queue, resources)

    def others_inside(self) -> int:
        """See ``Ledger.others_inside``."""
        self.touches.append((INSIDE, READ))
        return super().others_inside()

    def now(self) -> int:
        """See ``Ledger.now``."""
        self.touches.append((CLOCK, READ))
        return super().now()

    def _occupy(self, request: Request, resource: int) -> None:
        # While a limit has come down but may have been seen before, it matters who takes the last
        # slot: whoever lowered it, or another.
        lowered = self.ceiling[resource] != self.capacity[resource]
        self._slot(resource, WRITE if lowered else OCCUPY)
        super()._occupy(request, resource)

    def _stage(self, request: Request) -> None:
        self.touches.append((("request", request.index), WRITE))
        if self.fifo:
            self.touches.append((ORDER, WRITE))

    def _slot(self, resource: int, way: int) -> None:
        self.touches.append((("slots", resource), way))
