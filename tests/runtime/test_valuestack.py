"""How much of a suspended frame can not be seen: loop iterators, half-made expressions."""

from __future__ import annotations

import sys

import pytest

from harness.runtime.valuestack import hidden_values


def probe():
    """How much lies hidden in the frame of the caller."""
    return hidden_values(sys._getframe(1))


class Manager:
    def __enter__(self):
        self.seen = hidden_values(sys._getframe(1))
        return self

    def __exit__(self, *error):
        self.left = hidden_values(sys._getframe(1))


def plain():
    return probe()


def assigned():
    x = probe()
    return x  # noqa: RET504


def in_while():
    while True:
        return probe()


def in_condition():
    if (n := probe()) or True:
        return n
    return None


def in_try():
    try:
        return probe()
    finally:
        pass


def in_with_body():
    with Manager():
        n = probe()
    return n  # noqa: RET504


def on_entering():
    with Manager() as m:
        pass
    return m.seen


def in_for():
    for _ in (1,):
        n = probe()
    return n


def in_nested_for():
    for _ in (1,):
        for _ in (1,):
            n = probe()
    return n


def as_argument():
    return max(7, probe()) and probe_seen[-1]


probe_seen: list[int] = []


def noting():
    probe_seen.append(hidden_values(sys._getframe(1)))
    return probe_seen[-1]


def half_made_sum():
    one = 1
    _ = one + noting()
    return probe_seen[-1]


def half_made_list():
    one = 1
    _ = [one, one, noting()]
    return probe_seen[-1]


def after_for():
    for _ in (1, 2):
        pass
    return probe()


def in_handler():
    try:
        raise ValueError
    except ValueError:
        n = probe()
    return n


def generating():
    while True:
        yield probe()


def looping():
    for _ in (1, 2):
        yield probe()


def in_generator():
    return next(generating())


def in_for_of_generator():
    return next(looping())


@pytest.mark.parametrize(
    "function",
    [plain, assigned, in_while, in_condition, in_try, on_entering, after_for, in_generator],
    ids=lambda f: f.__name__,
)
def test_nothing_is_hidden_in(function):
    assert function() == 0


@pytest.mark.parametrize(
    "function",
    [
        in_for,
        in_nested_for,
        half_made_sum,
        half_made_list,
        in_with_body,
        in_handler,
        in_for_of_generator,
    ],
    ids=lambda f: f.__name__,
)
def test_something_is_hidden_in(function):
    assert function() > 0


def test_every_loop_around_a_call_hides_its_iterator():
    assert in_nested_for() == in_for() + 1


def test_an_unknown_position_counts_as_hiding_something():
    class Frame:
        f_code = plain.__code__
        f_lasti = 10_000

    assert hidden_values(Frame()) >= 1
