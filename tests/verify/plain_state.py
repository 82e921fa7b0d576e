"""Watches plain attributes: does the engine keep the assumption that certificates rest on?

Plain attributes of an engine's objects are no primitives, so no footprint tells of them.
``unordered`` watches every access to them and says which two of different threads are not
ordered by what the footprints do tell of.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from random import Random
from typing import Any

from exploring import ref_to

from harness import Engine
from harness.execute.plan import Plan
from harness.execute.session import Session
from harness.model.schedule import Schedule
from harness.model.workload import Workload
from harness.runtime.thread import VirtualThread
from harness.verify.driver import Driver
from harness.verify.happens_before import HappensBefore
from harness.verify.ledger import NotingLedger
from harness.verify.step import Step

Access = tuple[tuple[int, str], bool]
"""Of an attribute of an object, and whether it was changed."""


class Watch:
    """Notes which plain attributes each step of a run touches."""

    def __init__(self) -> None:
        self.driver: Driver | None = None
        self.touched: list[set[Access]] = []
        self.keep: list[object] = []
        self.numbers: dict[int, int] = {}

    def start(self) -> None:
        """A run begins: objects are numbered anew, in the order they are met in."""
        self.touched.clear()
        self.keep.clear()
        self.numbers.clear()

    def note(self, obj: object, name: str, changed: bool) -> None:
        """An attribute is touched by the step in progress."""
        driver = self.driver
        number = self.numbers.setdefault(id(obj), len(self.numbers))
        if number == len(self.keep):
            self.keep.append(obj)  # ids stay unique while their objects live
        if driver is None or driver.noter.process < 0:
            return
        at = len(driver.steps)
        self.touched += [set() for _ in range(at + 1 - len(self.touched))]
        self.touched[at].add(((number, name), changed))


def _noted(watch: Watch, slot: Any, name: str) -> property:
    def get(self: Any) -> Any:
        value = slot.__get__(self)
        # A container may be changed by whoever reads it.
        watch.note(self, name, isinstance(value, list | dict | set))
        return value

    def put(self: Any, value: Any) -> None:
        watch.note(self, name, True)
        slot.__set__(self, value)

    return property(get, put)


@contextmanager
def watched(watch: Watch, classes: Sequence[type], but: set[str]) -> Iterator[None]:
    """Notes every access to a slot of ``classes``, except for those named in ``but``."""
    old: list[tuple[type, str, Any]] = []
    for cls in classes:
        for name in cls.__slots__:  # type: ignore[attr-defined]
            slot = vars(cls)[name]
            if f"{cls.__name__}.{name}" not in but:
                old.append((cls, name, slot))
                setattr(cls, name, _noted(watch, slot, name))
    try:
        yield
    finally:
        for cls, name, slot in old:
            setattr(cls, name, slot)


def watching(cls: type[Engine], watch: Watch) -> type[Engine]:
    """``cls`` with its own attributes watched: whatever changes after its setup."""

    def put(self: Any, name: str, value: Any) -> None:
        watch.note(self, name, True)
        object.__setattr__(self, name, value)

    def get(self: Any, name: str) -> Any:
        value = object.__getattribute__(self, name)
        if name in object.__getattribute__(self, "__dict__"):
            watch.note(self, name, False)
        return value

    return type(cls.__name__, (cls,), {"__setattr__": put, "__getattribute__": get})


class RandomDriver(Driver):
    """Lets any process make the next step."""

    __slots__ = ("random",)

    def _choose(self, thread: VirtualThread) -> int:
        enabled = self.enabled_processes()
        if len(enabled) > 1 and self.random.random() < 0.3:
            return self.random.choice(enabled)
        return super()._choose(thread)


def unordered(
    cls: type[Engine], load: Workload, classes: Sequence[type], but: set[str], runs: int
) -> set[str]:
    """Attributes that two steps touch whose order no footprint tells of, in random ``runs``."""
    watch = Watch()
    found: set[str] = set()
    with watched(watch, classes, but):
        ref = ref_to(watching(cls, watch))
        watch.driver = driver = RandomDriver()
        driver.random = Random(0)
        plan = Plan(driver, ref.spec, load)
        session = Session(driver, plan, ref.engine, ref.engine.invariants(), NotingLedger)
        plan.ledger.touches = driver.noter.touches
        for _ in range(runs):
            watch.start()
            driver.follow(0, -1, {})
            session.run(Schedule())
            relation = HappensBefore(driver.initial)
            for step in driver.steps:
                relation.add(step)
            found |= _races(driver.steps, relation.before, watch)
    return found


def _races(steps: Sequence[Step], before: Sequence[int], watch: Watch) -> set[str]:
    last: dict[tuple[int, str], list[tuple[int, bool]]] = {}
    found: set[str] = set()
    for number, touched in enumerate(watch.touched[: len(steps)]):
        for thing, changed in touched:
            for other, other_changed in last.get(thing, ()):
                if (
                    (changed or other_changed)
                    and steps[other].thread != steps[number].thread
                    and not before[number] >> other & 1
                ):
                    found.add(f"{type(watch.keep[thing[0]]).__name__}.{thing[1]}")
            last.setdefault(thing, []).append((number, changed))
    return found
