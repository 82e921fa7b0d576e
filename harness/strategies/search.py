"""The loop: runs of given workloads under a strategy, one after another."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain, islice, repeat
from typing import NamedTuple

from harness.execute.run import Run, Steerable
from harness.model.schedule import Schedule
from harness.model.workload import Workload
from harness.strategies.base import Strategy
from harness.strategies.drive import run_with

EACH = 4
"""Runs of a workload in a row, because strategies learn from run to run.

More cost more time than they save: few workloads can show a bug at all (docs/bench.md).
"""


class Searched(NamedTuple):
    """One run of a search and the case it is the run of."""

    run: Run
    workload: Workload
    schedule: Schedule


def search(
    executor: Steerable, workloads: Iterable[Workload], strategy: Strategy, runs: int
) -> Iterator[Searched]:
    """Run every workload ``EACH`` times, until ``runs`` runs were made or they are used up.

    Raises:
        EngineError: the engine can not be run.
    """
    each = chain.from_iterable(repeat(workload, EACH) for workload in workloads)
    for workload in islice(each, runs):
        run, schedule = run_with(executor, workload, strategy)
        yield Searched(run, workload, schedule)
