"""RFF: schedules constrained by who reads from whom, mutated under feedback.

Wolff, Shi, Duck, Mathur, Roychoudhury, "Greybox fuzzing for concurrency testing", ASPLOS 2024. An
*abstract schedule* is a set of constraints: this sort of read takes its value from that sort
of write, or does not. A run delays what would break a constraint and hurries what keeps one;
the rest is left to chance. Abstract schedules that showed a new reads-from pair are kept, and
mutated the more, the rarer the combination of pairs is that they show.

Different here: chance is another strategy, the *filler*, instead of a random walk; locks count as
objects that are read from, though no lock is taken from who has taken it; an access that may write,
such as a failing trylock, is taken to write; constraints speak only of what earlier runs of the
same workload did.

Deep orders of many threads need constraints, deadlocks a walk that is uniform over one object's
accesses: with SURW as the filler fewer runs are needed than by either (docs/bench.md).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random
from typing import NamedTuple

from harness.execute.run import Run
from harness.model.workload import Workload
from harness.strategies.base import Point, Strategy
from harness.strategies.learned import Learned
from harness.strategies.option import Event, Option

MOST = 6
"""Constraints in an abstract schedule."""

_PARENTS = 4
"""Kept abstract schedules of which the one with the rarest pairs is mutated."""

_BLOCKED_BY = {
    "lock": ("lock", "trylock"),
    "read_lock": ("write_lock",),
    "write_lock": ("read_lock", "write_lock"),
}
"""For each access that may block, after which others of another thread it does: it never reads from
those. To want it all the same keeps a thread waiting for the whole run."""


class Pair(NamedTuple):
    """``read`` takes its value from ``write``, None for the initial value."""

    write: Event | None
    read: Event


class Constraint(NamedTuple):
    """``pair`` is to happen, or else is not to."""

    pair: Pair
    wanted: bool


Constraints = tuple[Constraint, ...]


class Kept(NamedTuple):
    """An abstract schedule that showed a new pair, and all the pairs it showed."""

    constraints: Constraints
    pairs: frozenset[Pair]


@dataclass(slots=True)
class Accesses:
    """What the runs of a workload did.

    Attributes:
        runs: how many there were.
        reads: by object, its reads.
        writes: by object, its writes after None.
        shared: the objects that are read and written.
    """

    runs: int = 0
    reads: dict[str, list[Event]] = field(default_factory=dict)
    writes: dict[str, list[Event | None]] = field(default_factory=dict)
    shared: list[str] = field(default_factory=list)

    def note(self, option: Option) -> None:
        """``option`` is executed."""
        obj, event = option.obj, option.event
        reads, writes = self.reads.get(obj), self.writes.get(obj)
        if option.reads:
            if reads is None:
                reads = self.reads[obj] = []
            if event not in reads:
                reads.append(event)
        if option.writes:
            if writes is None:
                writes = self.writes[obj] = [None]
            if event not in writes:
                writes.append(event)
        if reads and writes and obj not in self.shared:
            self.shared.append(obj)

    def draw(self, random: Random, objects: Sequence[str]) -> Pair | None:
        """Any pair that could be on one of ``objects``, which are read and written."""
        if not objects:
            return None
        obj = random.choice(objects)
        read, writes = random.choice(self.reads[obj]), self.writes[obj]
        blocking = _BLOCKED_BY.get(read.kind)
        if blocking:
            writes = [write for write in writes if write is None or write.kind not in blocking]
        return Pair(random.choice(writes), read)


class Rff(Strategy):
    """Reads-from constraints over another strategy.

    Args:
        random: the source of chance.
        filler: decides what the constraints leave open.
    """

    name = "rff"

    def __init__(self, random: Random, filler: Strategy) -> None:
        super().__init__(random)
        self._filler = filler
        self._known: Learned[Accesses] = Learned()
        self._accesses = Accesses()
        self._kept: list[Kept] = [Kept((), frozenset())]
        self._shown: set[Pair] = set()
        self._frequency: Counter[frozenset[Pair]] = Counter()
        self._constraints: Constraints = ()
        self._open: list[Constraint] = []
        self._last: dict[str, Event] = {}
        self._pairs: set[Pair] = set()

    def begin(self, workload: Workload) -> None:
        """See ``Strategy.begin``."""
        self._filler.begin(workload)
        known = self._known.get(workload)
        if known is None:
            known = Accesses()
            self._known.put(workload, known)
        self._accesses = known
        self._constraints = self._mutated()
        self._open = list(self._constraints)
        self._last.clear()
        self._pairs = set()

    def choose(self, point: Point) -> int:
        """See ``Strategy.choose``."""
        options = point.options
        allowed: list[int] = []
        if self._open and len(options) > 1:
            scores = [self._score(option) for option in options]
            best = max(scores)
            allowed = [i for i, score in enumerate(scores) if score == best]
        if 0 < len(allowed) < len(options):
            left = Point([options[i] for i in allowed], point.current)
            return allowed[self._filler.choose(left)]
        return self._filler.choose(point)

    def executed(self, option: Option) -> None:
        """See ``Strategy.executed``."""
        self._filler.executed(option)
        if not option.obj:
            return
        self._accesses.note(option)
        if option.reads:
            pair = Pair(self._last.get(option.obj), option.event)
            self._pairs.add(pair)
            if self._open:
                self._open = [c for c in self._open if not (c.wanted and c.pair == pair)]
        if option.writes:
            self._last[option.obj] = option.event

    def ended(self, run: Run) -> None:
        """See ``Strategy.ended``."""
        self._filler.ended(run)
        self._accesses.runs += 1
        pairs = frozenset(self._pairs)
        if not pairs <= self._shown:
            self._shown |= pairs
            if not self._constraints:
                return  # chance alone found them: there is nothing to mutate
            self._kept.append(Kept(self._constraints, pairs))
            self._frequency[pairs] = 1
        elif pairs in self._frequency:
            self._frequency[pairs] += 1

    def _score(self, option: Option) -> int:
        """How many constraints ``option`` would keep, less those it would break."""
        score = 0
        for pair, wanted in self._open:
            if pair.read.obj != option.obj:
                continue
            in_place = self._last.get(option.obj) == pair.write
            if option.reads and option.event == pair.read:
                score += (1 if in_place else -1) if wanted else -in_place
            elif option.writes and wanted and in_place:
                score -= 1  # it would overwrite what is to be read
        return score

    def _drawn(self) -> Pair | None:
        return self._accesses.draw(self.random, self._accesses.shared)

    def _mutated(self) -> Constraints:
        random = self.random
        parents = random.choices(self._kept, k=_PARENTS)
        rarest = min(parents, key=lambda kept: self._frequency[kept.pairs])
        constraints = list(rarest.constraints)
        for _ in range(random.choice((1, 1, 2, 3))):
            pair = self._drawn()
            at = random.randrange(MOST)
            if at >= len(constraints):
                if pair is not None:
                    constraints.append(Constraint(pair, random.random() < 0.8))
            elif random.random() < 0.4:
                del constraints[at]
            elif random.random() < 0.3:
                constraints[at] = Constraint(constraints[at].pair, not constraints[at].wanted)
            elif pair is not None:
                constraints[at] = Constraint(pair, True)
        return tuple(constraints)
