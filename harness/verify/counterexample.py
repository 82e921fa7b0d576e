"""Turns the witness of a finding into a regression case with as few preemptions as can be."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.campaign.collector import BUDGET, case_path
from harness.campaign.paths import CampaignPaths
from harness.cases.casefile import SavedCase, load_if_sound, save
from harness.cases.cause import cause_of
from harness.cases.minimise import minimise
from harness.engine.registry import EngineRef
from harness.execute.opening import open_executor
from harness.execute.run import RecordedRun
from harness.model.finding import Finding
from harness.model.schedule import Switch
from harness.model.wording import describe_workload
from harness.model.workload import Workload
from harness.runtime.watchdog import watchdog
from harness.verify.dpor import AstrayError
from harness.verify.exploration import Exploration
from harness.verify.following import Turn, follow
from harness.verify.results import Witness

_MOST = 3
"""Preemptions up to which they are counted where no case tells how many there are."""

_SECONDS = 60.0
"""Spent on looking for a run with fewer preemptions, for one counterexample."""


@dataclass(frozen=True, slots=True)
class Counterexample:
    """A finding and the case that shows it.

    Attributes:
        witness: the finding, and the run that it was seen in first.
        path: the case's file; None if the run can not be had from a campaign's scheduler, as
            for a loop of several threads that has to be entered at one certain place.
        other: the operations in that file, where it is one of before, of the same cause and with
            another workload; else empty.
        preemptions: of the case, or of the run; None if that was not found out.
        fewest: whether it is proven that no run of its workload shows it with fewer.
    """

    witness: Witness
    path: Path | None
    other: Sequence[str]
    preemptions: int | None
    fewest: bool


def preemptions(switches: Sequence[Switch]) -> int:
    """How many of ``switches`` interrupt an activity."""
    return sum(": " in switch.anchor.site for switch in switches)


def save_counterexample(
    ref: EngineRef, workload: Workload, witness: Witness, corpus: Path
) -> Counterexample:
    """Look for a run with fewest preemptions, minimise it and save it as a case.

    A case of the same cause that is there already stays as it is, as it does in a campaign: it may
    be accepted, or declared fixed.

    Args:
        ref: the engine.
        workload: the smallest one that shows the finding.
        witness: of the finding.
        corpus: folder of all cases.

    Raises:
        AstrayError: the engine is not deterministic.
        EngineError: the engine can not be run.
        OSError: the disk refuses.
    """
    recorded = follow(ref, workload, witness.turns)
    finding = _shown(recorded, witness.signature)
    most = preemptions(recorded.switches) if finding is not None else _MOST
    turns, fewest, bound = _with_fewest(ref, workload, witness, most)
    if finding is None:
        return Counterexample(witness, None, (), bound, fewest)
    better = follow(ref, workload, turns)
    if _shown(better, witness.signature) is not None:
        recorded = better
    count = preemptions(recorded.switches)
    executor = open_executor(ref)
    try:
        with executor.guard():
            minimal = minimise(executor, workload, recorded.switches, finding, budget=BUDGET)
    except ValueError:  # it did not show it again
        raise AstrayError from None
    smaller, switches = minimal.workload, minimal.switches
    finding = minimal.finding
    if preemptions(switches) > count:
        # Fewer switches in all, but more that interrupt an activity.
        smaller, switches = workload, recorded.switches
    cause = cause_of(finding, smaller, switches)
    case = SavedCase(
        family=ref.family,
        found_on=ref.name,
        finding=finding.kind.value,
        title=finding.message,
        topology=smaller.topology,
        ops=describe_workload(smaller, ref.spec),
        switches=switches,
        expect={ref.name: "ok"},
        cause=cause,
    )
    path = case_path(CampaignPaths.of(corpus, ref.spec).cases, ref.name, finding, cause)
    there = load_if_sound(path)
    if there is None:
        save(case, path)
    other = () if there is None or _same_workload(there, case) else there.ops
    return Counterexample(witness, path, other, preemptions(switches), fewest=fewest)


def _same_workload(one: SavedCase, other: SavedCase) -> bool:
    return list(one.ops) == list(other.ops) and dict(one.topology) == dict(other.topology)


def _with_fewest(
    ref: EngineRef, workload: Workload, witness: Witness, most: int
) -> tuple[Sequence[Turn], bool, int | None]:
    """Iterative deepening: no preemption, one, two, and so on.

    Returns:
        The run, whether all runs with fewer preemptions were explored and do not show it, and how
        many it has, unless it is the witness itself.
    """
    until = time.monotonic() + _SECONDS
    for bound in range(most):
        exploration = Exploration(ref, workload, bound)
        with watchdog(exploration.driver):
            while not exploration.done:
                run = exploration.next()
                if any(f.signature == witness.signature for f in run.findings):
                    return exploration.turns(), True, bound
                if time.monotonic() > until:
                    return witness.turns, False, None
        if exploration.tally.limited:
            return witness.turns, False, None
    return witness.turns, True, None


def _shown(recorded: RecordedRun, signature: str) -> Finding | None:
    return next((f for f in recorded.run.findings if f.signature == signature), None)
