"""What a strategy is asked and what it may know."""

# A strategy overrides those hooks that it has a use for; the others do nothing.
# ruff: noqa: B027

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import ClassVar, NamedTuple

from harness.execute.run import Run
from harness.model.workload import Workload

_READS = frozenset(("load", "read", "is_set"))
_WRITES = frozenset(("store", "write", "set", "clear", "unlock", "notify", "release"))
_NEITHER = frozenset(("begin", "relax", "add", ""))
_LOCKS = frozenset(("lock", "read_lock", "write_lock"))


class Event(NamedTuple):
    """An event apart from who executes it and on whose behalf.

    Attributes:
        op: the operation it is part of, e.g. ``finish``.
        site: where in the engine's code; stable within a process.
        obj: name of the object it accesses, empty where there is none.
        kind: the access, e.g. ``fetch_add``; ``begin`` for the beginning of an activity,
            ``wake`` for going on after a wait or a sleep.
    """

    op: str
    site: str
    obj: str
    kind: str


class Option:
    """One thing that could happen next: a thread executes the event it stands before.

    Equal options are the same object, in one process.

    Attributes:
        thread: index of the thread.
        activity: the label of the activity that would begin; empty when the thread is inside
            one.
        key: thread and activity, which tell the options of a decision apart.
        event: what would be executed.
        obj: name of the object it accesses, empty where there is none.
        reads, writes: whether it does, or may.
        locks: whether it blocks while another thread holds the object.
        does: a hash of activity and event.
    """

    __slots__ = ("activity", "does", "event", "key", "locks", "obj", "reads", "thread", "writes")

    def __init__(self, thread: int, activity: str, event: Event) -> None:
        kind = event.kind
        self.thread = thread
        self.activity = activity
        self.key = (thread, activity)
        self.event = event
        self.obj = event.obj
        self.reads = kind not in _WRITES and kind not in _NEITHER
        self.writes = kind not in _READS and kind not in _NEITHER
        self.locks = kind in _LOCKS
        self.does = hash((activity, event))

    def races(self, other: Option) -> bool:
        """Whether the order of the two matters: one object, two threads, one writes."""
        return (
            self.obj == other.obj
            and (self.writes or other.writes)
            and self.thread != other.thread
            and self.obj != ""
        )

    def __repr__(self) -> str:
        return f"<T{self.thread} {self.activity or ' '.join(self.event)}>"


@dataclass(slots=True)
class Point:
    """A decision. Valid until ``choose`` returns.

    Attributes:
        options: what could happen next: one option for each thread that can run, or one for
            each ready activity where a thread stands between activities. The first is what
            the default policy would take, unless that would only block. Threads that would
            only block are listed when there is nothing else.
        current: index of the thread that executed last.
    """

    options: Sequence[Option]
    current: int


class Strategy(ABC):
    """Decides who runs next. An object serves many runs, of any workloads.

    Args:
        random: the only source of chance.
    """

    name: ClassVar[str]

    def __init__(self, random: Random) -> None:
        self.random = random

    def begin(self, workload: Workload) -> None:
        """A run of ``workload`` begins that this strategy decides."""

    @abstractmethod
    def choose(self, point: Point) -> int:
        """Which of ``point.options`` happens next.

        Asked before every event, even when there is only one option.
        """

    def executed(self, option: Option) -> None:
        """``option`` happens next, whoever chose it."""

    def ended(self, run: Run) -> None:
        """The run is over."""
