"""The fast path and the full path take the same decisions, and a recorded schedule replays."""

from __future__ import annotations

import subprocess
import sys
from random import Random

import pytest
from engines_for_tests import ALL, ROOT, RightQueue, TrylockPool
from helpers import DEFAULT, agreed, every_run, executor, schedules, small_schedules, workload
from hypothesis import given, settings
from hypothesis import strategies as st

from harness import Atomic, Cell, Engine, Event, Int, Topology, operation, relax, sleep
from harness.codec.codec import Codec
from harness.model.schedule import Schedule

CASES = st.binary(min_size=0, max_size=160)


class Spinning(Engine):
    """Threads that spin on each other's flags, give way, sleep and time out."""

    topology = {"threads": Int(2, 3)}  # noqa: RUF012

    def setup(self, topology: Topology) -> None:
        self.turn = Atomic("turn", 0)
        self.count = Cell("count", 0)
        self.rung = Event("rung")
        self.resource("unused", capacity=None)

    @operation(value=Int(0, 2))
    def spin_until(self, value: int) -> None:
        while self.turn.load() < value:
            pass
        self.count.write(self.count.read() + 1)

    @operation()
    def advance(self) -> None:
        self.turn.fetch_add(1)
        self.rung.set()

    @operation(value=Int(0, 2))
    def relax_until(self, value: int) -> None:
        while self.turn.load() < value:
            relax()

    @operation()
    def doze(self) -> None:
        sleep(5)
        self.rung.wait(timeout=7)
        self.turn.fetch_add(1)


@pytest.mark.parametrize("cls", [*ALL, Spinning], ids=lambda c: c.__name__)
@given(data=CASES)
@settings(max_examples=80)
def test_run_and_record_agree_on_verdict_steps_and_findings(cls, data):
    ex = executor(cls)
    case = Codec(ex.spec).decode(data)
    assert agreed(ex.run(*case)) == agreed(ex.record(*case).run)


@pytest.mark.parametrize("cls", [*ALL, Spinning], ids=lambda c: c.__name__)
@given(data=CASES, schedule=schedules())
@settings(max_examples=60)
def test_they_agree_under_schedules_that_mix_explicit_choices_and_a_tail(cls, data, schedule):
    ex = executor(cls)
    load, _ = Codec(ex.spec).decode(data)
    assert agreed(ex.run(load, schedule)) == agreed(ex.record(load, schedule).run)


@pytest.mark.parametrize("cls", [*ALL, Spinning], ids=lambda c: c.__name__)
@given(data=CASES, schedule=schedules(), refused=st.frozensets(st.integers(0, 30)))
@settings(max_examples=60)
def test_they_agree_under_schedules_of_which_some_of_the_tail_is_refused(
    cls, data, schedule, refused
):
    ex = executor(cls)
    load, _ = Codec(ex.spec).decode(data)
    thinned = schedule.without(refused)
    recorded = ex.record(load, thinned)
    assert agreed(ex.run(load, thinned)) == agreed(recorded.run)
    assert ex.record(load, recorded.schedule).trace == recorded.trace


def test_what_is_refused_is_no_deviation_and_the_rest_stay_where_they_are():
    ex = executor(TrylockPool)
    load = workload(TrylockPool, "T0 arrive A", "T1 arrive B", size=1)
    tail = Schedule((2, 3, 1), (0, 0, 0))
    expected = ex.record(load, Schedule((6, 1), (0, 0)))
    assert ex.record(load, tail.without({0})).trace == expected.trace
    assert ex.record(load, tail).trace != expected.trace


def test_explicit_deviations_are_never_refused():
    ex = executor(TrylockPool)
    load = workload(TrylockPool, "T0 arrive A", "T1 arrive B", size=1)
    explicit = Schedule((2, 3), (0, 0), 2)
    assert ex.record(load, explicit.without({0, 1})).trace == ex.record(load, explicit).trace


@pytest.mark.parametrize("cls", [*ALL, Spinning], ids=lambda c: c.__name__)
@given(data=CASES)
@settings(max_examples=60)
def test_executing_the_recorded_schedule_gives_the_same_trace(cls, data):
    ex = executor(cls)
    load, schedule = Codec(ex.spec).decode(data)
    first = ex.record(load, schedule)
    again = ex.record(load, first.schedule)
    assert again.trace == first.trace
    assert again.trace.digest() == first.trace.digest()
    assert again.schedule == first.schedule


@pytest.mark.parametrize("cls", [*ALL, Spinning], ids=lambda c: c.__name__)
@given(data=CASES)
@settings(max_examples=60)
def test_replaying_the_recorded_switches_meets_all_and_gives_the_same_trace(cls, data):
    ex = executor(cls)
    load, schedule = Codec(ex.spec).decode(data)
    first = ex.record(load, schedule)
    again, met = ex.replay(load, first.switches)
    assert all(met)
    assert again.trace.digest() == first.trace.digest()


def test_they_agree_on_long_spins_in_many_random_runs():
    ex = executor(Spinning)
    codec, random = Codec(ex.spec), Random(4)
    for _ in range(1500):
        case = codec.decode(bytes([random.randrange(7)]) + random.randbytes(40))
        assert agreed(ex.run(*case)) == agreed(ex.record(*case).run)


def test_every_small_schedule_of_a_small_case_agrees_between_the_two_paths():
    load = workload(TrylockPool, "T0 arrive A", "T1 arrive B", size=1)
    ex = executor(TrylockPool)
    for schedule, run in every_run(TrylockPool, load):
        assert agreed(ex.record(load, schedule).run) == agreed(run)


def test_different_schedules_give_different_traces():
    load = workload(RightQueue, "T0 arrive A", "T1 arrive B", size=1)
    ex = executor(RightQueue)
    digests = {ex.record(load, s).trace.digest() for s in small_schedules(8, 1, 2)}
    assert len(digests) > 4


def test_a_run_leaves_nothing_behind_for_the_next_one():
    load = workload(TrylockPool, "T0 arrive A", "T1 arrive B", "T1 arrive C", size=1)
    used = executor(TrylockPool)
    random = Random(1)
    for _ in range(200):
        pairs = [(random.randrange(6), random.randrange(256)) for _ in range(8)]
        schedule = Schedule([g for g, _ in pairs], [c for _, c in pairs], 3)
        fresh = executor(TrylockPool).record(load, schedule)
        assert used.record(load, schedule).trace.digest() == fresh.trace.digest()


def test_the_default_policy_switches_only_where_a_thread_can_not_go_on():
    load = workload(RightQueue, "T0 arrive A", "T1 arrive B", size=2)
    recorded = executor(RightQueue).record(load, DEFAULT)
    assert recorded.switches == ()
    threads = [step.thread for step in recorded.trace.steps]
    assert threads == sorted(threads)


DIGEST = """
import sys
sys.path.insert(0, {tests!r})
from engines_for_tests import TrylockPool
from helpers import deviate, executor, workload
load = workload(TrylockPool, "T0 arrive A", "T1 arrive B", "T0 arrive C", size=1)
print(executor(TrylockPool).record(load, deviate((2, 0), (3, 1), (1, 0))).trace.digest())
"""


def test_the_trace_digest_is_the_same_in_every_process():
    code = DIGEST.format(tests=str(ROOT / "tests"))
    digests = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={"PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(digests) == 1
