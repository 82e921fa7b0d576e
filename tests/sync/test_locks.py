"""Spin lock, mutex and readers-writer lock."""

from __future__ import annotations

import pytest
from helpers import only, outcomes, record_threads, run_threads

from harness import Cell, Mutex, RWLock, SpinLock
from harness.model.finding import Kind

LOCKS = pytest.mark.parametrize("cls", [SpinLock, Mutex])


def guarded(cls):
    return lambda: {"lock": cls("lock"), "x": Cell("x", 0), "log": []}


@LOCKS
def test_a_lock_keeps_others_out(cls):
    def body(s):
        s.lock.lock()
        s.x.write(s.x.read() + 1)
        s.lock.unlock()

    got = outcomes(guarded(cls), body, body, body, result=lambda s: s.x.value)
    assert got == {("ok", 3)}


@LOCKS
def test_a_lock_is_a_context_manager(cls):
    def body(s):
        with s.lock:
            s.x.write(s.x.read() + 1)

    got = outcomes(guarded(cls), body, body, result=lambda s: (s.x.value, s.lock.value))
    assert got == {("ok", (2, None))}


def test_a_context_manager_releases_the_lock_when_its_block_raises():
    def body(s):
        try:
            with s.lock:
                raise ValueError
        except ValueError:
            pass
        assert s.lock.trylock()

    assert run_threads(guarded(SpinLock), body).verdict == "ok"


@LOCKS
def test_trylock_says_whether_it_took_the_lock_and_never_blocks(cls):
    def body(s):
        s.log.append(s.lock.trylock())

    got = outcomes(guarded(cls), body, body, result=lambda s: tuple(s.log))
    assert got == {("ok", (True, False))}


def test_trylock_can_fail_just_before_the_unlock():
    # The scheduling point before unlock: the holder is done, but still seen to hold it.
    def holder(s):
        s.lock.lock()
        s.x.write(1)
        s.lock.unlock()

    def other(s):
        s.log.append((s.x.read(), s.lock.trylock()))

    got = outcomes(guarded(SpinLock), holder, other, result=lambda s: tuple(s.log))
    assert ("ok", ((1, False),)) in got
    assert ("ok", ((1, True),)) in got


def test_a_blocked_thread_is_not_enabled():
    def body(s):
        with s.lock:
            s.x.read()

    recorded = record_threads(guarded(SpinLock), body, body)
    assert recorded.run.steps < 20


def test_whoever_is_scheduled_first_gets_a_released_lock():
    def body(i):
        def run(s):
            with s.lock:
                s.log.append(i)

        return run

    got = outcomes(guarded(SpinLock), body(0), body(1), body(2), result=lambda s: tuple(s.log))
    assert len(got) >= 5
    assert all(verdict == "ok" for verdict, _ in got)


@LOCKS
def test_unlocking_a_free_lock_is_an_error_that_names_thread_and_lock(cls):
    finding = only(run_threads(guarded(cls), lambda s: s.lock.unlock()))
    assert finding.kind is Kind.EXCEPTION
    assert "T0 unlocks lock, which is held by nobody" in finding.message


@LOCKS
def test_unlocking_somebody_elses_lock_is_an_error(cls):
    finding = only(run_threads(guarded(cls), lambda s: s.lock.lock(), lambda s: s.lock.unlock()))
    assert "T1 unlocks lock, which is held by T0" in finding.message


def test_misuse_is_blamed_on_the_function_that_did_it():
    def careless(s):
        s.lock.unlock()

    assert only(run_threads(guarded(SpinLock), careless)).where == "MisuseError in careless"


@LOCKS
def test_a_lock_is_not_reentrant(cls):
    def body(s):
        s.lock.lock()
        s.lock.lock()

    assert run_threads(guarded(cls), body).verdict == "deadlock"


def test_a_trace_shows_who_holds_a_lock():
    steps = record_threads(guarded(SpinLock), lambda s: s.lock.lock()).trace.steps
    assert [(s.before, s.after) for s in steps] == [("free", "T0")]


# ------------------------------------------------------------------- readers, writer


def rw():
    return {"lock": RWLock("lock"), "x": Cell("x", 0), "log": []}


def read(s):
    s.lock.read_lock()
    s.log.append(("in", s.lock.value))
    s.x.read()
    s.lock.read_unlock()


def write(s):
    s.lock.write_lock()
    s.x.write(s.x.read() + 1)
    s.lock.write_unlock()


def test_readers_share_the_lock():
    got = outcomes(rw, read, read, result=lambda s: max(len(v[1]) for _, v in s.log))
    assert got == {("ok", 1), ("ok", 2)}


def test_a_writer_is_alone():
    got = outcomes(rw, write, write, read, result=lambda s: (s.x.value, s.log[0][1][0]))
    assert got == {("ok", (2, None))}


def test_the_same_thread_may_read_lock_twice():
    def body(s):
        s.lock.read_lock()
        s.lock.read_lock()
        s.lock.read_unlock()
        s.lock.read_unlock()

    got = outcomes(rw, body, write, result=lambda s: s.x.value)
    assert got == {("ok", 1)}


def test_upgrading_a_read_lock_blocks_for_ever():
    def body(s):
        s.lock.read_lock()
        s.lock.write_lock()

    assert run_threads(rw, body).verdict == "deadlock"


@pytest.mark.parametrize("method", ["read_unlock", "write_unlock"])
def test_releasing_a_readers_writer_lock_that_is_not_held_is_an_error(method):
    finding = only(run_threads(rw, lambda s: getattr(s.lock, method)()))
    assert finding.kind is Kind.EXCEPTION
    assert "T0 does not hold lock" in finding.message


@pytest.mark.parametrize(
    ("take", "give"), [("read_lock", "write_unlock"), ("write_lock", "read_unlock")]
)
def test_a_lock_is_released_in_the_way_it_was_taken(take, give):
    def body(s):
        getattr(s.lock, take)()
        getattr(s.lock, give)()

    assert only(run_threads(rw, body)).kind is Kind.EXCEPTION
