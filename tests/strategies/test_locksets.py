"""What no lock protects races, and so do the locks that order it; constraints are about those."""

from __future__ import annotations

from random import Random

from helpers import DEFAULT, threads_case

from harness import Cell, Mutex
from harness.strategies.drive import run_with
from harness.strategies.locksets import Locksets
from harness.strategies.option import Event, Option
from harness.strategies.surw import Surw
from harness.strategies.untried import UntriedPairs

OBJECTS = ("x", "y", "a", "b")


def racing(*texts):
    """What races after accesses such as ``0 read x``; ``run`` begins another run."""
    locksets = Locksets()
    locksets.begin()
    for text in texts:
        if text == "run":
            locksets.begin()
        else:
            thread, kind, obj = text.split()
            locksets.executed(Option(int(thread), "", Event("op", "site", obj, kind)))
    return locksets.racing(OBJECTS)


def locked(thread, lock, *accesses):
    """Accesses under a lock."""
    return (
        f"{thread} lock {lock}",
        *(f"{thread} {access}" for access in accesses),
        f"{thread} unlock {lock}",
    )


def test_what_is_accessed_without_a_lock_races():
    protected = (*locked(0, "a", "read y"), *locked(1, "a", "write y"))
    assert racing("0 write x", "1 read x", *protected) == ["x"]


def test_an_access_without_the_lock_of_the_others_is_enough():
    assert racing(*locked(0, "a", "write x"), *locked(1, "a", "write x"), "1 read x") == ["x"]


def test_what_is_accessed_under_one_lock_here_and_another_there_races_and_so_do_these():
    first = (*locked(0, "a", "write x"), *locked(1, "b", "write x"))
    again = (*locked(1, "a", "read y"), *locked(0, "b", "read y"))
    assert racing(*first, *again) == ["x", "y", "a", "b"]


def test_where_nothing_races_all_that_several_threads_access_counts():
    protected = (*locked(0, "a", "write x"), *locked(1, "a", "write x"))
    assert racing(*protected, "0 read y") == ["x", "a"]


def test_what_one_thread_alone_accesses_does_not_race():
    assert racing("0 write x", "0 read x", "0 write y", "1 read y") == ["y"]


def test_no_lock_is_held_from_one_run_to_the_next():
    assert racing("0 lock a", "0 write x", "run", "0 write x", *locked(1, "a", "write x")) == ["x"]


def test_constraints_are_about_what_races():
    def body(s):
        with s.lock:
            s.protected.write(s.protected.read() + 1)
        s.bare.write(s.bare.read() + 1)

    def make():
        return {
            "lock": Mutex("lock"),
            "protected": Cell("protected", 0),
            "bare": Cell("bare", 0),
        }

    ex, load = threads_case(make, body, body)
    random = Random(1)
    strategy = UntriedPairs(random, Surw(random))
    wanted = set()
    for _ in range(50):
        run_with(ex, load, strategy)
        wanted |= {constraint.pair.read.obj for constraint in strategy._constraints}
    assert wanted == {"bare"}
    assert ex.run(load, DEFAULT).verdict == "ok"


def test_the_second_run_of_a_workload_is_left_to_chance_as_often_as_not():
    def body(s):
        s.x.write(s.x.read() + 1)

    ex, load = threads_case(lambda: {"x": Cell("x", 0)}, body, body)
    free = [0] * 3
    for seed in range(200):
        strategy = UntriedPairs(Random(seed), Surw(Random(seed)))
        for nth in range(3):
            run_with(ex, load, strategy)
            free[nth] += not strategy._constraints
    assert free[0] == 200
    assert 80 < free[1] < 150  # some are drawn empty
    assert free[2] < 80
