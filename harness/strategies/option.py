"""What could happen next: a thread, and the event it stands before."""

from __future__ import annotations

from typing import NamedTuple

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
