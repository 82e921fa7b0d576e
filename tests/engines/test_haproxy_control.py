"""An engine that is right but for over-admission is found guilty of nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

import pytest
from control import Control
from helpers import executor
from searches import random_schedules
from stories import workload

from harness import Engine
from harness.engines.haproxy import HISTORY
from harness.model.finding import Kind
from harness.model.workload import Workload

SIZES = {
    "two streams": (2, {"maxconn": 1}),
    "two streams, two servers": (2, {"maxconn": 1, "servers": 2}),
    "three streams": (3, {"maxconn": 1}),
    "three streams, two slots": (3, {"maxconn": 2}),
    "three streams, two servers": (3, {"maxconn": 1, "servers": 2}),
}
"""Streams and topology; one thread a stream."""


def workloads(cls: type[Engine], size: str) -> Iterator[Workload]:
    """Arrivals, persistent and balanced, with wake-ups for nothing in between."""
    streams, topology = SIZES[size]
    random = Random(0)
    for _ in range(12):
        lines = []
        for thread in range(streams):
            target = random.choice(["none", *map(str, range(topology.get("servers", 1)))])
            name = "ABC"[thread]
            lines.append(f"T{thread} arrive {name} target={target}")
            lines += [f"T{thread} poke {name}"] * random.randrange(3)
        yield workload(cls, *lines, **topology)


def found(cls: type[Engine], size: str) -> Iterator[Kind]:
    """What 3600 random runs bring up, one by one."""
    ex = executor(cls)
    for load in workloads(cls, size):
        for schedule in random_schedules(300):
            run = ex.run(load, schedule)
            assert not run.limited
            yield from (f.kind for f in run.findings if not f.kind.warning)


@pytest.mark.parametrize("size", SIZES)
def test_the_control_engine_does_nothing_wrong_but_admit_too_many(size: str) -> None:
    assert set(found(Control, size)) <= {Kind.OVER_ADMISSION}


def test_that_it_admits_too_many_is_found() -> None:
    assert Kind.OVER_ADMISSION in found(Control, "two streams")


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("revision", ["16fbdda3c", "ddab05b98"])
def test_the_same_search_strands_streams_without_its_precautions(size: str, revision: str) -> None:
    assert Kind.STRANDED in found(HISTORY[revision], size)
