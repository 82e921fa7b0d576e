"""What a run gives, and who gives it."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from harness.model.finding import Finding, Kind
from harness.model.schedule import Anchor, Schedule, Switch
from harness.model.spec import EngineSpec
from harness.model.trace import Trace
from harness.model.workload import Workload
from harness.runtime.watched import Pilot


class Run:
    """The result of one execution.

    Attributes:
        findings: what was found, gravest first.
        steps: decisions executed.
        limited: the budget was spent without a proven cycle; the run says nothing.
    """

    __slots__ = ("findings", "limited", "steps")

    def __init__(self, findings: Sequence[Finding], steps: int, limited: bool) -> None:
        self.findings = findings
        self.steps = steps
        self.limited = limited

    @property
    def went_round(self) -> bool:
        """Whether it stalled, and so took as long as many others: a loop, proven or not."""
        return self.limited or any(f.kind is Kind.ENDLESS_LOOP for f in self.findings)

    @property
    def worst(self) -> Finding | None:
        """The gravest finding that is more than a warning."""
        return next((f for f in self.findings if not f.kind.warning), None)

    @property
    def verdict(self) -> str:
        """``ok``, ``step-limit`` or the gravest finding's kind."""
        if self.worst is not None:
            return self.worst.kind.value
        return "step-limit" if self.limited else "ok"


@dataclass(frozen=True, slots=True)
class RecordedRun:
    """A run with everything that happened in it.

    Attributes:
        run: the result.
        trace: every step and event.
        schedule: the choices it made, without a random tail: executing it gives this run.
        switches: the same choices, anchored.
        anchors: every decision that was reached, in order.
    """

    run: Run
    trace: Trace
    schedule: Schedule
    switches: Sequence[Switch]
    anchors: Sequence[Anchor]


class EngineError(Exception):
    """The engine can not be run at all; the message says why."""


class Executor(Protocol):
    """Executes cases on one engine."""

    spec: EngineSpec

    def run(self, workload: Workload, schedule: Schedule) -> Run:
        """Execute a case as fast as can be.

        Raises:
            EngineError: the engine can not be set up.
        """

    def guard(self) -> AbstractContextManager[None]:
        """A context in which engine code that never comes back is stopped and found out."""

    def record(self, workload: Workload, schedule: Schedule) -> RecordedRun:
        """Execute a case and record everything; the same verdict as ``run``.

        Raises:
            EngineError: the engine can not be set up.
        """

    def replay(
        self, workload: Workload, switches: Sequence[Switch]
    ) -> tuple[RecordedRun, Sequence[bool]]:
        """Execute a workload under anchored switches.

        Returns:
            The run, and for each switch whether it was met.

        Raises:
            EngineError: the engine can not be set up.
        """


class Steerable(Executor, Protocol):
    """An executor of which something else than a schedule can decide who runs."""

    def steer(self, workload: Workload, pilot: Pilot) -> Run:
        """Execute a workload as ``pilot`` decides.

        Raises:
            EngineError: the engine can not be set up.
        """
