"""What is kept for workloads that were run, and what is left when they go."""

from __future__ import annotations

import gc
import sys

import pytest
from greenlet import GreenletExit, greenlet
from helpers import DEFAULT, executor, workload

from harness import ADMITTED, QUEUED, Atomic, Engine, Int, operation
from harness.execute.plan import Plan
from harness.execute.python import PythonExecutor
from harness.verify.exploration import Exploration


class Leaky(Engine):
    """Wrong: its one slot leaks, which a probe shows. It wakes each request for nothing."""

    def setup(self, topology):
        self.used = Atomic("used", 0)
        self.resource("slots", capacity=1)

    @operation(patience=Int(0, 255))
    def arrive(self, request, patience):
        self.wake(request)
        if self.used.fetch_add(1):
            return QUEUED
        return ADMITTED

    def resume(self, request):
        pass

    def finish(self, request):
        pass


@pytest.fixture
def no_collector():
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def plans():
    return [o for o in gc.get_objects() if isinstance(o, Plan)]


def test_a_campaigns_workloads_leave_nothing_to_the_garbage_collector(no_collector):
    before = len(plans())
    runs = executor(Leaky)
    for n in range(256):
        runs.run(workload(Leaky, f"T0 arrive A patience={n}"), DEFAULT)
    assert len(plans()) - before < 100


def test_a_workload_that_is_run_again_is_not_built_again():
    runs = executor(Leaky)
    load = workload(Leaky, "T0 arrive A patience=1")
    runs.run(load, DEFAULT)
    before = len(plans())
    runs.run(load, DEFAULT)
    assert len(plans()) == before


def test_an_executor_that_is_gone_leaves_no_threads_behind(no_collector):
    def greenlets():
        return sum(isinstance(o, greenlet) for o in gc.get_objects())

    def run():
        executor(Leaky).run(workload(Leaky, "T0 arrive A patience=1"), DEFAULT)

    run()
    before = greenlets()
    for _ in range(5):
        run()
    gc.collect()
    assert greenlets() == before


@pytest.mark.parametrize("cls", [PythonExecutor, Exploration])
def test_one_that_did_not_get_as_far_as_a_scheduler_goes_without_a_word(monkeypatch, cls):
    # As when Ctrl-C comes at that moment.
    complaints = []
    monkeypatch.setattr(sys, "unraisablehook", complaints.append)
    with pytest.raises(TypeError):
        cls()
    assert not complaints


def test_an_engine_that_raises_what_ends_greenlets_has_raised_an_exception():
    class Ending(Leaky):
        def finish(self, request):
            raise GreenletExit

    runs = executor(Ending)
    for _ in range(2):
        run = runs.run(workload(Ending, "T0 arrive A patience=1"), DEFAULT)
        assert [f.signature for f in run.findings] == ["exception GreenletExit in finish"]
