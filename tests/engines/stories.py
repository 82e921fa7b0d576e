"""Stories: one thing after the other, in a given order, nobody interrupted.

A story is a list of lines such as ``arrive B target=0``, ``finish A`` or ``T1 abort C``. What a
line leaves out is filled in: thread T0, a balanced stream of class 0, a change by the CLI. Woken
tasks run at once, unless a later line says ``resume B``; who is still in service after the last
line ends in turn.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps

from harness import Engine
from harness.cases.reading import read_workload
from harness.engine.request import Request
from harness.engines.haproxy import HISTORY
from harness.execute.plan import Plan
from harness.execute.recorder import Recorder
from harness.execute.run import Run
from harness.execute.session import Session
from harness.model.schedule import Schedule
from harness.model.trace import Trace
from harness.model.workload import Workload
from harness.runtime.scheduler import Scheduler
from harness.runtime.thread import Activity, VirtualThread
from harness.runtime.watched import Place

TOPOLOGY = {"servers": 1, "maxconn": 1, "maxpoll": 2, "groups": 1}
"""One server with one slot, and no options."""

FILLED_IN = {
    "arrive": {"target": "none"},
    "set_maxconn": {"server": "0", "value": "1", "agent": "0"},
}

REVISIONS = list(HISTORY)

HOPELESS = "c24de077b"
"""Asserts that a picked stream has statistics, which it never has; tested by itself."""


Test = Callable[..., None]


def revisions(*names: str) -> Callable[[Test], Test]:
    """Run a test, whose parameter ``cls`` is the engine, on each of the named revisions.

    One test in all: a story takes less time than pytest spends on a test of its own.
    """

    def decorate(test: Test) -> Test:
        @wraps(test)
        def on_each(**others: object) -> None:
            for name in names:
                try:
                    test(cls=HISTORY[name], **others)
                except BaseException as error:
                    error.add_note(f"on revision {name}")
                    raise

        signature = inspect.signature(test)
        others = [p for name, p in signature.parameters.items() if name != "cls"]
        on_each.__signature__ = signature.replace(parameters=others)  # type: ignore[attr-defined]
        return on_each

    return decorate


def since(
    first: str, last: str = "50872daa6", *, but: tuple[str, ...] = ()
) -> Callable[[Test], Test]:
    """Run a test on each revision from ``first`` to ``last``, both included, bar the hopeless.

    Args:
        first: the oldest.
        last: the newest.
        but: others that are left out.
    """
    names = REVISIONS[REVISIONS.index(first) : REVISIONS.index(last) + 1]
    return revisions(*(name for name in names if name not in (HOPELESS, *but)))


def before(name: str) -> str:
    """The revision before ``name``."""
    return REVISIONS[REVISIONS.index(name) - 1]


@dataclass(frozen=True)
class Story:
    """What came of a story.

    Attributes:
        run: findings and verdict.
        trace: every step.
        lives: for each request where it was, in order: ``px.queue``, ``picked by s0``, ``s0``
            (in service), ``finished``, ``rejected``, ``aborted``.
    """

    run: Run
    trace: Trace
    lives: dict[str, list[str]]

    @property
    def picks(self) -> list[str]:
        """``B to s0`` for each pick of a queued stream, in order."""
        found = [e.text for e in self.trace.events if e.text.startswith("dispatches ")]
        return [text.removeprefix("dispatches ") for text in found]

    @property
    def findings(self) -> set[str]:
        """What was found, warnings left out."""
        return {f.signature for f in self.run.findings if not f.kind.warning}

    def values(self, obj: str, op: str = "") -> list[str]:
        """The values of ``obj`` after each access to it, in activities that start with ``op``."""
        return [
            step.after
            for step in self.trace.steps
            if step.site.endswith(f" {obj}") and step.op.startswith(op)
        ]

    def value(self, obj: str, op: str = "") -> str:
        """The last of these values."""
        return self.values(obj, op)[-1]


class Script:
    """Lets activities begin in the order of a script, and interrupts none."""

    def __init__(self, scheduler: Scheduler, plan: Plan, lines: list[str]):
        self._s = scheduler
        self._plan = plan
        self._lines = lines
        self._waits = {line for line in lines if line.startswith("resume ")}
        self.lives: dict[str, list[str]] = {r.name: [] for r in plan.requests}
        self.next = 0

    def choice(self, place: Place) -> int | None:
        """The alternative that brings the script on; None for the default."""
        if place is Place.POINT:
            return None
        self.look()
        s = self._s
        ready = [(t, a) for t in s.live() for a in t.ready]
        if not ready:
            return None
        thread, activity = self._wanted(ready)
        if place is Place.LEAVING:
            position = s.successors().index(thread)
        elif thread is s.current:
            position = thread.ready.index(activity)
            self.next += activity.label == self._line
        else:
            others = [t for t in s.live() if t.bit & s.enabled and t is not s.current]
            position = len(s.current.ready) + others.index(thread)
        return position - 1 if position else None

    def look(self) -> None:
        """Note where each request is by now."""
        ledger = self._plan.ledger
        for request in self._plan.requests:
            where = self._where(request, ledger.resources, ledger.queues)
            life = self.lives[request.name]
            if where and life[-1:] != [where]:
                life.append(where)

    @property
    def _line(self) -> str | None:
        return self._lines[self.next] if self.next < len(self._lines) else None

    def _wanted(
        self, ready: list[tuple[VirtualThread, Activity]]
    ) -> tuple[VirtualThread, Activity]:
        for thread, activity in ready:
            if activity.label.startswith("resume ") and activity.label not in self._to_wait_for():
                return thread, activity
        for thread, activity in ready:
            if activity.label == self._line:
                return thread, activity
        return ready[0]

    def _to_wait_for(self) -> set[str]:
        return self._waits & set(self._lines[self.next :])

    @staticmethod
    def _where(request: Request, resources: list[str], queues: list[str]) -> str:
        stage = request.stage.value
        if stage == "queued":
            return queues[request.queue]
        if stage == "dispatched":
            return f"picked by {resources[request.resource]}"
        if stage == "in service":
            return resources[request.resource]
        return stage if stage in ("finished", "rejected", "aborted") else ""


def workload(cls: type[Engine], *lines: str, **topology: int) -> Workload:
    """The operations of ``lines``, in which nobody finishes, on as many threads as they name."""
    spec = cls.spec("haproxy", cls.__name__)
    ops = [_filled_in(line) for line in lines]
    threads = max(int(op[1]) for op in ops) + 1
    assert set(topology) <= set(spec.topology), topology
    given = {**TOPOLOGY, **topology, "threads": threads}
    return read_workload({name: given.get(name, 0) for name in spec.topology}, ops, spec)


def tell(cls: type[Engine], *lines: str, **topology: int) -> Story:
    """Run the story of ``lines`` on ``cls``.

    Every line must come to pass in its turn, unless a finding ends the run before.
    """
    ops = [line for line in lines if line.split()[-2] not in ("finish", "resume")]
    load = workload(cls, *ops, **topology)
    wanted = [_filled_in(line).partition(" ")[2] for line in lines]
    scheduler = Scheduler()
    plan = Plan(scheduler, cls.spec("haproxy", cls.__name__), load)
    session = Session(scheduler, plan, cls, cls.invariants())
    recorder = Recorder(scheduler)
    script = Script(scheduler, plan, wanted)
    recorded = session.record(Schedule(), recorder, script)
    script.look()
    story = Story(recorded.run, recorded.trace, script.lives)
    assert script.next == len(wanted) or story.findings, wanted[script.next]
    return story


def _filled_in(line: str) -> str:
    if not (line[0] == "T" and line[1].isdigit()):
        line = f"T0 {line}"
    words = line.split()
    given = [word for word in words if "=" in word]
    defaults = FILLED_IN.get(words[1])
    if defaults is None:
        return line
    values = {**defaults, **dict(word.split("=") for word in given)}
    return " ".join([w for w in words if "=" not in w] + [f"{k}={v}" for k, v in values.items()])
