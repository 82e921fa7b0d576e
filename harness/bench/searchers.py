"""The strategies of the bench, by name: what makes one run after another.

Strategies that run in this process are iterators of runs. The guided campaign belongs to
libFuzzer, which owns its process; see ``guided``.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from random import Random

from harness.campaign.ablation import NO_FEEDBACK, WHOLE, Ablation
from harness.codec.mutate import Mutator
from harness.execute.python import PythonExecutor
from harness.execute.run import Run
from harness.strategies.base import Strategy
from harness.strategies.registry import STRATEGIES
from harness.strategies.search import search

Searcher = Callable[[PythonExecutor, Mutator, Random], Iterator[Run]]
"""Runs an executor's engine without end, on workloads that the mutator draws."""

GUIDED: Mapping[str, Ablation] = {
    "guided": WHOLE,
    "guided-no-feedback": NO_FEEDBACK,
    "guided-no-reads-from": Ablation(reads_from=False),
    "guided-no-hand-offs": Ablation(hand_offs=False),
    "guided-no-queue-state": Ablation(queue_state=False),
    "guided-no-near-miss": Ablation(near_miss=False),
    "guided-no-evenness": Ablation(evenness=False),
    "guided-no-cases": Ablation(cases=False),
    "guided-no-mutators": Ablation(mutators=False),
}
"""The campaign as it is, and with parts left out."""


def unguided(executor: PythonExecutor, mutator: Mutator, random: Random) -> Iterator[Run]:
    """What a campaign does without Atheris: random bytes, which are sticky random walks."""
    for data in mutator.walks(random):
        yield executor.run(*mutator.codec.decode(data))


def fresh(executor: PythonExecutor, mutator: Mutator, random: Random) -> Iterator[Run]:
    """The same with a new workload for every run: fewer schedules, more time for each.

    No campaign does so; it shows what of the difference that guidance makes is guidance.
    """
    while True:
        yield executor.run(*mutator.codec.decode(mutator.fresh(random)))


def steered(make: Callable[[Random], Strategy]) -> Searcher:
    """A strategy that decides at every scheduling point; workloads are drawn at random."""

    def runs(executor: PythonExecutor, mutator: Mutator, random: Random) -> Iterator[Run]:
        # Workloads have a source of chance of their own: what a strategy draws moves them not.
        drawn = mutator.workloads(Random(random.random()))
        for searched in search(executor, drawn, make(random), sys.maxsize):
            yield searched.run

    return runs


SEARCHERS: Mapping[str, Searcher] = {
    "unguided": unguided,
    "unguided-fresh": fresh,
    **{name: steered(make) for name, make in STRATEGIES.items()},
}
"""Those that run in this process, and know nothing at first."""

KNOWING: Mapping[str, Searcher] = {
    f"{name}-with-cases": SEARCHERS[name] for name in ("unguided", "unguided-fresh", "surw")
}
"""Those whose workloads are drawn around the cases of earlier revisions, as a campaign's are."""

KNOWS = frozenset([*KNOWING, *(name for name, ablation in GUIDED.items() if ablation.cases)])
"""The names of all that begin with cases."""
