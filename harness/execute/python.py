"""Executes engines written in Python, under the controlled scheduler."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager

from harness.engine.base import Engine
from harness.engine.registry import EngineRef
from harness.execute.guide import AnchorGuide
from harness.execute.plan import Plan
from harness.execute.recorder import Recorder
from harness.execute.run import RecordedRun, Run
from harness.execute.session import Session
from harness.model.schedule import Schedule, Switch
from harness.model.spec import EngineSpec
from harness.model.workload import Workload
from harness.runtime.hooks import Feedback
from harness.runtime.scheduler import Scheduler
from harness.runtime.watchdog import watchdog
from harness.runtime.watched import Pilot

_SESSIONS = 64


class PythonExecutor:
    """Runs cases on one Python engine.

    Args:
        ref: which engine.
        feedback: told of reads-from pairs and of the ends of activities; None for none.

    Attributes:
        scheduler: the scheduler it runs them under.
    """

    def __init__(self, ref: EngineRef, feedback: Feedback | None = None) -> None:
        self.scheduler = Scheduler()
        if feedback is not None:
            self.scheduler.feedback = feedback
        self.spec: EngineSpec = ref.spec
        self._class: type[Engine] = ref.engine
        self._invariants = ref.engine.invariants()
        self._sessions: dict[Workload, Session] = {}

    def __del__(self) -> None:
        if hasattr(self, "scheduler"):  # Ctrl-C may come before there is one
            self.scheduler.close()

    def run(self, workload: Workload, schedule: Schedule) -> Run:
        """See ``Executor.run``."""
        session = self._sessions.get(workload)
        if session is None:
            session = self._open(workload)
        return session.run(schedule)

    def steer(self, workload: Workload, pilot: Pilot) -> Run:
        """See ``Steerable.steer``."""
        session = self._open(workload)
        pilot.aboard(self.scheduler)
        return session.steer(pilot)

    def record(self, workload: Workload, schedule: Schedule) -> RecordedRun:
        """See ``Executor.record``."""
        return self._open(workload).record(schedule, Recorder(self.scheduler))

    def replay(
        self, workload: Workload, switches: Sequence[Switch]
    ) -> tuple[RecordedRun, Sequence[bool]]:
        """See ``Executor.replay``."""
        recorder = Recorder(self.scheduler)
        guide = AnchorGuide(self.scheduler, recorder, switches)
        return self._open(workload).record(Schedule(), recorder, guide), guide.met

    def guard(self) -> AbstractContextManager[None]:
        """See ``Executor.guard``."""
        return watchdog(self.scheduler)

    def _open(self, workload: Workload) -> Session:
        session = self._sessions.get(workload)
        if session is None:
            if len(self._sessions) >= _SESSIONS:
                for old in self._sessions.values():
                    old.close()
                self._sessions.clear()
            plan = Plan(self.scheduler, self.spec, workload)
            session = Session(self.scheduler, plan, self._class, self._invariants)
            self._sessions[workload] = session
        return session
