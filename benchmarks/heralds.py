"""What does a run that has not shown a bug say of whether its workload can show it?

``python -m benchmarks.heralds [SUBJECT ...] [--hits N] [--runs N] [--jobs N] [--json]``

The campaign breeds from runs that were worth most, so this is what guidance can gain in one step.
How often a further walk through a workload that has shown a bug shows it says what is left to gain
by better walks. Of each bug of the gallery random workloads are run until so many have shown it, or
so many were made. Each of those that did is walked through once more, until that does not show it.
Then runs are ranked: how much more often are these among the first third, tenth or thirtieth of all
random runs than chance would have it? So much likelier than a random workload is one from there to
show the bug in another walk. Bugs that random workloads show more often than once in 100 runs need
no guidance and are left out, and so are those with fewer than 20 hits.

Ranked by *worth* as the campaign does it, which knows nothing of the bug; and by *hindsight*: the
sum over the features of the logarithm of how much more often runs show them whose workload can show
the bug. Frequencies come from one half of the runs, and the other half is ranked.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from math import log
from random import Random
from typing import NamedTuple

from rich.box import SIMPLE_HEAD
from rich.table import Table

from benchmarks import watched, wide_console
from harness.bench.resampling import geometric_mean
from harness.bench.subjects.gallery import gallery
from harness.bench.subjects.subject import Subject
from harness.campaign.ablation import WHOLE
from harness.campaign.feedback import FeedbackMap
from harness.campaign.population import worth
from harness.campaign.worker import collect_rarely
from harness.codec.codec import Codec
from harness.codec.mutate import Mutator
from harness.execute.python import PythonExecutor

TOP = (3, 10, 30)
"""One run of so many is chosen."""

RANDOM = 6_000
"""Random runs that are kept."""

FEWEST = 20
"""Hits without which nothing is said of a bug."""

RARE = 100
"""Random runs for one hit, at least."""

SHRUNK = 20
"""Runs like any others that are added to the few of workloads that can show the bug."""

AGAIN = 10
"""Further walks through each workload that has shown the bug."""

_WALKS = 20
"""Tries at a walk that does not show the bug."""


class Seen(NamedTuple):
    """A run: the places of its features, and its steps."""

    features: Sequence[int]
    steps: int


class Lift(NamedTuple):
    """How much likelier than chance, for each of ``TOP``.

    Attributes:
        subject: the bug.
        hits, runs: of random workloads.
        again: share of further walks that show the bug, through workloads that have shown it.
        worth, hindsight: by either rank.
    """

    subject: str
    hits: int
    runs: int
    again: float
    worth: Sequence[float]
    hindsight: Sequence[float]


class Walks:
    """Random walks of one engine, and what they show."""

    def __init__(self, subject: Subject) -> None:
        self._subject = subject
        self._feedback = FeedbackMap(WHOLE)
        self._executor = PythonExecutor(subject.ref, self._feedback)
        self._feedback.scheduler = self._executor.scheduler
        self._codec = Codec(self._executor.spec)
        self.mutator = Mutator(self._codec)
        self.guard = self._executor.guard

    def run(self, data: bytes) -> tuple[bool, Seen | None]:
        """Whether an input shows the bug; and what else it shows, None where it went round."""
        self._feedback.forget()
        run = self._executor.run(*self._codec.decode(data))
        seen = None if run.went_round else Seen(tuple(self._feedback.shown), run.steps)
        return self._subject.shown_by(run.findings), seen


class Collected(NamedTuple):
    """Runs of one engine.

    Attributes:
        everyone: random ones.
        able: those of workloads that have shown the bug.
        shown, made: how many workloads have, out of how many.
        again: share of further walks through those that show it.
    """

    everyone: Sequence[Seen]
    able: Sequence[Seen]
    shown: int
    made: int
    again: float


def collected(subject: Subject, hits: int, runs: int) -> Collected:
    """Random runs, until so many have shown the bug or so many were made."""
    walks, random = Walks(subject), Random(subject.name)
    everyone: list[Seen] = []
    able: list[bytes] = []
    made = 0
    with walks.guard():
        while len(able) < hits and made < runs:
            data = walks.mutator.fresh(random)
            made += 1
            bug, seen = walks.run(data)
            if bug:
                able.append(data)
            if seen is not None and len(everyone) < RANDOM:
                everyone.append(seen)
        others = [walked(walks, data, random) for data in able]
        further = [walks.mutator.another_walk(data, random) for data in able * AGAIN]
        # One that does is added: no bug's figure is 0.
        again = (sum(walks.run(data)[0] for data in further) + 1) / (len(further) + 1)
    quiet = [seen for seen in others if seen is not None]
    return Collected(everyone, quiet, len(able), made, again)


def walked(walks: Walks, data: bytes, random: Random) -> Seen | None:
    """Another walk through a workload, one that does not show the bug."""
    for _ in range(_WALKS):
        bug, seen = walks.run(walks.mutator.another_walk(data, random))
        if seen is not None and not bug:
            return seen
    return None


def shares(
    runs: Sequence[Seen], expected: Callable[[int], float], weight: int
) -> Callable[[int], float]:
    """How often a feature was seen, as if ``weight`` other runs had been as ``expected``."""
    count = Counter(place for run in runs for place in run.features)
    return lambda place: (count[place] + weight * expected(place)) / (len(runs) + weight)


def lifts(
    score: Callable[[Seen], float], everyone: Iterable[Seen], able: Sequence[Seen]
) -> list[float]:
    """How many more of ``able`` than of ``everyone`` are in each part of ``TOP``."""
    ranked = sorted(map(score, everyone), reverse=True)
    found = []
    for part in TOP:
        least = ranked[len(ranked) // part]
        chance = sum(other > least for other in ranked) / len(ranked)
        # One run more, as chance would have it: no bug's figure is 0.
        among = (sum(score(run) > least for run in able) + chance) / (len(able) + 1)
        found.append(among / chance)
    return found


def lift(subject: Subject, hits: int, runs: int) -> Lift | None:
    """What runs say of one bug; None where it is too easy or too hard for that."""
    collect_rarely()
    everyone, able, shown, made, again = collected(subject, hits, runs)
    if len(able) < FEWEST or made < RARE * shown:
        return None
    common = shares(everyone[::2], lambda _: 0.5, 2)
    telling = shares(able[::2], common, SHRUNK)

    def by_surprise(run: Seen) -> float:
        return worth(-sum(log(common(place)) for place in run.features), run.steps)

    def hindsight(run: Seen) -> float:
        return sum(log(telling(place) / common(place)) for place in run.features)

    judged, rest = everyone[1::2], able[1::2]
    by_worth, by_hindsight = lifts(by_surprise, judged, rest), lifts(hindsight, judged, rest)
    return Lift(subject.name, shown, made, again, by_worth, by_hindsight)


def main() -> None:
    """Print a table."""
    every = {subject.name: subject for subject in gallery()}
    parser = argparse.ArgumentParser(prog="python -m benchmarks.heralds", description=__doc__)
    parser.add_argument("subjects", nargs="*", default=list(every), metavar="SUBJECT")
    parser.add_argument("--hits", type=int, default=100)
    parser.add_argument("--runs", type=int, default=100_000)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    wanted = parser.parse_args()
    unknown = [name for name in wanted.subjects if name not in every]
    if unknown:
        parser.error(f"no bug of the gallery is called {unknown[0]}; see harness bench --list")
    chosen = [every[name] for name in wanted.subjects]
    with ProcessPoolExecutor(wanted.jobs) as pool:
        measured = pool.map(partial(lift, hits=wanted.hits, runs=wanted.runs), chosen)
        found = [one for one in watched(measured, "running", len(chosen)) if one is not None]
    if wanted.json:
        print(json.dumps([one._asdict() for one in found]))
        return
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("haproxy@", no_wrap=True)
    table.add_column("shown by", justify="right")
    table.add_column("again by", justify="right")
    for rank in ("worth", "hindsight"):
        for part in TOP:
            table.add_column(f"{rank} 1/{part}" if part == TOP[0] else f"1/{part}", justify="right")
    for one in found:
        figures = [f"{value:.1f}" for value in (*one.worth, *one.hindsight)]
        name = one.subject.removeprefix("haproxy@")
        shown = f"1 in {one.runs // one.hits:,}"
        table.add_row(name, shown, f"{one.again:.1%}", *figures)
    columns = zip(*((*one.worth, *one.hindsight) for one in found), strict=True)
    table.add_section()
    means = [f"{geometric_mean(column):.1f}" for column in columns]
    again = geometric_mean([one.again for one in found])
    table.add_row("geometric mean", "", f"{again:.1%}", *means)
    wide_console().print(table)


if __name__ == "__main__":
    main()
