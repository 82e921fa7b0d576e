"""Searches for what random schedules of a given workload can bring about."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from random import Random

from helpers import executor
from stories import workload

from harness import Engine
from harness.execute.run import RecordedRun
from harness.model.finding import Kind
from harness.model.schedule import Anchor, Schedule, Switch


def random_schedules(count: int) -> Iterator[Schedule]:
    """Random deviations with mean gaps of 4 to 32 decisions; the same ones every day."""
    random = Random(0)
    for _ in range(count):
        mean, length = random.choice((4, 8, 16, 32)), random.choice((4, 16, 64))
        gaps = [min(255, int(random.expovariate(1 / mean))) for _ in range(length)]
        yield Schedule(gaps, random.randbytes(length))


def runs_until(cls: type[Engine], ops: Sequence[str], kind: Kind, limit: int) -> int | None:
    """After how many random runs ``kind`` is found; None when it is not within ``limit``."""
    load = workload(cls, *ops)
    ex = executor(cls)
    for i, schedule in enumerate(random_schedules(limit), 1):
        if any(f.kind is kind for f in ex.run(load, schedule).findings):
            return i
    return None


def steer(
    cls: type[Engine], ops: Sequence[str], *switches: tuple[int, str, str, int]
) -> RecordedRun:
    """Run ``ops``, leaving T0 for T1 before A's end and then as ``switches`` say.

    Each switch is (thread, its operation, site, thread to run); every site is a first visit
    unless it ends in ``#`` and a number. All must be met.
    """
    plan = [Switch(Anchor(0, "idle", "before finish A", 1), 1)]
    for thread, op, site, to in switches:
        name, _, occurrence = site.partition(" #")
        plan.append(Switch(Anchor(thread, op, name, int(occurrence or 1)), to))
    recorded, met = executor(cls).replay(workload(cls, *ops), plan)
    assert all(met), met
    return recorded


def signatures(recorded: RecordedRun) -> set[str]:
    """What was found."""
    return {f.signature for f in recorded.run.findings}
