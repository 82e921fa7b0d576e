"""Loops that end, however long they take, are never called endless."""

from __future__ import annotations

import itertools

import pytest
from helpers import DEFAULT, executor, run_threads, workload
from loops import make, poll

from harness import ADMITTED, Atomic, Engine, SpinLock, sleep
from harness import relax as give_way


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


@pytest.mark.parametrize(
    "body",
    [
        lambda s: any(map(Eager(s).look, itertools.repeat(None, 3000))),
        lambda s: any(map(s.flag.fetch_add, itertools.repeat(0, 3000))),
        lambda s: max([0] * 3000, key=lambda _: s.flag.load()),
        lambda s: sorted([0] * 3000, key=lambda _: s.flag.load()),
        lambda s: [Eager(s)] * 3000 == [Eager(s)] * 3000,
    ],
    ids=["a map", "a map of accesses", "max", "sorted", "comparing lists"],
)
def test_a_loop_in_a_function_of_c_is_never_called_endless(body):
    run = run_threads(make, body)
    assert run.findings == []
    assert not run.limited


class Eager:
    def __init__(self, s):
        self._s = s

    def look(self, _):
        return self._s.flag.load()

    def __eq__(self, other):
        return not self._s.flag.load()

    __hash__ = None


def test_a_loop_that_counts_in_the_engine_s_class_is_never_called_endless():
    class Counting(Engine):
        tries = 0

        def setup(self, topology):
            Counting.tries = 0
            self.flag = Atomic("flag", 0)
            self.resource("slot", capacity=1)

        def arrive(self, request):
            while Counting.tries < 1500:
                Counting.tries += 1
                self.flag.load()
            return ADMITTED

        def finish(self, request):
            pass

    run = executor(Counting).run(workload(Counting, "T0 arrive A"), DEFAULT)
    assert run.verdict == "ok"


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
