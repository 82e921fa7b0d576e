"""Loops over shared primitives that the tests of spins and of endless loops put on threads."""

from __future__ import annotations

from harness import Atomic, Cell, Condition, Event, SpinLock, Statistic
from harness import relax as give_way


class Notes(list):
    """Of the test, and so no part of the state."""

    def frozen_state(self):
        return ()


class Read:
    """Part of the state, or of a stack: is told whenever a proof reads it, which it notes.

    Args:
        notes: where.
        note: what.
    """

    def __init__(self, notes, note=None):
        self.notes, self.note = notes, note

    def frozen_state(self):
        self.notes.append(self.note)
        return ()


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
