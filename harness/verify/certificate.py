"""What has been proven, under which assumptions?

``issue`` alone decides on a verdict. It says ``verified`` only if nothing was skipped, cut off or
sampled; otherwise it gives the reasons.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from harness.model.finding import Kind
from harness.model.wording import counted
from harness.verify.results import Explored, Witness
from harness.verify.workloads import Bound


class Verdict(Enum):
    """The four answers of a verification."""

    VERIFIED = "verified"
    BOUNDED = "bounded"
    INCONCLUSIVE = "inconclusive"
    COUNTEREXAMPLE = "counterexample"


ASSUMPTIONS = (
    "memory is sequentially consistent: each access takes effect at once and in program order",
    "shared state that is no primitive of harness.sync is reached only under a lock, or by the "
    "thread that owns it",
    "primitives of one engine that exist at the same time have different names",
    "the engine is deterministic, and does not look at the numbers of threads, the names of "
    "requests or Request.stage",
    "an activity runs on the thread of its request; the time of an activity and of a wait is "
    "arbitrary",
    "a thread that comes back to a state it was in, while no other ran, goes on as before: the "
    "further rounds are not explored",
)
"""What every verdict rests on."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """The result of a verification.

    Attributes:
        engine: its name.
        verdict: the answer.
        bound: up to which everything was to be explored.
        workloads, finished: how many there are, and how many were explored to the end.
        traces: complete runs, one of each class of equivalent ones.
        runs: all runs executed.
        longest: steps of the longest run.
        seconds: of CPU time, all processes together.
        reasons: why it is not ``verified``.
        found: workload number and witness of each finding, the smallest workload first.
        absent: kinds of finding of which it is proven that there are none.
        left_out: what of the engine is outside the bound.
    """

    engine: str
    verdict: Verdict
    bound: Bound
    workloads: int
    finished: int
    traces: int
    runs: int
    longest: int
    seconds: float
    reasons: Sequence[str]
    found: Sequence[tuple[int, Witness]]
    absent: Sequence[Kind]
    left_out: Sequence[str]

    @property
    def assumptions(self) -> Sequence[str]:
        """What the verdict rests on."""
        return ASSUMPTIONS


def issue(
    engine: str,
    bound: Bound,
    left_out: Sequence[str],
    total: int,
    explored: Sequence[Explored],
) -> Certificate:
    """Decide what exploring ``explored`` has proven.

    Args:
        engine: its name.
        bound: up to which everything was to be explored.
        left_out: what of the engine is outside it, in words.
        total: how many workloads there are within it.
        explored: those that were begun.
    """
    found: dict[str, tuple[int, Witness]] = {}
    for one in sorted(explored, key=lambda e: e.number):
        for signature, witness in one.witnesses.items():
            found.setdefault(signature, (one.number, witness))
    finished = sum(e.done for e in explored)
    inconclusive = _troubles(explored)
    if finished < total:
        inconclusive.append(
            f"{total - finished:,} of {counted(total, 'workload')} were not finished"
        )
    if not total:
        inconclusive.append("there is no workload within the bound")
    endless = [e.number for e in explored if e.done and not _judged(e)]
    if endless:
        inconclusive.append(f"{_workloads(endless)}: no run came to an end")
    bounded: list[str] = []
    traces = sum(e.tally.traces for e in explored)
    limited = sum(e.tally.limited for e in explored)
    if limited and not traces:
        inconclusive.append(f"nothing could be judged: all {counted(limited, 'run')} met the limit")
    elif limited:
        bounded.append(f"{counted(limited, 'run')} given up at the step limit")
    if any(e.cut for e in explored):
        most = counted(bound.preemptions or 0, "preemption")
        bounded.append(f"only runs with at most {most} were explored")
    if any(not w.kind.warning for _, w in found.values()):
        verdict = Verdict.COUNTEREXAMPLE
    elif inconclusive:
        verdict = Verdict.INCONCLUSIVE
    elif bounded:
        verdict = Verdict.BOUNDED
    else:
        verdict = Verdict.VERIFIED
    reasons = [*inconclusive, *bounded]
    kinds = {w.kind for _, w in found.values()}
    return Certificate(
        engine=engine,
        verdict=verdict,
        bound=bound,
        workloads=total,
        finished=finished,
        traces=traces,
        runs=sum(e.tally.runs for e in explored),
        longest=max((e.tally.longest for e in explored), default=0),
        seconds=sum(e.seconds for e in explored),
        reasons=reasons,
        found=list(found.values()),
        absent=[] if reasons else [kind for kind in Kind if kind not in kinds],
        left_out=left_out,
    )


def _judged(one: Explored) -> bool:
    """Whether some run of a workload says anything of it."""
    return bool(one.tally.traces or one.tally.limited or one.witnesses)


def _troubles(explored: Sequence[Explored]) -> list[str]:
    """Why workloads could not be finished; each reason once, as all may have the same."""
    met: dict[str, list[int]] = {}
    for one in explored:
        if one.trouble:
            met.setdefault(one.trouble, []).append(one.number)
    return [f"{_workloads(numbers)}: {why}" for why, numbers in met.items()]


def _workloads(numbers: Sequence[int]) -> str:
    first = f"workload {min(numbers)}"
    return first if len(numbers) == 1 else f"{first} and {len(numbers) - 1:,} more"
