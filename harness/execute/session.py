"""Runs of one workload on one Python engine; what the scheduler reports to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final, TypeVar

from harness.engine.base import Engine
from harness.engine.request import Request, Stage
from harness.execute.activities import Arrive
from harness.execute.plan import Plan
from harness.execute.recorder import Recorder
from harness.execute.run import EngineError, RecordedRun, Run
from harness.model.finding import Finding, Kind
from harness.model.schedule import Schedule
from harness.oracles import ending
from harness.oracles.idle import IdleOracle
from harness.oracles.ledger import Ledger
from harness.runtime.active import active
from harness.runtime.hooks import Hooks
from harness.runtime.scheduler import FOREVER, Scheduler
from harness.runtime.thread import VirtualThread
from harness.runtime.unwinding import unwind
from harness.runtime.watched import Guide, Observer, Pilot

LIMIT: Final = 20_000
"""Decisions after which a run is given up as ``step-limit``."""


T = TypeVar("T")


class Session(Hooks):
    """Everything about a workload that outlives a run, so that a run costs little to start.

    Args:
        scheduler: runs it.
        plan: the workload's calls.
        cls: the engine; a fresh instance is made for every run.
        invariants: its own, which are looked up once for all workloads.
        ledger: what keeps the requests' lives.
    """

    __slots__ = (
        "_cls",
        "_engine",
        "_idle",
        "_invariants",
        "_ledger",
        "_plain",
        "_plan",
        "_probes",
        "_s",
        "_tells",
    )

    def __init__(
        self,
        scheduler: Scheduler,
        plan: Plan,
        cls: type[Engine],
        invariants: Sequence[Callable[[Engine], None]],
        ledger: type[Ledger] = Ledger,
    ) -> None:
        self._s = scheduler
        self._plan = plan
        self._cls = cls
        self._invariants = invariants
        self._tells = cls.contents is not Engine.contents
        tasks = cls.resume is not Engine.resume
        self._ledger = ledger(scheduler, plan.requests, fifo=cls.fifo, tasks=tasks)
        plan.ledger = self._ledger
        self._idle = IdleOracle(self._ledger)

    def run(self, schedule: Schedule) -> Run:
        """Execute ``schedule``.

        Raises:
            EngineError: the engine can not be run.
        """
        self._set_up()
        self._s.execute(self._plan.reset(), schedule, self, limit=LIMIT)
        return self._result()

    def steer(self, pilot: Pilot) -> Run:
        """Execute what ``pilot`` decides.

        Raises:
            EngineError: the engine can not be run.
        """
        return self._observe(Schedule(), pilot, pilot)

    def record(
        self, schedule: Schedule, recorder: Recorder, guide: Guide | None = None
    ) -> RecordedRun:
        """Execute ``schedule``, or what ``guide`` says, and record it.

        Raises:
            EngineError: the engine can not be run.
        """
        run = self._observe(schedule, recorder, guide)
        run.findings = [replace(f, step=recorder.steps_before(f.step)) for f in run.findings]
        return RecordedRun(
            run, recorder.trace(), recorder.schedule(), recorder.switches(), recorder.anchors
        )

    def close(self) -> None:
        """Leave little to the garbage collector; it can not run any more."""
        self._plan.close()
        self._ledger.reset()

    # -------------------------------------------------- reported by the scheduler

    def idle_point(self) -> None:
        """See ``Hooks.idle_point``."""
        ledger = self._ledger
        # Most idle points have nothing to judge: somebody waits, but nothing is free.
        full = self._plain and ledger.in_service == ledger.capacity == ledger.ceiling
        if full and not ledger.unwoken and not self._s.waiting:
            return
        if self._tells:
            self._check_contents()
        self._idle.check(self._waiting() if self._s.waiting else ())
        for invariant in self._invariants:
            self._check(invariant)

    def exhausted(self) -> bool:
        """See ``Hooks.exhausted``: after a clean run, probe for leaked capacity."""
        plan = self._plan
        if not self._probes or self._s.inside:
            return False
        if plan.probe is not None:
            stage = plan.probe.stage
            # Who refuses everybody of this sort has not lost a slot.
            if stage in (Stage.QUEUED, Stage.ARRIVING) or (
                stage is Stage.REJECTED and plan.has_served_such()
            ):
                self._leaked(plan.probe)
            return False
        if self._s.waiting:
            return False
        if self._ledger.findings or self._s.open > bool(self._invariants or self._tells):
            return False
        if not plan.requests or 0 in self._ledger.capacity:
            return False
        plan.send_probe()
        return True

    def progress(self) -> object:
        """See ``Hooks.progress``."""
        return self._ledger.progress()

    def crashed(self, thread: VirtualThread, error: BaseException) -> None:
        """See ``Hooks.crashed``."""
        self._ledger.findings.append(ending.crash(self._s, thread, error))

    def state(self) -> object:
        """See ``Hooks.state``."""
        # An engine that reads the clock may go another way whenever time has moved on.
        now = self._s.now if self._ledger.clock_read else None
        return self._engine.shared_state(), now

    # -------------------------------------------------------------------- parts

    def _set_up(self) -> None:
        ledger, plan, s = self._ledger, self._plan, self._s
        active.scheduler = s
        s.left = FOREVER  # accesses in setup are not scheduling points
        s.current = s.threads[0]
        s.tag = None
        ledger.reset()
        self._idle.reset()
        s.setting_up = True
        try:
            self._engine = plan.engine = engine = self._cls()
            engine.host = ledger
            engine.setup(plan.workload.topology)
            ledger.set_up()
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            raise EngineError(
                f"setting up {self._cls.__name__} failed: {type(error).__name__}: {error}"
            ) from error
        finally:
            s.setting_up = False
        self._probes = not ledger.publishes_in_service
        self._plain = not (ledger.counters or self._invariants or ledger.fifo or self._tells)
        if self._invariants or self._tells:
            s.open += 1

    def _observe(self, schedule: Schedule, observer: Observer, guide: Guide | None) -> Run:
        s = self._s
        self._set_up()
        s.execute(self._plan.reset(), schedule, self, limit=LIMIT, observer=observer, guide=guide)
        run = self._result()
        # A resting greenlet keeps its scheduler for ever, and that would keep what a strategy
        # has learned.
        s.observer = s.guide = None
        return run

    def _result(self) -> Run:
        s = self._s
        findings = self._ledger.findings
        if self._idle.stranded:
            findings += self._idle.conclude()
        if s.over is None:
            if s.spinners.parked:
                self._add(findings, ending.endless_loop(s))
            elif s.inside or s.waiting:
                self._add(findings, ending.deadlock(s, self._unserved()))
        elif s.over == "loop":
            self._add(findings, ending.endless_loop(s))
        steps = s.index - s.left
        if s.over is not None or s.inside or s.waiting or s.watched:
            self._unwind()
        s.proof = None  # it keeps what the run has used
        if len(findings) > 1:
            findings.sort(key=_gravity)
        # Not the ledger's own list where it is empty: the next run would fill it.
        return Run(findings or [], steps, s.over == "limit")

    @staticmethod
    def _add(findings: list[Finding], finding: Finding | None) -> None:
        if finding is not None:
            findings.append(finding)

    def _waiting(self) -> list[Request]:
        """Requests whose arrival is blocked in a wait: queued, in effect."""
        return [
            thread.activity.request
            for thread in self._s.live()
            if isinstance(thread.activity, Arrive)
            and thread.blocked_on is not None
            and thread.activity.request.stage is Stage.ARRIVING
        ]

    def _unserved(self) -> list[VirtualThread]:
        """Threads that wait at the end with a request of which a stranding or a leak tells."""
        told = self._idle.lost_for_good()
        probe = self._plan.probe
        if probe is not None and any(f.kind is Kind.CAPACITY_LEAK for f in self._ledger.findings):
            told.append(probe)
        return [
            thread
            for thread in self._s.live()
            if hasattr(thread.blocked_on, "waiting")  # not a lock: that is another matter
            and getattr(thread.activity, "request", None) in told
        ]

    def _leaked(self, probe: Request) -> None:
        self._ledger.found(
            Kind.CAPACITY_LEAK,
            " + ".join(self._ledger.resources),
            "nothing is in service and capacity is declared free, yet a further request is "
            "not admitted",
        )
        self._idle.stranded = [e for e in self._idle.stranded if e[0] is not probe]

    def _check_contents(self) -> None:
        contents = self._aside(self._cls.contents)
        if contents is not None:
            self._idle.check_contents(contents)

    def _check(self, invariant: Callable[[Engine], None]) -> None:
        try:
            self._aside(invariant)
        except AssertionError as error:
            name = invariant.__name__
            text = str(error) or "it does not hold"
            if not any(f.where == name for f in self._ledger.findings):
                self._ledger.found(Kind.EXCEPTION, name, f"invariant {name}: {text}")

    def _aside(self, look: Callable[[Engine], T]) -> T:
        """Have the engine looked at: the accesses that takes are not scheduling points."""
        s = self._s
        left, s.left = s.left, FOREVER
        try:
            return look(self._engine)
        finally:
            s.left = left

    def _unwind(self) -> None:
        stubborn = unwind(self._s)
        if stubborn:
            names = ", ".join(f"T{t.index}" for t in stubborn)
            raise EngineError(
                f"the engine swallows the exception that ends a run (on {names}), or its cleanup "
                "never ends; let BaseException pass: catch Exception instead"
            )


def _gravity(finding: Finding) -> int:
    return finding.kind.severity
