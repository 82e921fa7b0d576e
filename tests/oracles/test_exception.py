"""``exception``: what the engine raises, and invariants that do not hold."""

from __future__ import annotations

import pytest
from helpers import DEFAULT, every_run, executor, only, workload

from harness import ADMITTED, Cell, Engine, invariant
from harness.model.finding import Kind


class Raising(Engine):
    error: BaseException = ValueError("no luck")

    def setup(self, topology):
        self.cell = Cell("cell", 0)
        self.resource("slot", capacity=4)

    def arrive(self, request):
        self.cell.read()
        self.fail()
        return ADMITTED

    def fail(self):
        raise self.error

    def finish(self, request):
        self.cell.read()


def finding(cls, *ops):
    return only(executor(cls).run(workload(cls, *(ops or ("T0 arrive A",))), DEFAULT))


def test_an_exception_names_type_function_thread_activity_and_text():
    found = finding(Raising)
    assert found.kind is Kind.EXCEPTION
    assert found.where == "ValueError in fail"
    assert found.message == "ValueError in fail while T0 did arrive A: no luck"
    assert found.through == {"in arrive"}


def test_an_exception_ends_the_run():
    run = executor(Raising).run(workload(Raising, "T0 arrive A", "T1 arrive B"), DEFAULT)
    assert len(run.findings) == 1
    assert run.steps == 2


@pytest.mark.parametrize(
    "error",
    [AssertionError("wrong"), SystemExit(3), GeneratorExit(), MemoryError()],
    ids=lambda e: type(e).__name__,
)
def test_whatever_the_engine_raises_is_a_finding(error):
    cls = type("Sub", (Raising,), {"error": error})
    assert finding(cls).where == f"{type(error).__name__} in fail"


def test_an_exception_without_text_is_reported_too():
    cls = type("Sub", (Raising,), {"error": KeyError()})
    assert finding(cls).message.endswith("no message")


def test_an_exception_whose_text_raises_is_reported_too():
    class UnreadableError(Exception):
        def __str__(self):
            raise RuntimeError("not even this")

    cls = type("Sub", (Raising,), {"error": UnreadableError()})
    assert finding(cls).where == "UnreadableError in fail"


def test_endless_recursion_is_a_finding():
    class Recursing(Raising):
        def fail(self):
            self.fail()

    assert finding(Recursing).where.startswith("RecursionError in ")


def test_endless_recursion_through_scheduling_points_is_a_finding():
    class Recursing(Raising):
        def fail(self):
            self.cell.read()
            self.fail()

    ex = executor(Recursing)
    load = workload(Recursing, "T0 arrive A")
    assert only(ex.run(load, DEFAULT)).kind is Kind.EXCEPTION
    assert only(ex.record(load, DEFAULT).run).kind is Kind.EXCEPTION


def test_a_wrong_answer_of_arrive_is_told_to_the_author():
    class Mute(Raising):
        def arrive(self, request):
            self.cell.read()

    assert "must return ADMITTED, QUEUED or REJECTED, not None" in finding(Mute).message


def test_a_missing_method_is_named():
    class Unfinished(Engine):
        def setup(self, topology):
            self.resource("slot", capacity=1)

    assert "Unfinished must implement arrive" in finding(Unfinished).message


# --------------------------------------------------------------------- invariants


class Guarded(Raising):
    """Keeps two cells equal, but not at every moment."""

    def setup(self, topology):
        super().setup(topology)
        self.copy = Cell("copy", 0)

    def arrive(self, request):
        self.cell.write(1)
        self.copy.write(1)
        return ADMITTED

    def finish(self, request):
        self.cell.write(0)
        self.copy.write(0)

    @invariant
    def cells_agree(self):
        assert self.cell.read() == self.copy.read(), "they differ"


def test_an_invariant_is_asked_only_at_idle_points():
    load = workload(Guarded, "T0 arrive A", "T0 arrive B")
    assert executor(Guarded).run(load, DEFAULT).findings == []


class Broken(Guarded):
    def finish(self, request):
        self.cell.write(0)


def test_a_broken_invariant_is_an_exception_named_after_it():
    found = finding(Broken)
    assert found.kind is Kind.EXCEPTION
    assert found.where == "cells_agree"
    assert found.message.startswith("invariant cells_agree: they differ")


def test_a_broken_invariant_names_the_step_at_which_it_was_broken():
    ex, load = executor(Broken), workload(Broken, "T0 arrive A")
    recorded = ex.record(load, DEFAULT)
    assert only(recorded.run).step == len(recorded.trace.steps)
    assert 0 < only(ex.run(load, DEFAULT)).step <= ex.run(load, DEFAULT).steps


def test_a_broken_invariant_is_reported_once_a_run():
    run = executor(Broken).run(workload(Broken, "T0 arrive A", "T1 arrive B"), DEFAULT)
    assert [f.where for f in run.findings].count("cells_agree") == 1


def test_an_invariant_changes_neither_steps_nor_trace():
    ops = ("T0 arrive A", "T1 arrive B")
    plain = type("Plain", (Raising,), {k: vars(Guarded)[k] for k in ("arrive", "finish")})
    plain.setup = lambda self, topology: (
        Raising.setup(self, topology),
        setattr(self, "copy", Cell("copy", 0)),
    )[0]
    with_it = executor(Guarded).record(workload(Guarded, *ops), DEFAULT)
    without = executor(plain).record(workload(plain, *ops), DEFAULT)
    assert without.trace.steps == with_it.trace.steps
    assert without.run.steps == with_it.run.steps


def test_an_invariant_of_a_base_class_holds_for_its_subclasses():
    class Derived(Broken):
        pass

    assert finding(Derived).where == "cells_agree"


def test_a_violation_under_some_schedule_is_found_there():
    class Racy(Guarded):
        def arrive(self, request):
            self.cell.write(self.cell.read() + 1)
            return ADMITTED

        def finish(self, request):
            self.copy.read()

        @invariant
        def cells_agree(self):
            assert self.cell.read() <= 2

        @invariant
        def counts_arrivals(self):
            done = sum(1 for r in self.host.requests if r.stage.value == "finished")
            assert self.cell.read() >= done, "an arrival was not counted"

    load = workload(Racy, "T0 arrive A", "T1 arrive B")
    wheres = {f.where for _, r in every_run(Racy, load) for f in r.findings}
    assert "counts_arrivals" in wheres
