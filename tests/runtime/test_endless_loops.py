"""Loops that never end are proven, and what can not be proven is not called endless."""

from __future__ import annotations

from itertools import pairwise

import pytest
from helpers import (
    DEFAULT,
    agreed,
    executor,
    only,
    run_threads,
    small_schedules,
    threads_case,
    workload,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from loops import (
    Read,
    make,
    ping,
    poll,
    pong,
    set_flag,
    spin,
    spin_counting,
    spin_on_lock,
    wait_for,
    write_and_restore,
)

from harness import QUEUED, Cell, Engine, sleep
from harness import relax as give_way
from harness.execute.session import LIMIT
from harness.model.finding import Kind
from harness.runtime import cycle

ENDLESS = {
    "a spin nobody ends": (spin,),
    "a loop that writes and restores": (write_and_restore,),
    "a spin with a statistic": (spin_counting,),
    "a polite spin": (poll,),
    "two polite spins": (poll, poll),
    "two threads that undo each other": (ping, pong),
    "a spin beside a blocked thread": (spin, wait_for("event")),
}


@pytest.mark.parametrize("bodies", ENDLESS.values(), ids=ENDLESS.keys())
def test_an_endless_loop_is_proven(bodies):
    run = run_threads(make, *bodies)
    assert run.verdict == "endless-loop"
    assert not run.limited
    assert run.steps < LIMIT


@pytest.mark.parametrize("bodies", ENDLESS.values(), ids=ENDLESS.keys())
def test_an_endless_loop_is_proven_under_every_small_schedule(bodies):
    ex, load = threads_case(make, *bodies)
    for schedule in small_schedules(6, 1, len(bodies)):
        assert ex.run(load, schedule).verdict == "endless-loop"


def test_a_recorded_run_tells_from_where_on_threads_take_turns():
    ex, load = threads_case(make, ping, pong)
    trace = ex.record(load, DEFAULT).trace
    (stall,) = [event.step for event in trace.events if "take turns" in event.text]
    before, since = (
        sum(one.thread != next_one.thread for one, next_one in pairwise(steps))
        for steps in (trace.steps[:stall], trace.steps[stall:])
    )
    assert len(trace.steps) - stall < stall
    assert since > before


def test_a_spin_on_a_lock_that_is_never_released_is_proven():
    assert run_threads(make, lambda s: s.lock.lock(), spin_on_lock).verdict == "endless-loop"


def test_a_loop_that_counts_locally_is_inconclusive_not_endless():
    def body(s):
        n = 0
        while not s.flag.load():
            n += 1

    run = run_threads(make, body)
    assert run.verdict == "step-limit"


def in_a_with_block(s):
    with s.lock:
        while not s.flag.load():
            pass


def in_two_with_blocks(s):
    with s.lock, s.condition:
        try:
            while not s.flag.load():
                pass
        finally:
            s.cell.write(0)


def with_a_lock_each_time(s):
    while True:
        with s.lock:
            if s.flag.load():
                break


def by_another_name(s):
    look = s.flag.load
    while not look():
        pass


def through_a_wrapper(s):
    def wrapped(look):
        def wrapper():
            return look()

        return wrapper

    look = wrapped(lambda: s.flag.load())
    while not look():
        pass


def large(body):
    """A function whose instructions have arguments that need more than a byte."""
    many = "".join(f"    own.v{i} = {i + 1000}\n" for i in range(300))
    space: dict = {"look": lambda s: s.flag.load()}
    exec(f"def in_a_large_function(s):\n    class own: pass\n{many}{body}", space)
    return space["in_a_large_function"]


in_a_large_function = large(
    "    with s.lock:\n"
    "        while True:\n"
    "            try:\n"
    "                look(s)\n"
    "            finally:\n"
    "                s.cell.write(0)\n"
)


@pytest.mark.parametrize(
    "body",
    [
        in_a_large_function,
        in_a_with_block,
        in_two_with_blocks,
        with_a_lock_each_time,
        by_another_name,
        through_a_wrapper,
    ],
    ids=lambda body: body.__name__,
)
def test_a_spin_is_proven(body):
    assert run_threads(make, body).verdict == "endless-loop"


def test_threads_that_spin_each_in_a_with_block_of_their_own_are_proven_to():
    def one(s):
        with s.lock:
            while True:
                s.flag.compare_exchange(0, 1)

    def other(s):
        with s.condition:
            while True:
                s.flag.compare_exchange(1, 0)

    assert run_threads(make, one, other).verdict == "endless-loop"


def circling(before, around):
    """Two counters: one runs out, the other goes round for ever."""

    def body(s):
        left, n = before, 0
        while left:
            left -= 1
            s.cell.write(-left)
            give_way()
        while True:
            s.flag.store(n)
            give_way()
            n = (n + 1) % around

    return body


@given(before=st.integers(0, 50), around=st.integers(1, 150))
@settings(max_examples=25, deadline=None)
def test_a_cycle_that_begins_and_ends_within_the_budget_is_proven(before, around):
    # Each of two threads makes two decisions a time: at most 800 of the budget's 4,096.
    run = run_threads(make, circling(before, around), circling(before, around))
    assert run.verdict == "endless-loop"


def iterating(late):
    """Goes round for ever, inside of a ``for`` at three of four decisions."""

    def body(s):
        for _ in range(late):
            s.cell.read()
        while True:
            for _ in "abc":
                give_way()
            s.flag.load()

    return body


@pytest.mark.parametrize("late", range(8))
def test_a_cycle_is_proven_although_some_thread_is_inside_of_a_for_at_each_step(late):
    assert run_threads(make, iterating(0), iterating(late)).verdict == "endless-loop"


def test_a_cycle_is_proven_beside_a_thread_that_is_blocked_inside_of_a_for():
    def blocked(s):
        for _ in "abc":
            s.event.wait()

    finding = only(run_threads(make, poll, poll, blocked))
    assert finding.kind is Kind.ENDLESS_LOOP
    assert finding.message.startswith("T0 and T1 ")


def test_data_that_grows_for_ever_is_inconclusive_and_seldom_read():
    reads = []

    def grow(s):
        while True:
            s.flag.fetch_add(1)
            s.cell.read()
            s.cell.read()
            give_way()

    run = run_threads(lambda: {**make(), "read": Read(reads)}, grow, grow)
    assert run.verdict == "step-limit"
    assert 0 < len(reads) < cycle.STEPS / 8  # at every round: a half


def test_the_finding_names_every_thread_of_a_mutual_loop():
    finding = only(run_threads(make, ping, pong))
    assert finding.kind is Kind.ENDLESS_LOOP
    assert finding.message.startswith("T0 and T1 ")


def test_the_finding_does_not_name_a_thread_that_has_ended():
    finding = only(run_threads(make, set_flag, write_and_restore))
    assert "T1" in finding.message
    assert "T0" not in finding.message


def test_a_task_that_wakes_itself_for_ever_ends_at_a_limit_or_a_proof_and_never_passes():
    class Bouncing(Engine):
        def setup(self, topology):
            self.cell = Cell("cell", 0)
            self.resource("slot", capacity=0)

        def arrive(self, request):
            self.wake(request)
            return QUEUED

        def resume(self, request):
            self.cell.read()
            self.wake(request)

    run = executor(Bouncing).run(workload(Bouncing, "T0 arrive A"), DEFAULT)
    assert run.verdict != "ok"


class Rewakes(Engine):
    """Tasks that wake themselves again without end; ``extra`` accesses before the first time."""

    extra = 0

    def setup(self, topology):
        self.cell = Cell("cell", 0)
        self.resource("slot", capacity=1)

    def arrive(self, request):
        for _ in range(self.extra):
            self.cell.read()
        self.wake(request)
        return QUEUED

    def resume(self, request):
        self.wake(request)
        return QUEUED


def test_threads_that_begin_activities_without_end_take_turns_in_a_proof():
    load = workload(Rewakes, "T0 arrive A", "T1 arrive B")
    steps = executor(Rewakes).record(load, DEFAULT).trace.steps[-20:]
    turns = [(step.thread, step.op.partition(" (")[0]) for step in steps]
    assert turns[:2] * 10 == turns
    assert set(turns) == {(0, "resume A"), (1, "resume B")}


@pytest.mark.parametrize("extra", range(2))
def test_a_run_that_was_ended_between_two_activities_leaves_the_next_one_alone(extra):
    class Waits(Rewakes):
        pass

    Waits.extra = extra
    load = workload(Waits, "T0 arrive A")
    ex = executor(Waits)
    first = ex.run(load, DEFAULT)
    assert first.went_round
    assert [agreed(ex.run(load, DEFAULT)) for _ in range(3)] == [agreed(first)] * 3


@pytest.mark.parametrize("warm_up", [1300, 1884])
def test_a_stalled_run_ends_as_a_recorded_one_where_threads_were_suspended_before(warm_up):
    def sleeper(s):
        while True:
            sleep(2)
            s.other.load()

    def quiet(s):
        n = 0
        while n < warm_up:
            s.flag.store(n)
            n += 1
        while True:
            s.flag.store(1)
            s.flag.store(0)

    ex, load = threads_case(make, sleeper, quiet)
    assert agreed(ex.run(load, DEFAULT)) == agreed(ex.record(load, DEFAULT).run)


def test_a_thread_that_is_watched_when_the_rotation_begins_is_not_starved_by_it():
    def inner(s):
        while s.flag.load() == 0:
            n = 1
            while n < 150:
                s.cell.read()
                n += 1

    def first(s):
        for _ in range(1000):
            s.cell.read()
        for _ in [0]:
            inner(s)
        s.other.store(1)

    def second(s):
        while not s.other.load():
            s.flag.store(1)

    assert run_threads(make, first, second).verdict == "ok"
