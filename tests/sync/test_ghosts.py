"""Ghost variables: no scheduling points, yet part of the state."""

from __future__ import annotations

from helpers import DEFAULT, executor, threads_engine, workload

from harness import Atomic, Ghost


def shared():
    return {"ghost": Ghost("ghost", 0), "atomic": Atomic("atomic", 0)}


def with_ghost(state):
    state.ghost.value += 1
    state.atomic.load()


def without(state):
    state.atomic.load()


def steps(body):
    cls = threads_engine(shared, body)
    return executor(cls).run(workload(cls, "T0 act which=0", threads=1), DEFAULT).steps


def test_touching_one_is_no_scheduling_point():
    assert steps(with_ghost) == steps(without)


def test_its_value_is_part_of_the_state():
    one, other = Ghost("ghost", 0), Ghost("ghost", 0)
    other.value = 1
    assert (one.value, other.value) == (0, 1)
    assert one.frozen_state() != other.frozen_state()
