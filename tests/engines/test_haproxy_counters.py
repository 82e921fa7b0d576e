"""HAProxy's counters against the ledger at every idle point, in every revision."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from random import Random

import pytest
from helpers import executor
from searches import steer
from stories import REVISIONS

from harness.codec.codec import Codec
from harness.codec.mutate import Mutator
from harness.engines.haproxy import HISTORY
from harness.execute.run import Run
from harness.model.finding import Kind
from harness.model.schedule import Schedule
from harness.model.workload import Workload


@dataclass(frozen=True)
class Known:
    """Counters that are known to be wrong.

    Attributes:
        first, last: in these revisions.
        counters: ends of their names.
        why: what goes wrong.
        topology: only with these options.
        beside: only together with a finding of this kind.
    """

    first: str
    last: str
    counters: tuple[str, ...]
    why: str
    topology: Mapping[str, int]
    beside: Kind | None = None

    def covers(self, revision: str, load: Workload, run: Run, counter: str) -> bool:
        """Whether it explains that ``counter`` is wrong."""
        first, last = REVISIONS.index(self.first), REVISIONS.index(self.last)
        return (
            first <= REVISIONS.index(revision) <= last
            and counter.endswith(self.counters)
            and self.topology.items() <= load.topology.items()
            and (self.beside is None or any(f.kind is self.beside for f in run.findings))
        )


LENGTHS = (".queue.length", ".queueslength")

KNOWN = {
    "5cd4bbd7a": Known(
        "1.8",
        "1.8",
        (".served",),
        "a stream that looks whether it was picked goes on while its picker still works on it",
        {},
        Kind.DOUBLE_DISPATCH,
    ),
    "9ada03069": Known(
        "1.8",
        "5e83d996c",
        (".queue.length",),
        "a stream that leaves and is picked meanwhile is counted out twice",
        {},
    ),
    "111ea83ed": Known(
        "7867cebf3",
        "dc9ce9c26",
        (".served",),
        "a server that comes up, or is warm, sends itself streams without a slot",
        {},
    ),
    "1385e33eb": Known(
        "1385e33eb",
        "50872daa6",
        (".served",),
        "whom maintenance or shutdown sessions wakes connects to its server without a slot",
        {"redispatch": 1},
    ),
    "659d5f657": Known(
        "cda7275ef",
        "cda7275ef",
        ("px.served",),
        "the one more stream after the mark is not counted for the backend",
        {},
    ),
    "99f5be563": Known(
        "cda7275ef",
        "9fe72bba3",
        (".served", *LENGTHS),
        "the one more stream is picked without the lock, so that two pick the same",
        {},
        Kind.DOUBLE_DISPATCH,
    ),
    "099c1b244": Known(
        "583303c48",
        "6be02d1c6",
        (".queueslength",),
        "who leaves a queue by himself is not counted out of the sum",
        {},
    ),
    "13c344516": Known(
        "604846010",
        "624969884",
        LENGTHS,
        "who was taken out of the queue to be balanced anew, and is woken by a timer as well, "
        "sleeps on: he waits for the ledger, and is in no queue",
        {},
    ),
}
"""By the commit that mended them, or brought them in where none has."""


def cases(revision: str, count: int) -> Iterator[tuple[Workload, Schedule]]:
    """Random workloads of everything the revision can do, with random schedules."""
    codec = Codec(HISTORY[revision].spec("haproxy", revision))
    mutator, random = Mutator(codec), Random(0)
    for _ in range(count):
        yield codec.decode(mutator.fresh(random))


def miscounts(run: Run) -> list[str]:
    """The counters that were wrong at some idle point of a run."""
    return [f.where for f in run.findings if f.kind is Kind.ACCOUNTING]


def unexplained(revision: str, load: Workload, run: Run) -> list[str]:
    """Those of them that nothing known explains."""
    return [
        counter
        for counter in miscounts(run)
        if not any(known.covers(revision, load, run, counter) for known in KNOWN.values())
    ]


@pytest.mark.parametrize("revision", REVISIONS)
def test_the_counters_are_right_when_nobody_is_interrupted(revision: str) -> None:
    ex = executor(HISTORY[revision])
    for load, _ in cases(revision, 250):
        run = ex.run(load, Schedule())
        assert unexplained(revision, load, run) == [], (load, run.findings)


@pytest.mark.parametrize("revision", REVISIONS)
def test_and_when_threads_run_beside_each_other(revision: str) -> None:
    ex = executor(HISTORY[revision])
    for load, schedule in cases(revision, 500):
        run = ex.run(load, schedule)
        assert unexplained(revision, load, run) == [], (load, schedule, run.findings)


@pytest.mark.parametrize("fix", [fix for fix in KNOWN if fix != "5cd4bbd7a"])
def test_what_is_known_to_be_wrong_is_found_wrong(fix: str) -> None:
    known = KNOWN[fix]
    ex = executor(HISTORY[known.last])
    assert any(
        known.covers(known.last, load, run, counter)
        for load, schedule in cases(known.last, 30_000)
        for run in [ex.run(load, schedule)]
        for counter in miscounts(run)
    )


def test_and_so_is_what_random_schedules_seldom_find() -> None:
    recorded = steer(
        HISTORY["1.8"],
        ["T0 arrive A", "T1 arrive B", "T1 poke B"],
        (1, "idle", "before poke B", 0),
        (0, "finish A", "count_out: fetch_sub px.queue.length", 1),
        (1, "finish B", "sess_change_server: fetch_sub s0.served", 0),
    )
    assert Kind.DOUBLE_DISPATCH in {f.kind for f in recorded.run.findings}
    assert {"s0.served", "px.served"} <= set(miscounts(recorded.run))
