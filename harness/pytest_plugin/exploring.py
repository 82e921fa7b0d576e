"""How does a test look for findings itself: ``harness_explore(engine, runs, seed, strategy)``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from random import Random
from typing import Protocol

from harness.cases.minimise import minimise
from harness.codec.codec import Codec
from harness.codec.mutate import Mutator
from harness.engine.base import Engine
from harness.engine.registry import EngineRef
from harness.execute.opening import open_executor
from harness.execute.run import Steerable
from harness.model.schedule import Schedule
from harness.model.wording import describe_workload
from harness.model.workload import Workload
from harness.pytest_plugin.engines import as_ref
from harness.pytest_plugin.failures import drawn
from harness.report.about import About
from harness.strategies.registry import STRATEGIES
from harness.strategies.search import Searched, search

MINIMISING = 5_000
"""Runs that may be spent on making a finding readable."""


@dataclass(frozen=True, slots=True)
class Explored:
    """What came of an exploration that found nothing.

    Attributes:
        runs: how many cases were run.
        verdicts: how often each verdict was given; ``step-limit`` says nothing.
        warnings: how many runs showed a warning.
    """

    runs: int
    verdicts: Mapping[str, int]
    warnings: int


class Explore(Protocol):
    """What the fixture ``harness_explore`` gives."""

    def __call__(
        self,
        engine: type[Engine] | EngineRef | str,
        runs: int = 1000,
        seed: int = 0,
        strategy: str = "",
    ) -> Explored:
        """See ``explore``."""


def explore(
    engine: type[Engine] | EngineRef | str, runs: int = 1000, seed: int = 0, strategy: str = ""
) -> Explored:
    """Run random cases; the same arguments give the same cases.

    Args:
        engine: a class, a reference or a name.
        runs: how many cases.
        seed: which ones.
        strategy: name of the search strategy that decides their schedules, one of
            ``harness.strategies.registry``; if empty, random bytes do.

    Raises:
        ValueError: there is no such strategy, or no run to be made.
        TypeError: what was given is no engine.
        AssertionError: something graver than a warning was found, and the message shows the
            smallest case of it; or no run came to a verdict.
        EngineNotFoundError: there is no engine of that name.
        EngineError: the engine can not be run.
    """
    __tracebackhide__ = True
    if runs < 1:
        raise ValueError(f"{runs} runs show nothing; make 1 or more")
    ref = as_ref(engine)
    executor = open_executor(ref)
    codec = Codec(ref.spec)
    mutator = Mutator(codec)
    random = Random(seed)
    if strategy and strategy not in STRATEGIES:
        names = ", ".join(sorted(STRATEGIES))
        raise ValueError(f"there is no search strategy {strategy!r}; take one of {names}")
    if strategy:
        chosen = STRATEGIES[strategy](random)
        searched = search(executor, mutator.workloads(Random(seed)), chosen, runs)
    else:
        searched = islice(_random(executor, mutator, codec, random), runs)
    verdicts: Counter[str] = Counter()
    warnings = 0
    with executor.guard():
        for n, (run, workload, schedule) in enumerate(searched, 1):
            if run.worst is not None:
                raise AssertionError(_found(executor, ref, workload, schedule, n, seed))
            verdicts[run.verdict] += 1
            warnings += bool(run.findings)
    if not verdicts.keys() - {"step-limit"}:
        raise AssertionError(f"nothing could be judged: all {runs} runs ended at the step limit")
    return Explored(runs, dict(verdicts), warnings)


def _random(
    executor: Steerable, mutator: Mutator, codec: Codec, random: Random
) -> Iterator[Searched]:
    for data in mutator.walks(random):
        workload, schedule = codec.decode(data)
        yield Searched(executor.run(workload, schedule), workload, schedule)


def _found(
    executor: Steerable,
    ref: EngineRef,
    workload: Workload,
    schedule: Schedule,
    runs: int,
    seed: int,
) -> str:
    recorded = executor.record(workload, schedule)
    wanted = recorded.run.worst
    if wanted is None:
        return (
            f"{ref.name} is not deterministic: run {runs} of seed {seed} showed a finding that it "
            "did not show when repeated; engines must not use clocks, random numbers or identities"
        )
    minimal = minimise(executor, workload, recorded.switches, wanted, budget=MINIMISING)
    finding = minimal.finding
    about = About(
        finding.message,
        ref.name,
        finding.kind.value,
        finding,
        minimal.workload.topology,
        describe_workload(minimal.workload, ref.spec),
    )
    return (
        f"{ref.name} shows {finding.kind.value!r}, found by run {runs} of seed {seed} and "
        f"minimised.\n\n{drawn(minimal.recorded, about)}"
    )
