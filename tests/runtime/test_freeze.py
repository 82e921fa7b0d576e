"""Freezing: equal exactly when nothing readable differs, and a refusal where it can not tell."""

from __future__ import annotations

import copy
import re
from collections import OrderedDict, deque
from enum import Enum
from functools import lru_cache, partial
from random import Random
from sys import _getframe
from threading import Lock, local

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.model.workload import Topology
from harness.runtime.freeze import UnprovableError, freeze

PLAIN = st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.binary(max_size=5)
STATES = st.recursive(
    PLAIN,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.integers(0, 9), inner, max_size=4)
        | st.tuples(inner, inner)
        | st.builds(deque, st.lists(inner, max_size=3))
    ),
    max_leaves=12,
)


def typed(value):
    """The value together with all of its types, as an independent judge of equality."""
    if isinstance(value, dict):
        return ("dict", [(typed(k), typed(v)) for k, v in value.items()])
    if isinstance(value, list | tuple | deque):
        return (type(value).__name__, [typed(v) for v in value])
    return (type(value).__name__, value)


@given(STATES)
def test_a_copy_freezes_to_the_same(state):
    # Through text: a deep copy may share what the original does not, and the reverse.
    again = eval(repr(state), {"deque": deque})
    assert freeze(again) == freeze(copy.deepcopy(again))


@given(STATES, STATES)
def test_states_that_differ_freeze_differently(one, other):
    if typed(one) != typed(other):
        assert freeze(one) != freeze(other)


@given(STATES)
def test_a_frozen_state_is_hashable(state):
    assert hash(freeze(state)) == hash(freeze(state))


class Thing:
    def __init__(self, value):
        self.value = value


class Slotted:
    __slots__ = ("__hidden", "value")

    def __init__(self, value, hidden=0):
        self.value = value
        self.__hidden = hidden


class Sub(list):
    pass


class Number(int):
    pass


class Share(float):
    pass


class Raw(bytes):
    pass


class Pair(tuple):
    pass


class Table(dict):
    def __init__(self, note, **items):
        super().__init__(**items)
        self.note = note


class Noted(Random):
    def __init__(self, note):
        super().__init__(1)
        self.note = note


class MarkedError(Exception):
    __slots__ = ("mark",)

    def __init__(self, mark):
        super().__init__()
        self.mark = mark


class Named(partial):
    pass


def named(name):
    made = Named(max, 1)
    made.name = name
    return made


def tagged(tag):
    def inner():
        pass

    inner.tag = tag
    return inner


def two_that_share(n):
    return (lambda: n), (lambda: n)


class Color(Enum):
    RED = 1
    BLUE = 2


def closure(n):
    def inner():
        return n

    return inner


def rolled(times):
    random = Random(1)
    for _ in range(times):
        random.random()
    return random


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (Thing(1), Thing(2)),
        (Slotted(1), Slotted(2)),
        (Slotted(1, 5), Slotted(1, 6)),
        (Sub([1]), Sub([2])),
        ({1, 2}, {1, 3}),
        (bytearray(b"a"), bytearray(b"b")),
        (range(3), range(4)),
        (OrderedDict(a=1), OrderedDict(a=2)),
        (Topology({"threads": 2}), Topology({"threads": 3})),
        (Thing(1).__init__, Thing(2).__init__),
        (Number(1), Number(2)),
        (Share(1), Share(2)),
        (Raw(b"a"), Raw(b"b")),
        (Pair([1]), Pair([2])),
        (Table(1, a=1), Table(2, a=1)),
        (Table(1, a=1), Table(1, a=2)),
        (Color.RED, Color.BLUE),
        (closure(1), closure(2)),
        (lambda a=1: a, lambda a=2: a),
        ([1].append, [2].append),
        (lambda *, a=1: a, lambda *, a=2: a),
        (tagged(1), tagged(2)),
        (partial(max, 1), partial(max, 2)),
        (named("a"), named("b")),
        (Noted(1), Noted(2)),
        (MarkedError(1), MarkedError(2)),
        (deque(maxlen=1), deque(maxlen=2)),
        (0.0, -0.0),
        (Share(0.0), Share(-0.0)),
        (range(0), range(1, 1)),
        (rolled(1), rolled(2)),
        (KeyError(1), KeyError(2)),
        (1, True),
        (1, 1.0),
        ([1], (1,)),
    ],
    ids=lambda v: type(v).__name__,
)
def test_a_difference_anywhere_shows(one, other):
    assert freeze(one) != freeze(other)


@pytest.mark.parametrize(
    "make",
    [
        lambda: Thing([1, {2: 3}]),
        lambda: Slotted(Thing(1), 2),
        lambda: Sub([1, 2]),
        lambda: {3, 1, 2},
        lambda: iter([1, 2, 3]),
        lambda: Topology({"threads": 2}),
        lambda: [Number(1), Share(2), Raw(b"a"), Pair([1])],
        lambda: Table(1, a=2),
        lambda: [Color.RED, Color.BLUE],
        lambda: closure([1]),
        lambda: [1].append,
        lambda: partial(max, 1),
        lambda: rolled(3),
        lambda: re.compile("x"),
    ],
)
def test_two_of_the_same_make_freeze_to_the_same(make):
    assert freeze(make()) == freeze(make())


def test_the_place_of_an_iterator_counts():
    one, other = iter([1, 2, 3]), iter([1, 2, 3])
    next(other)
    assert freeze(one) != freeze(other)


def test_the_place_and_locals_of_a_generator_count():
    def generator(n):
        while True:
            n += 1
            yield n

    one, other = generator(0), generator(0)
    next(one), next(other)
    assert freeze(one) == freeze(other)
    next(other)
    assert freeze(one) != freeze(other)


def test_sharing_is_told_from_equality():
    shared = [1]
    assert freeze([shared, shared]) != freeze([[1], [1]])


def test_what_a_local_variable_shares_with_the_rest_is_told_from_equality():
    def with_frame(state, mine):
        return freeze(state, [_getframe()])

    state = [[1]]
    assert with_frame(state, state[0]) != with_frame(state, [1])


def test_the_shared_state_freezes_as_it_would_alone():
    state = [[1], Thing(2)]
    assert freeze(state, [_getframe()])[0] == freeze(state)[0]


def test_which_of_two_equal_objects_is_shared_counts():
    one, other = [1], [1]
    assert freeze([one, other, one]) != freeze([one, other, other])


def test_closures_over_one_variable_are_told_from_closures_over_two():
    one, other = two_that_share(1)[0], two_that_share(1)[1]
    assert freeze(two_that_share(1)) != freeze((one, other))


def test_a_variable_that_has_no_value_yet_can_be_read():
    def made(early):
        if not early:
            n = 1
        return lambda: n

    assert freeze(made(True)) == freeze(made(True))
    assert freeze(made(True)) != freeze(made(False))


def test_a_cycle_is_followed_once():
    one, other = [1], [1]
    one.append(one)
    other.append(other)
    assert freeze(one) == freeze(other)


def test_the_order_of_a_dictionary_counts():
    assert freeze({1: 1, 2: 2}) != freeze({2: 2, 1: 1})


def in_the_middle_of_a_loop():
    for n in (1, 2):
        yield n + 1


def started(generator):
    next(generator)
    return generator


@pytest.mark.parametrize(
    "opaque",
    [Lock(), memoryview(b""), local(), lru_cache(closure(1)), started(in_the_middle_of_a_loop())],
    ids=lambda o: type(o).__name__,
)
def test_what_can_not_be_read_is_refused(opaque):
    with pytest.raises(UnprovableError):
        freeze([1, {2: opaque}])


def test_what_is_very_deep_is_followed_to_its_end():
    def deep(innermost):
        for _ in range(100_000):
            innermost = [innermost]
        return innermost

    assert freeze(deep(1)) == freeze(deep(1))
    assert freeze(deep(1)) != freeze(deep(2))


def test_what_has_no_end_is_refused():
    class Endless:
        def frozen_state(self):
            return (Endless(),)

    with pytest.raises(UnprovableError):
        freeze(Endless())


def test_frozen_state_speaks_for_an_object():
    class Spoken:
        def __init__(self, seen, unseen):
            self.seen, self.unseen = seen, unseen

        def frozen_state(self):
            return (self.seen,)

    assert freeze(Spoken(1, 2)) == freeze(Spoken(1, 3))
    assert freeze(Spoken(1, 2)) != freeze(Spoken(2, 2))
