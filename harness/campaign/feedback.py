"""What a run did that guides the fuzzer: features of concurrency rather than of code.

* reads-from: which access read what which other thread's activity had written, by site
  (RFF: Wolff et al., "Greybox fuzzing for concurrency testing", ASPLOS 2024; there the pair
  is of instructions, here of activity kind, object and access kind);
* lock hand-offs: the same pairs where the object is a lock, failed trylocks among them;
* abstract queue state at the end of each activity: the least and the largest of the published
  counters cut to -1 … 3, how many threads are inside an activity, how many wake-ups are pending.
  With each counter by itself libFuzzer's corpus had more than twice as many inputs;
* near misses: an activity ends while requests are queued and few are left that could take them
  out: other threads inside an activity, pending wake-ups and requests in service (a request woken
  for its service counts as both). Where none is left they are stranded.

A feature is a place in a small map that libFuzzer scans. It is set to 1, not counted. Features
depend on names only, so they are the same in every process.
"""

from __future__ import annotations

from typing import Any
from zlib import crc32

from harness.campaign.ablation import Ablation
from harness.runtime.scheduler import Scheduler

MAP_SIZE = 8192
"""Places in the map: libFuzzer's scan costs 0.5 µs a run at 8 kB, 4.3 µs at 64 kB."""

FAR = 4
"""So many who could still dequeue are no near miss."""

_NONE = (0,)
"""In place of the counters of an engine that publishes none."""

_ON_LOCKS = frozenset(("lock", "trylock", "trylock-fails", "read_lock", "write_lock"))


class Tag:
    """Who writes or reads: a thread inside a kind of activity."""

    __slots__ = ("kind", "thread")

    def __init__(self, thread: int, kind: str) -> None:
        self.thread = thread
        self.kind = kind


class FeedbackMap:
    """The map of features seen in the current run.

    Args:
        parts: which sorts of feature are noted.

    Attributes:
        places: one byte a feature; the reader sets them back to 0.
        shown: the places that are set, in the order in which they were; see ``forget``.
    """

    def __init__(self, parts: Ablation) -> None:
        self._parts = parts
        self.places = bytearray(MAP_SIZE)
        self.shown: list[int] = []
        self._ever: set[int] = set()
        self.scheduler: Scheduler
        self._tags: dict[tuple[int, str], Tag] = {}
        self._pairs: dict[tuple[str, ...], int | None] = {}
        self._states: dict[tuple[object, ...], tuple[int, ...]] = {}

    def tag(self, thread: int, kind: str) -> Tag:
        """The tag of a thread inside a kind of activity; one object for each."""
        try:
            return self._tags[thread, kind]
        except KeyError:
            tag = self._tags[thread, kind] = Tag(thread, kind)
            return tag

    def forget(self) -> None:
        """A new run begins, and all places are 0."""
        self._ever.update(self.shown)
        self.shown.clear()

    @property
    def seen(self) -> int:
        """How many places were set in some run."""
        return len(self._ever.union(self.shown))

    def reads(self, obj: Any, kind: str) -> None:
        """The current thread makes access ``kind`` to ``obj``, which another tag wrote last."""
        reader: Any = self.scheduler.tag
        writer = obj.writer
        if reader.thread == writer.thread:
            return
        key = (writer.kind, obj.name, kind, reader.kind)
        try:
            place = self._pairs[key]
        except KeyError:
            noted = self._parts.hand_offs if kind in _ON_LOCKS else self._parts.reads_from
            place = self._pairs[key] = _place(" ".join(key)) if noted else None
        if place is not None and not self.places[place]:
            self.places[place] = 1
            self.shown.append(place)

    def ended(self, activity: Any) -> None:
        """An activity has ended: note the abstract state it leaves, and a near miss."""
        s, ledger = self.scheduler, activity.plan.ledger
        counters = [counter.value for counter, _, _ in ledger.counters] or _NONE
        # Not cut here: that takes longer than to remember more states.
        state = (
            activity.tag.kind,
            s.inside,
            s.pending,
            sum(ledger.queued),
            sum(ledger.in_service),
            min(counters),
            max(counters),
        )
        try:
            found = self._states[state]
        except KeyError:
            found = self._states[state] = self._places_of(*state)
        places = self.places
        for place in found:
            if not places[place]:
                places[place] = 1
                self.shown.append(place)

    def _places_of(
        self, kind: str, inside: int, pending: int, queued: int, served: int, least: int, most: int
    ) -> tuple[int, ...]:
        """The places of a state, each cut to what distinguishes behaviour."""
        features: list[tuple[object, ...]] = []
        if self._parts.queue_state:
            features.append((inside, pending, kind, _cut(least), _cut(most)))
        left = inside + pending + served
        if self._parts.near_miss and queued and left < FAR:
            features.append((kind, _cut(queued), left))
        return tuple(_place(repr(feature)) for feature in features)


def _place(feature: str) -> int:
    return crc32(feature.encode()) % MAP_SIZE


def _cut(value: int) -> int:
    return -1 if value < 0 else min(value, 3)
