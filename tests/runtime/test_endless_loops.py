"""Spins that can end do end, loops that can not are proven, and nothing else is called one."""

from __future__ import annotations

import itertools

import pytest
from helpers import (
    DEFAULT,
    deviate,
    executor,
    only,
    record_threads,
    run_threads,
    small_schedules,
    threads_case,
    workload,
)

from harness import (
    ADMITTED,
    QUEUED,
    Atomic,
    Cell,
    Condition,
    Engine,
    Event,
    SpinLock,
    Statistic,
    sleep,
)
from harness import relax as give_way
from harness.execute.session import LIMIT
from harness.model.finding import Kind
from harness.runtime import cycle, spinning
from harness.runtime.frames import DEEPEST
from harness.runtime.freeze import freeze_frames


def make():
    return {
        "flag": Atomic("flag", 0),
        "other": Atomic("other", 0),
        "cell": Cell("cell", 0),
        "lock": SpinLock("lock"),
        "event": Event("event"),
        "condition": Condition("condition"),
        "seen": Statistic("seen"),
    }


def spin(s):
    while not s.flag.load():
        pass


def spin_on_lock(s):
    while not s.lock.trylock():
        pass
    s.lock.unlock()


def spin_counting(s):
    while not s.flag.load():
        s.seen.add()


def poll(s):
    while not s.flag.load():
        give_way()


def set_flag(s):
    s.flag.store(1)


def write_and_restore(s):
    while True:
        s.cell.write(1)
        s.cell.write(0)


def ping(s):
    while True:
        if s.flag.load() == 0:
            s.flag.store(1)


def pong(s):
    while True:
        if s.flag.load() == 1:
            s.flag.store(0)


def wait_for(name):
    def body(s):
        getattr(s, name).wait()

    return body


# ------------------------------------------------------------- spins that can end


@pytest.mark.parametrize("spinner", [spin, spin_counting, poll], ids=lambda f: f.__name__)
def test_a_thread_that_spins_on_a_flag_is_parked_and_the_writer_runs(spinner):
    run = run_threads(make, spinner, set_flag)
    assert run.verdict == "ok"
    assert run.steps < 400


@pytest.mark.parametrize("spinner", [spin, spin_counting, poll], ids=lambda f: f.__name__)
def test_no_schedule_makes_a_spin_with_a_writer_endless(spinner):
    ex, load = threads_case(make, spinner, set_flag)
    for schedule in small_schedules(12, 2, 2):
        assert ex.run(load, schedule).verdict == "ok"


def test_parking_shows_in_the_trace():
    recorded = record_threads(make, spin, set_flag)
    texts = [e.text for e in recorded.trace.events if e.thread == 0]
    assert any(t.startswith("spins") for t in texts)


def test_several_spinners_are_all_revived_by_one_write():
    assert run_threads(make, spin, spin, poll, set_flag).verdict == "ok"


def test_a_chain_of_spinners_is_revived_one_by_one():
    def relay(s):
        while not s.flag.load():
            pass
        s.other.store(1)

    def last(s):
        while not s.other.load():
            pass

    assert run_threads(make, last, relay, set_flag).verdict == "ok"


def test_a_spin_on_a_trylock_ends_when_the_holder_unlocks():
    def hold(s):
        s.lock.lock()
        s.cell.write(1)
        s.lock.unlock()

    ex, load = threads_case(make, hold, spin_on_lock)
    for schedule in small_schedules(8, 2, 2):
        assert ex.run(load, schedule).verdict == "ok"


def test_a_spinner_whose_plain_state_changes_is_revived_too():
    # The value it re-reads does not change, but a list that its loop looks at does.
    class Listed(Engine):
        def setup(self, topology):
            self.dummy = Atomic("dummy", 0)
            self.done = []
            self.event = Event("event")
            self.resource("slot", capacity=2)

        def arrive(self, request):
            if request.name == "A":
                while not self.done:
                    self.dummy.load()
                self.event.set()
            else:
                self.done.append(1)
                self.event.wait()
            return ADMITTED

        def finish(self, request):
            pass

    run = executor(Listed).run(workload(Listed, "T0 arrive A", "T1 arrive B"), DEFAULT)
    assert run.verdict == "ok"


def test_a_spinner_is_woken_by_a_timeout_when_nothing_else_can_run():
    def later(s):
        sleep(10)
        s.flag.store(1)

    assert run_threads(make, spin, later).verdict == "ok"


# --------------------------------------------------- finite loops are not endless


@pytest.mark.parametrize("rounds", [500, 1500, 5000])
def test_a_long_loop_over_a_hidden_iterator_is_never_called_endless(rounds):
    def body(s):
        for _ in itertools.repeat(None, rounds):
            s.lock.trylock()

    run = run_threads(make, body)
    assert run.verdict == "ok"
    assert run.steps == rounds + 1


def test_a_hidden_iterator_two_calls_up_is_never_called_endless():
    def inner(s):
        s.lock.trylock()

    def body(s):
        for _ in itertools.repeat(None, 3000):
            inner(s)

    assert run_threads(make, body).verdict == "ok"


def test_a_hidden_iterator_around_a_context_manager_is_never_called_endless():
    def body(s):
        for _ in itertools.repeat(None, 1500):
            with s.lock:
                pass

    assert run_threads(make, body).verdict == "ok"


def test_a_comprehension_over_a_hidden_iterator_is_never_called_endless():
    def body(s):
        assert len([s.flag.load() for _ in itertools.repeat(None, 3000)]) == 3000

    assert run_threads(make, body).verdict == "ok"


def test_a_generator_that_counts_down_is_never_called_endless():
    def counting():
        left = 3000
        while left:
            left -= 1
            yield

    def body(s):
        for _ in counting():
            s.flag.load()

    assert run_threads(make, body).verdict == "ok"


def test_two_long_finite_loops_that_alternate_are_never_called_endless():
    def body(s):
        for _ in itertools.repeat(None, 2000):
            s.flag.load()
            give_way()

    run = run_threads(make, body, body)
    assert run.findings == []


def test_a_long_operation_before_the_probe_for_leaked_capacity_is_not_endless():
    class Slow(Engine):
        def setup(self, topology):
            self.lock = SpinLock("lock")
            self.resource("slot", capacity=1)

        def arrive(self, request):
            for _ in range(3000):
                self.lock.trylock()
            return ADMITTED

        def finish(self, request):
            pass

    run = executor(Slow).run(workload(Slow, "T0 arrive A"), DEFAULT)
    assert run.findings == []
    assert run.verdict == "ok"


def test_pollers_that_a_sleeping_thread_will_release_are_not_endless():
    def later(s):
        sleep(10)
        s.flag.store(1)

    run = run_threads(make, poll, poll, later)
    assert run.verdict == "ok"


def test_pollers_that_a_timed_wait_will_release_are_not_endless():
    def later(s):
        s.event.wait(timeout=10)
        s.flag.store(1)

    assert run_threads(make, poll, poll, later).verdict == "ok"


def test_a_loop_until_a_deadline_in_virtual_time_is_not_endless():
    class Deadline(Engine):
        def setup(self, topology):
            self.flag = Atomic("flag", 0)
            self.resource("slot", capacity=1)

        def arrive(self, request):
            end = self.now + 1500
            while self.now < end:
                self.flag.load()
                sleep(1)
            return ADMITTED

        def finish(self, request):
            pass

    run = executor(Deadline).run(workload(Deadline, "T0 arrive A"), DEFAULT)
    assert run.findings == []


def test_a_parked_spinner_takes_part_in_the_fair_schedule_of_a_proof():
    # The first thread is parked long before the flag changes, and then ends everybody's loop.
    def parked(s):
        while not s.flag.load():
            pass
        s.other.store(1)

    def count_then_spin(s):
        n = 0
        while n < 700:
            n += 1
            s.cell.read()
            give_way()
        s.flag.store(1)
        while not s.other.load():
            pass

    assert run_threads(make, parked, count_then_spin, count_then_spin).verdict == "ok"


def recurse(s):
    s.flag.load()
    give_way()
    recurse(s)


def bounce(s):
    def deep(n):
        s.flag.load()
        if n:
            deep(n - 1)
        s.flag.load()

    while True:
        deep(DEEPEST)


def examined(monkeypatch):
    """The depths of the stacks that proofs looked at, as they are looked at."""
    depths = []

    def noting(frames):
        depths.append(len(frames))
        return freeze_frames(frames)

    for module in (spinning, cycle):
        monkeypatch.setattr(module, "freeze_frames", noting)
    return depths


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_endless_recursion_is_judged_without_a_look_at_its_whole_stack(monkeypatch, threads):
    depths = examined(monkeypatch)
    ex, load = threads_case(make, *[recurse] * threads)
    for judged in (ex.run(load, DEFAULT), ex.record(load, DEFAULT).run):
        assert only(judged).where.startswith("RecursionError in ")
    assert max(depths, default=0) <= DEEPEST


def test_a_loop_that_goes_deep_and_comes_back_is_proven_where_it_is_not_deep(monkeypatch):
    depths = examined(monkeypatch)
    assert run_threads(make, bounce, bounce).verdict == "endless-loop"
    assert 0 < max(depths) <= DEEPEST


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


# ----------------------------------------------------------- loops that never end


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


def test_a_spin_on_a_lock_that_is_never_released_is_proven():
    assert run_threads(make, lambda s: s.lock.lock(), spin_on_lock).verdict == "endless-loop"


def test_a_loop_that_counts_locally_is_inconclusive_not_endless():
    def body(s):
        n = 0
        while not s.flag.load():
            n += 1

    run = run_threads(make, body)
    assert run.verdict == "step-limit"


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


def test_giving_way_lets_the_others_go_first():
    order = []

    def polite(s):
        order.append("asks")
        give_way()
        order.append("goes on")

    def other(s):
        order.append("other")

    run_threads(make, polite, other)
    assert order == ["asks", "other", "goes on"]


def test_giving_way_goes_round_in_cyclic_order():
    order = []

    def body(i):
        def run(s):
            for _ in range(2):
                order.append(i)
                give_way()

        return run

    run_threads(make, body(0), body(1), body(2))
    assert order == [0, 1, 2, 0, 1, 2]


def test_the_schedule_can_deviate_where_a_thread_gives_way():
    order = []

    def body(i):
        def run(s):
            order.append(i)
            give_way()
            order.append(i)

        return run

    run_threads(make, body(0), body(1), body(2), schedule=deviate((1, 1)))
    assert order[:2] == [0, 2]
