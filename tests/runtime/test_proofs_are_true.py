"""What is proven to go on for ever does go on, for as long as anybody looks.

The judge has a run go on in rotation after its proof. Had it come too soon, the run would get on
sooner or later.
"""

from __future__ import annotations

from helpers import schedules, threads_engine, workload
from hypothesis import given, settings
from hypothesis import strategies as st

from harness import Atomic, Condition, Event, Semaphore, SpinLock, relax, sleep
from harness.execute.plan import Plan
from harness.execute.session import Session
from harness.runtime.scheduler import Scheduler


class Tireless(Scheduler):
    """Goes on after a proof, until one would have been given up."""

    def __init__(self):
        super().__init__()
        self.proven = None

    def stop(self, why):
        if why != "loop":
            super().stop(why)
        elif self.proven is None:
            self.proven = self.hooks.progress()


def make():
    return {
        "over": Atomic("over", 0),
        "rounds": Atomic("rounds", 0),
        "other": Atomic("other", 0),
        "lock": SpinLock("lock"),
        "event": Event("event"),
        "line": Condition("line"),
        "units": Semaphore("units", 1),
    }


def held(s):
    with s.lock:
        s.other.load()


def tried(s):
    if s.lock.trylock():
        s.lock.unlock()


def waited(s):
    with s.line:
        s.line.wait(timeout=2)


def notified(s):
    with s.line:
        s.line.notify()


def taken(s):
    s.units.acquire()
    s.other.load()
    s.units.release()


STEPS = {
    "write": lambda s: s.other.store(1),
    "count": lambda s: s.other.store((s.other.load() + 1) % 3),
    "set": lambda s: s.event.set(),
    "clear": lambda s: s.event.clear(),
    "wait": lambda s: s.event.wait(timeout=3),
    "sleep": lambda s: sleep(2),
    "relax": lambda s: relax(),
    **{step.__name__: step for step in (held, tried, waited, notified, taken)},
}


def rounds(steps, patience):
    """Takes the steps, again and again, until it has lost patience or another one has."""

    def body(s):
        while not s.over.load():
            i = 0
            while i < len(steps):  # the place of a ``for`` would be hidden
                STEPS[steps[i]](s)
                i += 1
            if patience and s.rounds.fetch_add(1) > patience:
                s.over.store(1)

    return body


BODIES = st.builds(
    rounds,
    st.lists(st.sampled_from(sorted(STEPS)), max_size=4),
    st.sampled_from([0, 0, 200, 400, 600]),
)


@given(st.lists(BODIES, min_size=2, max_size=3), st.data())
@settings(max_examples=150)
def test_a_proven_loop_goes_on(bodies, data):
    cls = threads_engine(make, *bodies)
    threads = data.draw(st.lists(st.integers(0, 1), min_size=len(bodies), max_size=len(bodies)))
    load = workload(cls, *(f"T{t} act which={i}" for i, t in enumerate(threads)))
    scheduler = Tireless()
    session = Session(scheduler, Plan(scheduler, cls.spec("engine", "engine"), load), cls, ())
    run = session.run(data.draw(schedules()))
    if scheduler.proven is not None:
        assert run.limited
        assert session.progress() == scheduler.proven
    scheduler.close()
