"""Neither a run nor a workload leaves what only the search for reference cycles would find.

A campaign makes that search every few thousand runs. All that a cycle holds, the frames of an
engine's calls with whatever they refer to, waits until then, and makes the search long.
"""

from __future__ import annotations

import gc
from itertools import islice
from random import Random

import pytest
from engines_for_tests import RightQueue
from helpers import DEFAULT, executor, workload

from harness import ADMITTED, Atomic, Engine, Int, operation
from harness.codec.codec import Codec
from harness.codec.mutate import Mutator
from harness.runtime.housekeeping import CHECK_EVERY


class Long(RightQueue):
    """Looks at its counters for a long time."""

    def arrive(self, request):
        for _ in range(CHECK_EVERY):
            self.served.load()
        return super().arrive(request)


class Spinning(RightQueue):
    """Waits for what nobody does."""

    def arrive(self, request):
        while self.served.load() == 0:
            pass
        return super().arrive(request)


class Looping(RightQueue):
    """Goes round, writing."""

    def arrive(self, request):
        while True:
            self.served.fetch_add(1)
            self.served.fetch_sub(1)


class Recursing(RightQueue):
    """Calls itself for ever."""

    def arrive(self, request):
        self.served.load()
        return self.arrive(request)


class Raising(RightQueue):
    """Fails."""

    def arrive(self, request):
        self.served.load()
        raise ValueError(request.name)


class Forgetful(Engine):
    """Leaves a slot taken."""

    def setup(self, topology):
        self.served = Atomic("served", 0)
        self.resource("slot", capacity=1)
        self.publish_in_service(self.served)

    def arrive(self, request):
        self.served.fetch_add(1)
        return ADMITTED

    def finish(self, request):
        self.served.load()


class Resizing(Forgetful):
    """Changes its capacity."""

    @operation(value=Int(1, 99))
    def resize(self, value):
        self.set_capacity(0, value)


@pytest.mark.parametrize(
    ("engine", "verdict"),
    [
        (Long, "ok"),
        (Spinning, "endless-loop"),
        (Looping, "endless-loop"),
        (Recursing, "exception"),
        (Raising, "exception"),
        (Forgetful, "accounting"),
    ],
)
def test_a_run_leaves_no_reference_cycle(engine, verdict):
    ex, load = executor(engine), workload(engine, "T0 arrive A", "T1 arrive B")
    assert ex.run(load, DEFAULT).verdict == verdict
    gc.collect()
    gc.disable()
    try:
        ex.run(load, DEFAULT)
        assert gc.collect() == 0
    finally:
        gc.enable()


@pytest.mark.parametrize("engine", [RightQueue, Raising, Resizing])
def test_workloads_that_are_forgotten_leave_no_reference_cycle(engine):
    ex = executor(engine)
    workloads = Mutator(Codec(ex.spec)).workloads(Random(1))
    ex.run(next(workloads), DEFAULT)
    gc.collect()
    gc.disable()
    try:
        for load in islice(workloads, 200):
            ex.run(load, DEFAULT)
        assert gc.collect() == 0
    finally:
        gc.enable()
