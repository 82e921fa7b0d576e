"""Atomics, cells and statistics: values, and which accesses another thread can come between."""

from __future__ import annotations

import pytest
from helpers import outcomes, record_threads, run_threads
from hypothesis import given
from hypothesis import strategies as st

from harness import Atomic, Cell, SpinLock, Statistic

NUMBERS = st.integers(-(2**31), 2**31)


def alone(make, body):
    """What ``body`` returns on the only thread."""
    got = []
    run = run_threads(make, lambda s: got.append(body(s)))
    assert run.verdict == "ok"
    return got[0]


def one(value):
    return lambda: {"x": Atomic("x", value)}


@given(NUMBERS)
def test_load_and_read_return_the_value(n):
    assert alone(one(n), lambda s: (s.x.load(), s.x.read())) == (n, n)


@given(NUMBERS, NUMBERS)
def test_store_replaces_the_value(n, m):
    assert alone(one(n), lambda s: (s.x.store(m), s.x.load())) == (None, m)


@given(NUMBERS, NUMBERS)
def test_exchange_returns_the_old_value(n, m):
    assert alone(one(n), lambda s: (s.x.exchange(m), s.x.load())) == (n, m)


@given(NUMBERS, NUMBERS)
def test_compare_exchange_stores_where_the_value_is_as_expected(n, m):
    assert alone(one(n), lambda s: (s.x.compare_exchange(n, m), s.x.load())) == (True, m)


@given(NUMBERS, NUMBERS)
def test_compare_exchange_leaves_another_value_alone(n, m):
    assert alone(one(n), lambda s: (s.x.compare_exchange(n + 1, m), s.x.load())) == (False, n)


@pytest.mark.parametrize(
    ("method", "expected"),
    [
        ("fetch_add", lambda n, m: n + m),
        ("fetch_sub", lambda n, m: n - m),
        ("fetch_or", lambda n, m: n | m),
        ("fetch_and", lambda n, m: n & m),
    ],
)
@given(n=NUMBERS, m=NUMBERS)
def test_a_fetch_operation_returns_the_old_value_and_stores_the_new(method, expected, n, m):
    got = alone(one(n), lambda s: (getattr(s.x, method)(m), s.x.load()))
    assert got == (n, expected(n, m))


@pytest.mark.parametrize(("method", "after"), [("fetch_add", 8), ("fetch_sub", 6)])
def test_adding_and_subtracting_count_by_one_unless_told(method, after):
    assert alone(one(7), lambda s: (getattr(s.x, method)(), s.x.load())) == (7, after)


def test_an_atomic_holds_references_too():
    thing = object()
    assert alone(one(None), lambda s: (s.x.compare_exchange(None, thing), s.x.load())) == (
        True,
        thing,
    )


def test_a_cell_holds_what_was_written():
    assert alone(lambda: {"x": Cell("x", 1)}, lambda s: (s.x.read(), s.x.write(5), s.x.read())) == (
        1,
        None,
        5,
    )


def test_a_statistic_adds_up():
    got = outcomes(
        lambda: {"x": Statistic("x")},
        lambda s: s.x.add(),
        lambda s: s.x.add(4),
        result=lambda s: s.x.value,
    )
    assert got == {("ok", 5)}


def test_an_atomic_increment_is_indivisible():
    def body(s):
        s.x.fetch_add()

    got = outcomes(one(0), body, body, body, result=lambda s: s.x.value)
    assert got == {("ok", 3)}


def test_an_increment_in_two_accesses_can_be_lost():
    def body(s):
        s.x.write(s.x.read() + 1)

    got = outcomes(lambda: {"x": Cell("x", 0)}, body, body, result=lambda s: s.x.value)
    assert got == {("ok", 1), ("ok", 2)}


def test_compare_exchange_elects_exactly_one_winner():
    def body(s):
        if s.x.compare_exchange(0, 1):
            s.wins.append(1)

    got = outcomes(
        lambda: {"x": Atomic("x", 0), "wins": []}, body, body, body, result=lambda s: len(s.wins)
    )
    assert got == {("ok", 1)}


def test_memory_is_sequentially_consistent():
    # Store buffering: under weaker memory both threads could read 0.
    def left(s):
        s.x.write(1)
        s.seen[0] = s.y.read()

    def right(s):
        s.y.write(1)
        s.seen[1] = s.x.read()

    got = outcomes(
        lambda: {"x": Cell("x", 0), "y": Cell("y", 0), "seen": [None, None]},
        left,
        right,
        result=lambda s: tuple(s.seen),
    )
    assert got == {("ok", (1, 0)), ("ok", (0, 1)), ("ok", (1, 1))}


ACCESSES = {
    "load": lambda s: s.x.load(),
    "read": lambda s: s.x.read(),
    "store": lambda s: s.x.store(1),
    "exchange": lambda s: s.x.exchange(1),
    "compare_exchange": lambda s: s.x.compare_exchange(0, 1),
    "fetch_add": lambda s: s.x.fetch_add(),
    "fetch_sub": lambda s: s.x.fetch_sub(),
    "fetch_or": lambda s: s.x.fetch_or(1),
    "fetch_and": lambda s: s.x.fetch_and(1),
}


@pytest.mark.parametrize("access", ACCESSES)
def test_every_access_is_one_scheduling_point_named_after_it(access):
    steps = record_threads(one(0), ACCESSES[access]).trace.steps
    assert [s.site.partition(": ")[2] for s in steps] == [f"{access} x"]


def test_a_step_shows_the_value_before_and_after():
    (step,) = record_threads(one(3), lambda s: s.x.fetch_add(4)).trace.steps
    assert (step.before, step.after) == ("3", "7")


def test_values_without_a_stable_text_show_their_type_only():
    (step,) = record_threads(one(object()), lambda s: s.x.load()).trace.steps
    assert step.before == "<object>"


def test_a_primitive_made_outside_of_a_run_is_refused():
    import subprocess
    import sys

    code = "from harness import Atomic; Atomic('x', 0)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "create them in Engine.setup" in done.stderr


def test_accesses_in_setup_are_no_scheduling_points():
    def make():
        x = Atomic("x", 0)
        x.fetch_add()
        lock = SpinLock("lock")
        with lock:
            x.fetch_add()
        return {"x": x}

    (step,) = record_threads(make, lambda s: s.x.load()).trace.steps
    assert step.before == "2"


class Doubling(Atomic):
    """An author's own primitive, made of ours."""

    def load(self):
        return 2 * super().load()


def test_primitives_can_be_made_of_primitives():
    assert alone(lambda: {"x": Doubling("x", 4)}, lambda s: s.x.load()) == 8
