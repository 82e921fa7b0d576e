"""When does an engine throw away what an access returned?"""

from __future__ import annotations

import sys
from collections.abc import Callable

import pytest

from harness.verify.footprint import result_ignored


class Counter:
    """Tells, as the access it is called by, whether its result is thrown away."""

    def __init__(self) -> None:
        self.ignored: list[bool] = []

    def fetch_add(self, n: int = 1) -> int:
        self.ignored.append(result_ignored(sys._getframe(1), "fetch_add"))
        return n


def one(n):
    return n


def statement(c):
    c.fetch_add()


def with_arguments(c):
    c.fetch_add(one(c is None) + len("xy"))


def by_keyword(c):
    c.fetch_add(n=1)


def out_of_a_container(c):
    counters = {"a": [c]}
    counters["a"][0].fetch_add(1)


def in_a_branch(c):
    if c is not None:
        c.fetch_add(1)


def in_a_loop(c):
    for _ in range(100):  # often enough to be specialised
        c.fetch_add(1)


IGNORES = [statement, with_arguments, by_keyword, out_of_a_container, in_a_branch, in_a_loop]


def returned(c):
    return c.fetch_add(1)


def assigned(c):
    x = c.fetch_add(1)
    return x  # noqa: RET504


def as_an_argument(c):
    one(c.fetch_add(1))


def taken_by_a_map(c):
    list(map(c.fetch_add, (1,)))


def kept_by_a_list(c):
    mine = []
    mine.extend(map(c.fetch_add, (1,)))


def as_a_key(c):
    max((1, 2), key=c.fetch_add)


def as_an_argument_of_its_own(c):
    list.extend([], map(c.fetch_add, (c is None,)))


def under_another_name(c):
    add = c.fetch_add
    add(1)


def by_a_loop(c):
    for _ in map(c.fetch_add, (1,)):
        pass


USES = [
    returned,
    assigned,
    as_an_argument,
    taken_by_a_map,
    kept_by_a_list,
    as_a_key,
    as_an_argument_of_its_own,
    under_another_name,
    by_a_loop,
]
"""Some do not use it; but not every reader of byte code could tell, and it is safe to say so."""


def told(use: Callable[[Counter], object]) -> set[bool]:
    counter = Counter()
    use(counter)
    return set(counter.ignored)


@pytest.mark.parametrize("use", IGNORES, ids=lambda f: f.__name__)
def test_a_call_that_is_a_statement_throws_its_result_away(use):
    assert told(use) == {True}


@pytest.mark.parametrize("use", USES, ids=lambda f: f.__name__)
def test_a_result_that_somebody_may_see_is_not_thrown_away(use):
    assert told(use) == {False}


def test_a_result_that_is_kept_is_not_the_one_thrown_away_beside_it():
    def both(c):
        c.fetch_add(c.fetch_add(2))

    counter = Counter()
    both(counter)
    assert counter.ignored == [False, True]
