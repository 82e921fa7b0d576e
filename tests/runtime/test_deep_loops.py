"""Endless loops whose stack is deep, or holds what can not be read."""

from __future__ import annotations

import pytest
from helpers import DEFAULT, executor, only, run_threads, threads_case, workload
from loops import Notes, Read, make

from harness import ADMITTED, Atomic, Engine, Event
from harness import relax as give_way
from harness.model.finding import Kind
from harness.runtime.frames import DEEPEST


def recursing(depths):
    """Calls itself for ever; the depths that a proof looks at are noted."""

    def recurse(s, depth=1):
        here = Read(depths, depth)
        s.flag.load()
        give_way()
        recurse(s, here.note + 1)

    return lambda s: recurse(s)


def bouncing(depths):
    """Goes deep and comes back for ever; the depths that a proof looks at are noted."""

    def deep(s, depth):
        here = Read(depths, depth)
        s.flag.load()
        if depth < DEEPEST:
            deep(s, here.note + 1)
        s.flag.load()

    def bounce(s):
        while True:
            deep(s, 1)

    return bounce


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_endless_recursion_is_judged_without_a_look_at_its_whole_stack(threads):
    depths = Notes()
    ex, load = threads_case(make, *[recursing(depths)] * threads)
    for judged in (ex.run(load, DEFAULT), ex.record(load, DEFAULT).run):
        assert only(judged).where.startswith("RecursionError in ")
    assert max(depths, default=0) <= DEEPEST


def test_a_loop_that_goes_deep_and_comes_back_is_proven_where_it_is_not_deep():
    depths = Notes()
    assert run_threads(make, bouncing(depths), bouncing(depths)).verdict == "endless-loop"
    assert 0 < max(depths) < DEEPEST


def test_a_loop_that_never_leaves_the_depths_ends_at_the_step_limit():
    def dive(n):
        def body(s):
            while not n and not s.flag.load():
                give_way()
            dive(n - 1)(s)

        return body

    assert run_threads(make, dive(3)).verdict == "endless-loop"
    assert run_threads(make, dive(DEEPEST)).verdict == "step-limit"


def test_state_that_can_not_be_read_is_never_the_engines_exception():
    class Opaque(Engine):
        def setup(self, topology):
            self.flag = Atomic("flag", 0)
            self.event = Event("event")
            self.things = []
            self.resource("slot", capacity=2)

        def arrive(self, request):
            if request.name == "A":
                while not self.flag.load():
                    pass
            else:
                self.flag.load()
                self.things.append(memoryview(b""))
                self.event.wait()
            return ADMITTED

    run = executor(Opaque).run(workload(Opaque, "T0 arrive A", "T1 arrive B"), DEFAULT)
    assert {f.kind for f in run.findings} <= {Kind.STRANDED}
    assert run.limited
