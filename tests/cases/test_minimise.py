"""Minimising: the same finding, and nothing left that could go."""

from __future__ import annotations

from functools import cache
from itertools import combinations
from random import Random

import pytest
from engines_for_tests import StrandingPool, TrylockPool
from helpers import DEFAULT, executor, find, only, small_schedules, workload

from harness import ADMITTED, REJECTED, Cell, Engine, Int, SpinLock, operation, takes
from harness.cases.minimise import minimise
from harness.cases.reading import CaseFileError, read_workload
from harness.codec.codec import Codec
from harness.model.finding import Kind
from harness.model.wording import describe_workload
from harness.model.workload import Workload


class Overfull(Engine):
    """Wrong: admits by check then act. Has operations and parameters that play no part."""

    topology = {"size": Int(1, 3)}  # noqa: RUF012

    def setup(self, topology):
        self.size = topology.size
        self.used = Cell("used", 0)
        self.resource("slot", capacity=topology.size)

    @takes(cost=Int(0, 9))
    def arrive(self, request, cost):
        if self.used.read() >= self.size:
            return REJECTED
        self.used.write(self.used.read() + 1)
        return ADMITTED

    def finish(self, request):
        self.used.write(self.used.read() - 1)

    @operation()
    def noise(self):
        self.used.read()


class Crossed(Engine):
    """Wrong: two operations take two locks in opposite order."""

    def setup(self, topology):
        self.a, self.b = SpinLock("a"), SpinLock("b")
        self.resource("unused", capacity=None)

    def arrive(self, request):
        return ADMITTED

    def finish(self, request):
        pass

    @operation()
    def up(self):
        with self.a, self.b:
            pass

    @operation()
    def down(self):
        with self.b, self.a:
            pass


SUBJECTS = {
    "stranded": (StrandingPool, Kind.STRANDED),
    "over-admission": (Overfull, Kind.OVER_ADMISSION),
    "deadlock": (Crossed, Kind.DEADLOCK),
}


MESSY = {
    StrandingPool: ("T0 look", "T0 arrive A", "T1 arrive B", "T1 look", "T1 arrive C"),
    Overfull: (
        "T0 noise",
        "T0 arrive A cost=3",
        "T1 arrive B cost=4",
        "T1 noise",
        "T0 arrive C cost=5",
    ),
}


@cache
def messy_finding(cls, kind):
    """A case that shows ``kind`` and holds more than it needs."""
    load = workload(cls, *MESSY[cls], threads=2, size=1)
    schedule = find(cls, load, kind)
    ex = executor(cls)
    wanted = next(f for f in ex.run(load, schedule).findings if f.kind is kind)
    return ex, load, ex.record(load, schedule).switches, wanted


@cache
def random_finding(cls, kind, seed):
    """The first random case that shows ``kind``."""
    ex = executor(cls)
    codec, random = Codec(ex.spec), Random(seed)
    for _ in range(20_000):
        load, schedule = codec.decode(bytes([1 + random.randrange(6)]) + random.randbytes(70))
        found = [f for f in ex.run(load, schedule).findings if f.kind is kind]
        if found:
            return ex, load, ex.record(load, schedule).switches, found[0]
    raise AssertionError(f"no random case shows {kind.value}")


@pytest.fixture(scope="module", params=SUBJECTS, ids=SUBJECTS.keys())
def minimal(request):
    cls, kind = SUBJECTS[request.param]
    found = messy_finding(cls, kind) if cls in MESSY else random_finding(cls, kind, 10)
    return *found, minimise(*found)


def shows(ex, load, switches, wanted):
    recorded, _ = ex.replay(load, switches)
    return any(f.signature == wanted.signature for f in recorded.run.findings)


def without(load: Workload, spec, gone: int) -> Workload | None:
    """``load`` without one operation and what speaks of its request; None where that is nothing."""
    texts = describe_workload(load, spec)
    lost = texts[gone].split()[2] if load.ops[gone].name == "arrive" else None
    kept = [t for i, t in enumerate(texts) if i != gone and (not lost or lost not in t.split())]
    names = [t.split()[2] for t in kept if t.split()[1] == "arrive"]
    rename = {old: chr(ord("A") + i) for i, old in enumerate(names)}
    kept = [" ".join(rename.get(word, word) for word in t.split()) for t in kept]
    try:
        return read_workload(load.topology, kept, spec) if kept else None
    except CaseFileError:
        return None


def test_the_result_shows_the_same_finding(minimal):
    ex, _, _, wanted, result = minimal
    assert result.finding.signature == wanted.signature
    assert shows(ex, result.workload, result.switches, wanted)


def test_the_result_is_complete_and_not_larger(minimal):
    _, load, _, _, result = minimal
    assert result.complete
    assert len(result.workload.ops) <= len(load.ops)
    assert result.workload.requests <= load.requests
    assert result.workload.topology.threads <= load.topology.threads


def test_no_set_of_switches_can_go(minimal):
    ex, _, _, wanted, result = minimal
    n = len(result.switches)
    for size in range(n):
        for kept in combinations(result.switches, size):
            assert not shows(ex, result.workload, list(kept), wanted)


def test_no_operation_can_go_under_the_schedule_found(minimal):
    ex, _, _, wanted, result = minimal
    for i in range(len(result.workload.ops)):
        smaller = without(result.workload, ex.spec, i)
        if smaller is not None and smaller.requests:
            assert not shows(ex, smaller, result.switches, wanted)


def test_no_operation_can_go_under_any_schedule_of_one_deviation(minimal):
    ex, _, _, wanted, result = minimal
    for i in range(len(result.workload.ops)):
        smaller = without(result.workload, ex.spec, i)
        if smaller is None or not smaller.requests:
            continue
        length = ex.run(smaller, DEFAULT).steps + 4
        for schedule in small_schedules(length, 1, smaller.topology.threads):
            found = ex.run(smaller, schedule).findings
            assert wanted.signature not in {f.signature for f in found}


def test_fewer_switches_never_suffice_for_the_minimal_workload(minimal):
    ex, _, _, wanted, result = minimal
    n = len(result.switches)
    if n == 0:
        return
    length = ex.run(result.workload, DEFAULT).steps + 4
    for schedule in small_schedules(length, min(1, n - 1), result.workload.topology.threads):
        found = ex.run(result.workload, schedule).findings
        assert wanted.signature not in {f.signature for f in found}


def test_minimising_again_changes_nothing(minimal):
    ex, _, _, wanted, result = minimal
    again = minimise(ex, result.workload, result.switches, wanted)
    assert again.workload == result.workload
    assert list(again.switches) == list(result.switches)


def test_minimising_is_deterministic(minimal):
    ex, load, switches, wanted, result = minimal
    again = minimise(ex, load, switches, wanted)
    assert (again.workload, list(again.switches), again.runs) == (
        result.workload,
        list(result.switches),
        result.runs,
    )


def test_the_smallest_over_admission_is_two_requests_on_two_threads_at_size_one():
    ex, load, switches, wanted = messy_finding(Overfull, Kind.OVER_ADMISSION)
    result = minimise(ex, load, switches, wanted)
    assert result.workload.requests == len(result.workload.ops) == 2
    assert dict(result.workload.topology) == {"threads": 2, "size": 1}
    assert [op.args for op in result.workload.ops] == [(0,), (0,)]
    assert len(result.switches) == 2


@pytest.mark.parametrize("seed", range(3))
def test_different_cases_of_one_bug_become_equally_small(seed):
    ex, load, switches, wanted = random_finding(Crossed, Kind.DEADLOCK, 10 + seed)
    result = minimise(ex, load, switches, wanted)
    assert sorted(op.name for op in result.workload.ops if op.name != "arrive") == ["down", "up"]
    assert len(result.workload.ops) <= 3
    assert len(result.switches) <= 1


def test_a_case_that_does_not_show_the_finding_is_refused():
    ex = executor(Overfull)
    load = workload(Overfull, "T0 arrive A cost=0", size=1)
    _, _, _, wanted = messy_finding(Overfull, Kind.OVER_ADMISSION)
    with pytest.raises(ValueError, match="does not show"):
        minimise(ex, load, [], wanted)


def test_a_spent_budget_gives_the_best_so_far_and_says_so():
    ex, load, switches, wanted = messy_finding(Overfull, Kind.OVER_ADMISSION)
    result = minimise(ex, load, switches, wanted, budget=2)
    assert not result.complete
    assert shows(ex, result.workload, result.switches, wanted)


def test_a_spent_budget_leaves_no_parameter_larger_than_need_be():
    ex, load, switches, wanted = messy_finding(Overfull, Kind.OVER_ADMISSION)
    result = minimise(ex, load, switches, wanted, budget=0)
    assert {value for op in result.workload.ops for value in op.args} == {0}


@pytest.mark.parametrize("seed", range(12))
def test_a_request_goes_though_it_takes_quite_another_schedule_within_a_small_budget(seed):
    ex, load, switches, wanted = random_finding(TrylockPool, Kind.STRANDED, seed)
    result = minimise(ex, load, switches, wanted, budget=300)
    assert result.workload.requests == 2


def test_progress_is_told_in_rising_order():
    ex, load, switches, wanted = messy_finding(Overfull, Kind.OVER_ADMISSION)
    told = []
    minimise(ex, load, switches, wanted, progress=told.append)
    assert told == sorted(told)


def test_a_finding_without_switches_stays_without():
    class Always(Overfull):
        def arrive(self, request, cost=0):
            return ADMITTED

    ex = executor(Always)
    load = workload(
        Always, "T0 arrive A cost=3", "T0 noise", "T1 arrive B cost=4", "T1 arrive C cost=1", size=1
    )
    schedule = next(
        s
        for s in small_schedules(8, 2, 2)
        if any(f.kind is Kind.OVER_ADMISSION for f in ex.run(load, s).findings)
    )
    recorded = ex.record(load, schedule)
    wanted = next(f for f in recorded.run.findings if f.kind is Kind.OVER_ADMISSION)
    result = minimise(ex, load, recorded.switches, wanted)
    assert len(result.workload.ops) == 2
    assert only(result.recorded.run).kind is Kind.OVER_ADMISSION
