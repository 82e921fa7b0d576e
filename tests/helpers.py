"""How the tests run engines: on named workloads, on bare threads, under every small schedule."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import combinations, product
from random import Random
from types import SimpleNamespace
from typing import Any

from hypothesis import strategies as st

from harness import Engine, Int, Topology, operation
from harness.cases.minimise import Minimal, minimise
from harness.cases.reading import read_workload
from harness.codec.codec import Codec
from harness.codec.mutate import Mutator
from harness.engine.registry import EngineRef
from harness.execute.python import PythonExecutor
from harness.execute.run import RecordedRun, Run
from harness.model.finding import Finding, Kind
from harness.model.schedule import Schedule
from harness.model.workload import Workload

DEFAULT = Schedule()


def executor(cls: type[Engine], name: str = "engine") -> PythonExecutor:
    """Runs cases on ``cls``."""
    return PythonExecutor(EngineRef(name, lambda: cls))


def workload(cls: type[Engine], *ops: str, threads: int = 2, **topology: int) -> Workload:
    """A workload from texts such as ``T0 arrive A``."""
    return read_workload({"threads": threads, **topology}, ops, cls.spec("engine", "engine"))


def deviate(*pairs: tuple[int, int]) -> Schedule:
    """A schedule of (gap, choice) pairs without a tail."""
    return Schedule([g for g, _ in pairs], [c for _, c in pairs], len(pairs))


def small_schedules(length: int, deviations: int, alternatives: int) -> Iterator[Schedule]:
    """Every schedule of at most so many deviations within the first ``length`` decisions."""
    for n in range(deviations + 1):
        for places in combinations(range(length), n):
            gaps = [b - a - 1 for a, b in zip((-1, *places), places, strict=False)]
            for choices in product(range(alternatives), repeat=n):
                yield Schedule(gaps, list(choices), n)


def every_run(
    cls: type[Engine], load: Workload, *, deviations: int = 2, slack: int = 6
) -> Iterator[tuple[Schedule, Run]]:
    """The runs of ``load`` under every small schedule."""
    ex = executor(cls)
    length = ex.run(load, DEFAULT).steps + slack
    for schedule in small_schedules(length, deviations, load.topology.threads):
        yield schedule, ex.run(load, schedule)


def all_findings(cls: type[Engine], load: Workload, *, deviations: int = 2) -> set[str]:
    """The signatures of all findings under every small schedule."""
    runs = every_run(cls, load, deviations=deviations)
    return {f.signature for _, run in runs for f in run.findings}


def find(cls: type[Engine], load: Workload, kind: Kind, *, deviations: int = 2) -> Schedule:
    """The first small schedule under which ``kind`` is found."""
    for schedule, run in every_run(cls, load, deviations=deviations):
        if any(f.kind is kind for f in run.findings):
            return schedule
    raise AssertionError(f"no schedule of {deviations} deviations shows {kind.value}")


def smallest_found(ref: EngineRef) -> Minimal:
    """The first finding that random inputs show, minimised."""
    ex, codec, random = PythonExecutor(ref), Codec(ref.spec), Random(1)
    mutator = Mutator(codec)
    for _ in range(20_000):
        load, schedule = codec.decode(mutator.fresh(random))
        if ex.run(load, schedule).worst is not None:
            recorded = ex.record(load, schedule)
            assert recorded.run.worst is not None
            return minimise(ex, load, recorded.switches, recorded.run.worst, budget=3000)
    raise AssertionError(f"nothing found in {ref.name}")


def only(run: Run) -> Finding:
    """The single finding of a run."""
    assert len(run.findings) == 1, run.findings
    return run.findings[0]


def agreed(run: Run) -> tuple[object, ...]:
    """What must agree. The step of a finding counts other things in a recorded run."""
    findings = [(f.kind, f.where, f.message, f.requests, f.transient) for f in run.findings]
    return run.verdict, run.steps, run.limited, findings


# ------------------------------------------------------------------- bare threads

Body = Callable[[Any], None]


def threads_engine(make: Callable[[], dict[str, Any]], *bodies: Body) -> type[Engine]:
    """An engine whose operation ``act`` runs one of ``bodies`` on what ``make`` created."""

    class Threads(Engine):
        topology = {"threads": Int(1, 12)}  # noqa: RUF012

        def setup(self, topology: Topology) -> None:
            self.shared = SimpleNamespace(**make())
            self.resource("unused", capacity=None)

        @operation(which=Int(0, 11))
        def act(self, which: int) -> None:
            bodies[which](self.shared)

    return Threads


def threads_case(
    make: Callable[[], dict[str, Any]], *bodies: Body
) -> tuple[PythonExecutor, Workload]:
    """One thread for each body, each executing it once."""
    cls = threads_engine(make, *bodies)
    ops = [f"T{i} act which={i}" for i in range(len(bodies))]
    return executor(cls), workload(cls, *ops, threads=len(bodies))


def run_threads(
    make: Callable[[], dict[str, Any]], *bodies: Body, schedule: Schedule = DEFAULT
) -> Run:
    """Run each body on a thread of its own."""
    ex, load = threads_case(make, *bodies)
    return ex.run(load, schedule)


def record_threads(
    make: Callable[[], dict[str, Any]], *bodies: Body, schedule: Schedule = DEFAULT
) -> RecordedRun:
    """Record each body on a thread of its own."""
    ex, load = threads_case(make, *bodies)
    return ex.record(load, schedule)


def outcomes(
    make: Callable[[], dict[str, Any]],
    *bodies: Body,
    result: Callable[[SimpleNamespace], Any],
    deviations: int = 2,
    slack: int = 4,
) -> set[Any]:
    """What ``result`` says of the shared state after each small schedule, with the verdict."""
    made: list[SimpleNamespace] = []

    def keep() -> dict[str, Any]:
        made.append(SimpleNamespace(**make()))
        return vars(made[-1])

    # The engine gets a namespace of its own over the same primitives.
    ex, load = threads_case(keep, *bodies)
    length = ex.run(load, DEFAULT).steps + slack
    found = set()
    for schedule in small_schedules(length, deviations, len(bodies)):
        run = ex.run(load, schedule)
        found.add((run.verdict, result(made[-1])))
    return found


# ---------------------------------------------------------------------- strategies


@st.composite
def schedules(draw: st.DrawFn, *, tail: bool = True) -> Schedule:
    """Random schedules, with and without a random tail."""
    pairs = draw(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 255)), max_size=60))
    explicit = draw(st.integers(0, len(pairs))) if tail else len(pairs)
    return Schedule([g for g, _ in pairs], [c for _, c in pairs], explicit)
