"""Every interleaving, by the scheduler that campaigns use: what clever exploration is held to.

``every_run`` takes each alternative at each decision. It notes what happens through the observer
of recorded runs, and works out for itself which steps depend on each other: from the change that
an access made, and from the change of the ledger.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from helpers import executor

from harness import Engine
from harness.engine.request import Stage
from harness.execute.activities import Arrive, Resume
from harness.execute.run import Run
from harness.model.schedule import Anchor, Schedule
from harness.model.trace import Trace
from harness.model.workload import Workload
from harness.runtime.watched import Place

READS = {"load", "read", "is_set"}
UNSEEN = {"add", "relax", "wake"}
SERVED = (Stage.DISPATCHED, Stage.IN_SERVICE)


class Choices:
    """Takes a list of alternatives, then always the default; counts what there was to take."""

    def __init__(self, scheduler: Any, taken: list[int]) -> None:
        self.s = scheduler
        self.taken = taken
        self.offered: list[int] = []
        self.place = ""
        self.fresh = False  # the current thread was chosen just now

    def choice(self, place: Place) -> int | None:
        """What to do at the decision just reached."""
        s = self.s
        others = ((s.enabled | s.timed) & ~s.current.bit).bit_count()
        if place is Place.BOUNDARY:
            # Who was chosen to go on does so: two threads could pass the turn for ever.
            others = len(s.current.ready) - 1 + (0 if self.fresh else others)
        if place is Place.LEAVING:
            others = len(s.successors()) - 1
        at = len(self.offered)
        self.offered.append(others)
        chosen = self.taken[at] if at < len(self.taken) else 0
        self.fresh = place is Place.LEAVING or chosen > 0
        return chosen - 1 if chosen else None


@dataclass
class Event:
    """One step: of which thread, which, and what it touched, each thing with the manner."""

    thread: int
    name: object
    touches: list[tuple[object, str]]


class Notes(Choices):
    """Observes a run as well."""

    def __init__(self, scheduler: Any, taken: list[int], session: Any) -> None:
        super().__init__(scheduler, taken)
        self.session = session
        self.events: list[Event] = []
        self.open: Event | None = None
        self.access: tuple[Any, str, Any, bool] | None = None
        self.standing: dict[int, tuple[Any, str, bool]] = {}
        self.blocked: dict[int, Any] = {}
        self.doing: dict[int, Any] = {}
        self.preemptions = 0

    # -- what the scheduler calls

    def reached(self, obj: Any, kind: str) -> None:
        self.place = "point"
        self.fresh = False
        self.standing[self.s.current.index] = (obj, kind, self.blind(kind))
        self.close()

    def passed(self, obj: Any) -> None:
        thread = self.s.current.index
        obj, kind, blind = self.standing[thread]
        self.begin(thread, kind)
        self.access = (obj, kind, self.look(obj), blind)

    def boundary(self) -> None:
        self.place = "boundary"
        self.close()

    def leaving(self) -> None:
        self.place = "leaving"
        thread = self.s.current
        if thread.blocked_on is not None and hasattr(thread.blocked_on, "waiters"):
            self.blocked[thread.index] = thread.blocked_on
            self.access = None  # it did not get the lock: nothing has happened
        self.close()

    def began(self, activity: Any) -> None:
        self.fresh = False
        thread = self.s.current.index
        self.begin(thread, activity.label)
        assert self.open is not None
        if not isinstance(activity, Resume) or self.ledger_of().fifo:
            self.open.touches.append(("activities", "begin"))
        self.doing[thread] = activity
        if hasattr(activity, "request"):
            self.open.touches.append((("stage", activity.request.index), "write"))

    def ended(self) -> None:
        if self.open is None:
            self.begin(self.s.current.index, "end")
        assert self.open is not None
        self.open.touches.append(("activities", "end"))
        activity = self.doing[self.s.current.index]
        if isinstance(activity, Arrive | Resume):
            # What its answer means depends on what others did to the request meanwhile.
            self.open.touches.append((("stage", activity.request.index), "write"))

    def deviated(self, choice: int, to: Any, activity: str) -> None:
        if self.place == "point":
            self.preemptions += 1

    def event(self, text: str) -> None:
        if text.startswith("tries"):
            thread = self.s.current.index
            kind = self.standing[thread][1]
            self.begin(thread, kind)
            self.access = (self.blocked[thread], kind, "held", False)

    # -- steps

    def blind(self, kind: str) -> bool:
        return False

    def ledger_of(self) -> Any:
        return self.session._ledger

    def look(self, obj: Any) -> Any:
        return None if obj is None else (obj.value, getattr(obj, "shown", str)())

    def begin(self, thread: int, name: object) -> None:
        self.close()
        self.open = Event(thread, name, [])
        ledger = self.ledger_of()
        self.before = [(r.stage, r.woken) for r in ledger.requests]
        self.held = self.slots(ledger)

    def slots(self, ledger: Any) -> list[set[int]]:
        return [
            {r.index for r in ledger.requests if r.resource == i and r.stage in SERVED}
            for i in range(len(ledger.resources))
        ]

    def close(self) -> None:
        event, self.open = self.open, None
        if event is None:
            return
        if self.access is not None:
            obj, kind, before, blind = self.access
            self.access = None
            if kind not in UNSEEN and obj is not None:
                way = "write"
                if kind in READS:
                    way = "read"
                elif kind in ("read_lock", "read_unlock"):
                    way = "share"
                elif kind not in ("lock", "unlock") and self.look(obj) == before:
                    way = "read"
                elif blind:
                    way = "add"
                event.touches.append((obj.name, way))
            if kind == "wake":
                event.touches.append((("stage", obj.index), "write"))
        ledger = self.ledger_of()
        for request, before in zip(ledger.requests, self.before, strict=True):
            if (request.stage, request.woken) != before:
                event.touches.append((("stage", request.index), "write"))
        for i, (old, new) in enumerate(zip(self.held, self.slots(ledger), strict=True)):
            event.touches += [(("slots", i), "take")] * bool(new - old)
            event.touches += [(("slots", i), "give")] * bool(old - new)
        if event.touches:
            self.events.append(event)

    # -- the class of equivalent runs

    def class_of_run(self) -> object:
        """Equal for two runs exactly when one can be had from the other by swapping neighbours."""
        named: list[tuple[object, Event]] = []
        counts: dict[int, int] = {}
        for event in self.events:
            count = counts[event.thread] = counts.get(event.thread, 0) + 1
            named.append(((event.thread, count, event.name), event))
        pairs = {
            (one_name, other_name)
            for i, (one_name, one) in enumerate(named)
            for other_name, other in named[i + 1 :]
            if depend(one, other)
        }
        return frozenset(name for name, _ in named), frozenset(pairs)


def depend(one: Event, other: Event) -> bool:
    """Whether the order of two steps matters."""
    if one.thread == other.thread:
        return True
    return any(
        thing == thing2 and (way != way2 or way == "write")
        for thing, way in one.touches
        for thing2, way2 in other.touches
    )


def every_run(
    cls: type[Engine],
    load: Workload,
    look: Callable[[Engine], Any],
    *,
    most: int,
    blind: Callable[[Notes, str], bool] | None = None,
) -> Iterator[tuple[Run, Notes, Any]]:
    """All runs of ``load``, each with what ``look`` says of the engine at its end.

    Raises:
        TooManyError: there are more than ``most``.
    """
    ex = executor(cls)
    taken: list[int] = []
    count = 0
    while True:
        session = ex._open(load)
        notes = Notes(ex.scheduler, list(taken), session)
        if blind is not None:
            notes.blind = lambda kind, n=notes: blind(n, kind)  # type: ignore[method-assign]
        recorder = _Recorder(notes)
        recorded = session.record(Schedule(), recorder, notes)  # type: ignore[arg-type]
        notes.close()
        yield recorded.run, notes, look(session._engine)
        count += 1
        if count > most:
            raise TooManyError
        taken = [*notes.taken, *([0] * len(notes.offered))][: len(notes.offered)]
        while taken and taken[-1] >= notes.offered[len(taken) - 1]:
            taken.pop()
        if not taken:
            return
        taken[-1] += 1


class TooManyError(Exception):
    """More runs than a test has time for."""


class _Recorder:
    """Passes on what is observed; what a session asks a recorder for is of no interest here."""

    def __init__(self, notes: Notes) -> None:
        self._notes = notes
        self.anchors: list[Anchor] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._notes, name)

    def trace(self) -> Trace:
        return Trace([], [])

    def schedule(self) -> Schedule:
        return Schedule()

    def switches(self) -> tuple[()]:
        return ()

    def steps_before(self, decision: int) -> int:
        return 0
