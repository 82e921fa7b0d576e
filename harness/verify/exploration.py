"""The exploration of one workload on one engine."""

from __future__ import annotations

from harness.engine.registry import EngineRef
from harness.execute.plan import Plan
from harness.execute.run import Run
from harness.execute.session import Session
from harness.model.workload import Workload
from harness.verify.dpor import Explorer, Tally
from harness.verify.driver import Driver
from harness.verify.following import Turn
from harness.verify.ledger import NotingLedger
from harness.verify.preemptions import BoundedDriver, BoundedExplorer
from harness.verify.step import OPENS


class Exploration:
    """All runs of one workload, one of each class of equivalent ones.

    Args:
        ref: the engine.
        workload: what is requested.
        preemptions: at most so many in a run; None for any number.

    Attributes:
        driver: executes the runs.
        session: judges them.
    """

    def __init__(self, ref: EngineRef, workload: Workload, preemptions: int | None = None) -> None:
        self.driver = Driver() if preemptions is None else BoundedDriver()
        plan = Plan(self.driver, ref.spec, workload)
        cls = ref.engine
        self.session = Session(self.driver, plan, cls, cls.invariants(), NotingLedger)
        assert isinstance(plan.ledger, NotingLedger)
        plan.ledger.touches = self.driver.noter.touches
        self._explorer = (
            BoundedExplorer(self.driver, self.session.run, preemptions)
            if preemptions is not None and isinstance(self.driver, BoundedDriver)
            else Explorer(self.driver, self.session.run)
        )

    def __del__(self) -> None:
        if hasattr(self, "driver"):  # Ctrl-C may come before there is one
            self.driver.close()

    def turns(self) -> list[Turn]:
        """Whose turn it was at each step of the last run."""
        processes = self.driver.processes
        return [
            (step.thread, processes[step.process][1].label if step.sort is OPENS else "")
            for step in self.driver.steps
        ]

    @property
    def done(self) -> bool:
        """Whether every class has been executed."""
        return self._explorer.done

    @property
    def tally(self) -> Tally:
        """What was done so far."""
        return self._explorer.tally

    @property
    def cut(self) -> bool:
        """Whether the bound on preemptions kept anything from being explored."""
        return isinstance(self._explorer, BoundedExplorer) and self._explorer.cut

    def estimate(self) -> float:
        """A guess at how much of the whole is done, between 0 and 1."""
        return self._explorer.estimate()

    def next(self) -> Run:
        """Execute the next run.

        Raises:
            EngineError: the engine can not be run.
            AstrayError: it is not deterministic.
        """
        return self._explorer.next()
