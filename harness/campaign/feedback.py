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

A feature is a place, set to 1 and not counted. Features depend on names only, so they are the same
in every process. The population that a campaign breeds from is told of each; libFuzzer scans a map
in which many share a place. All that it does with them is to keep inputs for the next campaign to
begin with.
"""

from __future__ import annotations

from typing import Final
from zlib import crc32

from harness.campaign.ablation import Ablation
from harness.execute.activities import Call
from harness.runtime.hooks import Feedback
from harness.runtime.scheduler import Scheduler
from harness.runtime.thread import Activity
from harness.sync.primitive import Primitive

MAP_SIZE: Final = 8192
"""Places of features. To scan so many costs libFuzzer 0.5 µs a run, eight times as many 4.3 µs."""

TOLD: Final = 256
"""Places that libFuzzer scans. With all of them it kept thousands of inputs, each in a file, and
writing those took a fifth of the time."""

FAR: Final = 4
"""So many who could still dequeue are no near miss."""

_MOST: Final = 3
"""Larger counters are not told apart; nor are those below 0."""

_CUTS: Final = _MOST + 2
"""So many values a cut counter can have."""

_ON_LOCKS: Final = frozenset(("lock", "trylock", "trylock-fails", "read_lock", "write_lock"))


_NOWHERE: Final = -1
"""The place of what is not noted."""

Places = dict[str, dict[str, int]]
"""The places of reads-from pairs of two kinds of activity, by object and by access."""

States = dict[int, tuple[int, ...]]
"""The places of the states that a kind of activity left behind, by their numbers."""


class Tag:
    """Who writes or reads: a thread inside a kind of activity.

    Attributes:
        states: those that activities of this kind left behind.
        pairs: for each tag of another thread where the pairs with it have their places, which are
            the same for all threads; None for each of the same thread.
    """

    __slots__ = ("kind", "pairs", "states", "thread")

    def __init__(self, thread: int, kind: str, states: States) -> None:
        self.thread = thread
        self.kind = kind
        self.states = states
        self.pairs: dict[Tag, Places | None] = {}


class FeedbackMap(Feedback):
    """The map of features seen in the current run.

    Args:
        parts: which sorts of feature are noted.

    Attributes:
        places: the map that libFuzzer scans, which sets it back to 0.
        shown: the features of this run by place, in the order in which they were seen; see
            ``forget``.
    """

    def __init__(self, parts: Ablation) -> None:
        self._parts = parts
        # Where libFuzzer is to mutate what it keeps, it is told of everything.
        self._told = TOLD if parts.mutators else MAP_SIZE
        self.places = bytearray(self._told)
        self.shown: list[int] = []
        self._ever: set[int] = set()
        self.scheduler: Scheduler
        self._tags: dict[tuple[int, str], Tag] = {}
        self._pairs: dict[tuple[str, str], Places] = {}
        self._states: dict[str, States] = {}
        self._run = 1
        self._noted_in = [0] * MAP_SIZE  # for each place the last run in which it was set

    def tag(self, thread: int, kind: str) -> Tag:
        """The tag of a thread inside a kind of activity; one object for each."""
        try:
            return self._tags[thread, kind]
        except KeyError:
            states = self._states.setdefault(kind, {})
            tag = self._tags[thread, kind] = Tag(thread, kind, states)
            return tag

    def forget(self) -> None:
        """A new run begins, and all places are 0."""
        self.shown.clear()
        self._run += 1

    @property
    def seen(self) -> int:
        """How many places were set in some run."""
        return len(self._ever)

    def reads(self, obj: Primitive, kind: str) -> None:
        """See ``Feedback.reads``."""
        reader, writer = self.scheduler.tag, obj.writer
        assert isinstance(reader, Tag) and isinstance(writer, Tag)
        try:
            pairs = reader.pairs[writer]
        except KeyError:
            pairs = reader.pairs[writer] = self._between(writer, reader)
        if pairs is None:
            return
        name = obj.name
        accesses = pairs.get(name)
        if accesses is None:
            accesses = pairs[name] = {}
        place = accesses.get(kind)
        if place is None:
            place = accesses[kind] = self._place_of(writer, name, kind, reader)
        if place >= 0 and self._noted_in[place] != self._run:
            self._note(place)

    def ended(self, activity: Activity) -> None:
        """See ``Feedback.ended``: note the abstract state that it leaves, and a near miss."""
        tag = activity.tag
        assert isinstance(activity, Call) and isinstance(tag, Tag)
        s, ledger = self.scheduler, activity.plan.ledger
        queued = 0
        for n in ledger.queued:
            queued += n
        left = s.inside + s.pending
        if queued:
            queued = min(queued, _MOST)
            for n in ledger.in_service:
                left += n
        if left > FAR:
            left = FAR
        least = most = 0
        if ledger.counters:
            least, most = _MOST, -1
            for counter, _, _ in ledger.counters:
                value: int = counter.value
                if value < least:
                    least = value
                if value > most:
                    most = value
            least, most = max(least, -1), min(most, _MOST)
        # One number for all that: to look up a tuple of them takes three times as long.
        state = (s.pending << 10 | s.inside) << 16
        state += ((queued * (FAR + 1) + left) * _CUTS + least + 1) * _CUTS + most + 1
        found = tag.states.get(state)
        if found is None:
            found = self._places_of(tag.kind, s.inside, s.pending, queued, left, least, most)
            tag.states[state] = found
        for place in found:
            if self._noted_in[place] != self._run:
                self._note(place)

    def _note(self, place: int) -> None:
        self._noted_in[place] = self._run
        self.places[place % self._told] = 1
        self.shown.append(place)

    def _between(self, writer: Tag, reader: Tag) -> Places | None:
        """Where the pairs of the two have their places; None within one thread, which is none."""
        if writer.thread == reader.thread:
            return None
        return self._pairs.setdefault((writer.kind, reader.kind), {})

    def _place_of(self, writer: Tag, name: str, kind: str, reader: Tag) -> int:
        noted = self._parts.hand_offs if kind in _ON_LOCKS else self._parts.reads_from
        if not noted:
            return _NOWHERE
        place = _place(f"{writer.kind} {name} {kind} {reader.kind}")
        self._ever.add(place)  # it is asked for when it is seen
        return place

    def _places_of(
        self, kind: str, inside: int, pending: int, queued: int, left: int, least: int, most: int
    ) -> tuple[int, ...]:
        """The places of a state, its numbers cut to what distinguishes behaviour."""
        features: list[tuple[object, ...]] = []
        if self._parts.queue_state:
            features.append((inside, pending, kind, least, most))
        if self._parts.near_miss and queued and left < FAR:
            features.append((kind, queued, left))
        places = [_place(repr(feature)) for feature in features]
        self._ever.update(places)
        return tuple(places)


def _place(feature: str) -> int:
    return crc32(feature.encode()) % MAP_SIZE
