"""Replaying a schedule on an engine that may have changed since.

Switches are anchored to (thread, operation, site, occurrence). Where an anchor is not met as it
stands, the nearest decision of the same thread in the same operation takes its place, and the
run is made anew. Where the finding that the case is about does not show then, schedules near by
are tried (see ``guessing``). The result says which it was: ``exact``, ``resynchronised`` or
``stale``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum

from harness.cases.casefile import SavedCase
from harness.cases.guessing import guessed
from harness.cases.near import FAR, candidates, distance
from harness.execute.run import Executor, RecordedRun
from harness.model.finding import Kind
from harness.model.schedule import Anchor, Switch
from harness.model.workload import Workload


class Fidelity(Enum):
    """How faithfully a schedule could be followed."""

    EXACT = "exact"
    RESYNCHRONISED = "resynchronised"
    STALE = "stale"


@dataclass(frozen=True, slots=True)
class Replay:
    """The result of a replay.

    Attributes:
        fidelity: whether every anchor was met, some were found again, or some were lost.
        recorded: the run.
        lost: switches that could not be placed.
        moved: switches that were found again elsewhere.
        wanted: kind of finding the case is about, if it is.
    """

    fidelity: Fidelity
    recorded: RecordedRun
    lost: Sequence[Switch] = ()
    moved: Sequence[Switch] = ()
    wanted: str = ""

    @property
    def shown(self) -> bool:
        """Whether the run shows what the case is about."""
        return any(f.kind.value == self.wanted for f in self.recorded.run.findings)

    @property
    def verdict(self) -> str:
        """The run's verdict; ``stale`` where the schedule no longer applies and found nothing.

        Where the run shows several findings, the one the case is about, if it is among them.
        """
        found = self.wanted if self.shown else self.recorded.run.verdict
        if self.fidelity is Fidelity.STALE and found == "ok":
            return Fidelity.STALE.value
        return found


def replay(
    executor: Executor, workload: Workload, switches: Sequence[Switch], wanted: str = ""
) -> Replay:
    """Execute ``workload`` under ``switches``.

    Args:
        executor: the engine.
        workload: what is requested.
        switches: the schedule.
        wanted: kind of finding the case is about, if it is.

    Raises:
        EngineError: the engine can not be run.
    """
    followed = _followed(executor, workload, switches, wanted)
    stale = followed.fidelity is Fidelity.STALE
    if wanted not in _FINDINGS or (followed.shown and not stale):
        return followed
    found = guessed(executor, workload, switches, wanted)
    if found is None:
        return followed
    recorded, placed = found
    moved = [one for one, now in zip(switches, placed, strict=True) if one != now]
    return Replay(Fidelity.RESYNCHRONISED, recorded, moved=moved, wanted=wanted)


_FINDINGS = {kind.value for kind in Kind}


def _followed(
    executor: Executor, workload: Workload, switches: Sequence[Switch], wanted: str
) -> Replay:
    recorded, met = executor.replay(workload, switches)
    if all(met):
        return Replay(Fidelity.EXACT, recorded, wanted=wanted)
    placed = list(switches)
    alive = [True] * len(placed)
    moved: list[Switch] = []
    left = _TRIES
    for i, original in enumerate(switches):
        if met[i]:
            continue
        near = _candidates(original.anchor, recorded.anchors)[:left]
        left -= len(near)
        for anchor in near:
            placed[i] = replace(original, anchor=anchor)
            attempt, now_met = _run(executor, workload, placed, alive)
            # A switch placed too early would silently pass over those before it.
            if all(now_met[: i + 1]):
                recorded, met = attempt, now_met
                moved.append(original)
                break
        else:
            alive[i] = False  # it was not taken in this run, which is the same without it
    lost = [s for s, is_alive in zip(switches, alive, strict=True) if not is_alive]
    fidelity = Fidelity.STALE if lost else Fidelity.RESYNCHRONISED
    return Replay(fidelity, recorded, lost, moved, wanted)


def replay_saved(executor: Executor, case: SavedCase, engine: str = "") -> Replay:
    """Execute a saved case, as the engine declares its operations now.

    An engine that was declared fixed may have a schedule of its own in the case. The one that
    showed the finding is followed all the same, so that the finding is seen when it comes back.

    Args:
        executor: the engine.
        case: the case.
        engine: what the case calls the engine, where that is not what the executor calls it.

    Returns:
        Of the replays of the two schedules the one that shows something; else the first one if it
        is exact, and the one of the fixed engine if it is not.

    Raises:
        CaseFileError: the engine does not know the topology or an operation.
        EngineError: the engine can not be run.
    """
    spec = executor.spec
    workload = case.workload(spec)
    first = replay(executor, workload, case.schedule(spec), case.finding)
    of_fix = case.schedules_of_fixed(spec).get(engine or spec.name)
    if of_fix is None or first.verdict not in _CLEAN:
        return first
    second = replay(executor, workload, of_fix, case.finding)
    exact = first.fidelity is Fidelity.EXACT
    return first if exact and second.verdict in _CLEAN else second


_CLEAN = ("ok", Fidelity.STALE.value)
"""Verdicts of a run that shows nothing."""


def _run(
    executor: Executor, workload: Workload, placed: list[Switch], alive: list[bool]
) -> tuple[RecordedRun, list[bool]]:
    chosen = [s for s, is_alive in zip(placed, alive, strict=True) if is_alive]
    recorded, met = executor.replay(workload, chosen)
    answers = iter(met)
    return recorded, [next(answers) if is_alive else True for is_alive in alive]


_TRIES = 1_000
"""Places tried for all switches together. Cases need some dozen; a file may list thousands."""

_CANDIDATES = 4


def _candidates(wanted: Anchor, reached: Sequence[Anchor]) -> list[Anchor]:
    """The decisions that may stand in for ``wanted`` whatever the run shows then, best first."""
    return [a for a in candidates(wanted, reached) if distance(wanted, a) < FAR][:_CANDIDATES]
