"""Do variants of a schedule show anything? A fix that only dodges one schedule is none."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from harness.codec.codec import Codec
from harness.codec.mutate import Mutator
from harness.execute.run import Executor, Run
from harness.model.schedule import Schedule
from harness.model.workload import Workload

NEIGHBOURS = 2_000
"""Variants that an engine must pass when it is declared fixed."""


def neighbours(executor: Executor, workload: Workload, schedule: Schedule) -> Iterator[Run]:
    """The runs of variants of ``schedule``, the same ones each time.

    Raises:
        CodecError: the case can not be written as bytes.
        EngineError: the engine can not be run.
    """
    codec = Codec(executor.spec)
    mutator = Mutator(codec)
    random = Random(1)
    base = codec.encode(workload, Schedule(schedule.gaps, schedule.choices, len(schedule.gaps)))
    for _ in range(NEIGHBOURS):
        _, variant = codec.decode(mutator.reschedule(base, random))
        yield executor.run(workload, variant)
