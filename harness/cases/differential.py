"""What does one engine show that another one, under the same case, does not?

Two revisions of an engine may have many findings in common. What shows on the one before a fix,
and no longer on the fix, is the bug that was fixed.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import replace

from harness.cases.replay import Fidelity, replay
from harness.execute.run import Executor, RecordedRun, Run
from harness.model.finding import Finding, Kind
from harness.model.schedule import Schedule, Switch
from harness.model.workload import Workload


class Differential:
    """Executes cases on ``executor``; keeps findings of kinds that ``reference`` does not show.

    Exceptions of different places count as different kinds. The reference follows the schedule by
    its anchors, resynchronised where it has to be. Where the schedule does not apply to it, the
    two can not be compared, and nothing is kept.
    """

    def __init__(self, executor: Executor, reference: Executor) -> None:
        self._executor = executor
        self._reference = reference
        self.spec = executor.spec

    def run(self, workload: Workload, schedule: Schedule) -> Run:
        """See ``Executor.run``."""
        run = self._executor.run(workload, schedule)
        return self.record(workload, schedule).run if run.findings else run

    def record(self, workload: Workload, schedule: Schedule) -> RecordedRun:
        """See ``Executor.record``."""
        return self._only_here(workload, self._executor.record(workload, schedule))

    def replay(
        self, workload: Workload, switches: Sequence[Switch]
    ) -> tuple[RecordedRun, Sequence[bool]]:
        """See ``Executor.replay``."""
        recorded, met = self._executor.replay(workload, switches)
        return self._only_here(workload, recorded), met

    def guard(self) -> AbstractContextManager[None]:
        """See ``Executor.guard``; the reference is guarded whenever it runs."""
        return self._executor.guard()

    def _only_here(self, workload: Workload, recorded: RecordedRun) -> RecordedRun:
        if not recorded.run.findings:
            return recorded
        with self._reference.guard():  # the other guard would miss progress meanwhile
            other = replay(self._reference, workload, recorded.switches)
        there = {_sort(finding) for finding in other.recorded.run.findings}
        comparable = other.fidelity is not Fidelity.STALE
        kept = [f for f in recorded.run.findings if comparable and _sort(f) not in there]
        return replace(recorded, run=Run(kept, recorded.run.steps, recorded.run.limited))


def _sort(finding: Finding) -> Kind | str:
    # An exception may be any complaint of the engine's: only its place tells which.
    return finding.signature if finding.kind is Kind.EXCEPTION else finding.kind
