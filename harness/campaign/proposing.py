"""Which input a guided campaign runs next.

Few workloads can show a given bug of a queue at all, and then few of the walks through them do. So
each input has a random walk through a new workload, or through the child of one whose run showed
rare features. A second walk through it is worth nearly as much and takes less time. What libFuzzer
has kept is not mutated: it found no more than these do, and such a run costs more.

An easy bug shows soon in one of many different workloads, and at first everything is rare. So a
campaign begins with new workloads and one walk through each.
"""

from __future__ import annotations

from random import Random

from harness.campaign.population import Population
from harness.codec.mutate import TAILS, Mutator

FIRST = 64
"""New workloads that it begins with."""

BRED = 2 / 3
"""How likely, unless the last one gets another walk, a workload is a child of one whose run showed
rare features; otherwise it is a new one."""


class Proposals:
    """Proposes inputs.

    Args:
        mutator: draws and changes them.
        population: what inputs are bred from.
        random: the source of chance.
    """

    def __init__(self, mutator: Mutator, population: Population, random: Random) -> None:
        self._mutator = mutator
        self._population = population
        self._random = random
        self._walked = b""
        self._walks = 0
        self._first = FIRST

    def next(self, longest: int) -> bytes:
        """The next input, of at most ``longest`` bytes."""
        return self._drawn()[:longest]

    def _drawn(self) -> bytes:
        random = self._random
        if self._first:
            self._first -= 1
            return self._mutator.fresh(random)
        if self._walks:
            self._walks -= 1
            return self._mutator.another_walk(self._walked, random)
        parent = self._population.parent() if random.random() < BRED else None
        if parent is not None:
            data = self._mutator.breed(parent, random)
        else:
            data = self._mutator.fresh(random)
        self._walked, self._walks = data, TAILS - 1
        return data
