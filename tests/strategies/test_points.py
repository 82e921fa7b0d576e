"""What a strategy is asked and what it is shown."""

from __future__ import annotations

from itertools import repeat
from random import Random

from engines_for_tests import RightQueue
from helpers import DEFAULT, executor, threads_case, workload
from interleavings import Spy

from harness import Atomic, Event, Mutex, RWLock
from harness.strategies.base import Strategy
from harness.strategies.drive import run_with
from harness.strategies.option import Event as Access
from harness.strategies.option import Option
from harness.strategies.search import EACH, search
from harness.strategies.uniform import Uniform


class First(Strategy):
    """Always the first option."""

    name = "first"

    def choose(self, point):
        return 0


class Prefer(Strategy):
    """The first option that is wanted, else the first."""

    name = "prefer"

    def __init__(self, wanted):
        super().__init__(Random(0))
        self.wanted = wanted

    def choose(self, point):
        return next((i for i, o in enumerate(point.options) if self.wanted(o)), 0)


def make():
    return {
        "a": Atomic("a", 0),
        "lock": Mutex("lock"),
        "shared": RWLock("shared"),
        "rung": Event("rung"),
    }


def spied(strategy, *bodies):
    ex, load = threads_case(make, *bodies)
    spy = Spy(strategy)
    run, schedule = run_with(ex, load, spy)
    return spy, run, schedule


def store(s):
    s.a.store(1)


def load_twice(s):
    s.a.load()
    s.a.load()


def locked(s):
    with s.lock:
        s.a.load()


def reading(s):
    s.shared.read_lock()
    s.a.load()
    s.shared.read_unlock()


def writing(s):
    s.shared.write_lock()
    s.a.load()
    s.shared.write_unlock()


def test_always_the_first_option_is_the_default_policy():
    _, _, schedule = spied(First(Random(0)), store, load_twice, store)
    assert schedule == DEFAULT


def test_it_is_asked_before_every_event_even_without_a_choice():
    spy, _, _ = spied(First(Random(0)), load_twice, store)
    kinds = [(o.thread, o.event.kind, o.obj) for o in spy.chosen]
    assert kinds == [
        (0, "begin", ""),
        (0, "load", "a"),
        (0, "load", "a"),
        (1, "begin", ""),
        (1, "store", "a"),
    ]


def test_every_thread_that_can_run_is_an_option_with_what_it_stands_before():
    spy, _, _ = spied(First(Random(0)), load_twice, store)
    assert [(o.thread, o.event.kind) for o in spy.points[1].options] == [(0, "load"), (1, "begin")]


def test_two_accesses_at_different_places_are_different_events():
    spy, _, _ = spied(First(Random(0)), load_twice)
    _, one, other = spy.chosen
    assert one.event != other.event
    again, _, _ = spied(First(Random(0)), load_twice)
    assert again.chosen[1].event == one.event


def test_the_site_of_a_with_statement_is_the_statement():
    def also_locked(s):
        with s.lock:
            pass

    spy, _, _ = spied(First(Random(0)), locked, also_locked)
    sites = [o.event.site for o in spy.chosen if o.event.kind == "lock"]
    assert [site.partition("+")[0].rpartition(".")[2] for site in sites] == [
        "locked",
        "also_locked",
    ]


def test_a_thread_that_would_block_on_a_held_lock_is_no_option():
    spy, _, _ = spied(Prefer(lambda o: o.thread == 1), locked, locked)
    holding = [p for p in spy.points if any(o.event.kind == "unlock" for o in p.options)]
    assert holding
    assert not any(o.event.kind == "lock" for p in holding for o in p.options)


def test_readers_do_not_exclude_each_other_but_exclude_writers():
    strategy = Prefer(lambda o: o.event.kind in ("begin", "read_lock", "write_lock"))
    spy, _, _ = spied(strategy, reading, reading, writing)
    kinds = [o.event.kind for o in spy.chosen if o.event.kind.endswith("lock")]
    assert kinds[:2] == ["read_lock", "read_lock"]
    assert kinds.index("write_lock") > kinds.index("read_unlock", kinds.index("read_unlock") + 1)


def test_when_everybody_would_block_they_do_and_the_deadlock_is_found():
    def one(s):
        with s.lock:
            s.shared.write_lock()

    def other(s):
        s.shared.write_lock()
        s.lock.lock()

    first = ((0, "begin"), (1, "begin"), (0, "lock"), (1, "write_lock"))
    spy, run, _ = spied(Prefer(lambda o: (o.thread, o.event.kind) in first), one, other)
    assert {o.event.kind for o in spy.chosen} == {"begin", "lock", "write_lock"}
    assert run.verdict == "deadlock"


def test_a_waiting_thread_is_an_option_when_it_may_time_out():
    def wait(s):
        s.rung.wait(timeout=5)

    spy, _, _ = spied(First(Random(0)), wait, store)
    assert [o.event.kind for o in spy.chosen] == ["begin", "wait", "begin", "store", "wake"]


def test_a_parked_spinner_is_an_option_again_when_what_it_reads_has_changed():
    def spin(s):
        while not s.a.load():
            pass

    def release(s):
        s.a.store(1)
        s.rung.is_set()

    spy, run, _ = spied(Prefer(lambda o: o.thread == 0), spin, release)
    kinds = [o.event.kind for o in spy.chosen]
    after = kinds.index("store")
    assert {o.thread for o in spy.chosen[1 : after - 1]} == {0}  # until it was parked
    assert kinds[after + 1] == "load"
    assert kinds[-1] == "is_set"
    assert run.verdict == "ok"


def test_each_ready_activity_of_a_thread_is_an_option():
    ex = executor(RightQueue)
    load = workload(RightQueue, "T0 arrive A", "T0 arrive B", size=1)
    spy = Spy(Prefer(lambda o: o.activity == "finish A"))
    run_with(ex, load, spy)
    offered = [[o.activity for o in p.options] for p in spy.points if len(p.options) > 1]
    assert ["arrive B", "finish A"] in offered
    assert [o.activity for o in spy.chosen if o.activity][:2] == ["arrive A", "finish A"]


def test_races_are_of_one_object_and_two_threads_and_need_a_write():
    def option(thread, obj, kind):
        return Option(thread, "", Access("act", "here", obj, kind))

    assert option(0, "x", "store").races(option(1, "x", "load"))
    assert option(0, "x", "load").races(option(1, "x", "fetch_add"))
    assert not option(0, "x", "load").races(option(1, "x", "load"))
    assert not option(0, "x", "store").races(option(1, "y", "store"))
    assert not option(0, "x", "store").races(option(0, "x", "store"))
    assert not option(0, "", "begin").races(option(1, "", "begin"))
    assert not option(0, "n", "add").races(option(1, "n", "add"))


def test_search_gives_each_workload_its_runs_and_stops():
    ex, load = threads_case(make, store, load_twice)
    _, other = threads_case(make, store, store)
    found = list(search(ex, repeat(load), Uniform(Random(0)), 70))
    assert len(found) == 70
    found = list(search(ex, [load, other], Uniform(Random(0)), 1000))
    assert [one.workload for one in found] == [load] * EACH + [other] * EACH
    for one in found[:5]:
        assert ex.run(one.workload, one.schedule).steps == one.run.steps
