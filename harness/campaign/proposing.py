"""Which input a guided campaign runs next.

Few workloads can show a given bug of a queue at all, and then few of the walks through them do. So
most inputs have a random walk through a new workload, or through the child of one whose run showed
rare features. A second walk through it is worth nearly as much and takes less time. The rest are
mutations of what libFuzzer has kept.

An easy bug shows soon in one of many different workloads, and at first everything is rare. So a
campaign begins with new workloads and one walk through each.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from harness.campaign.population import Population
from harness.codec.mutate import TAILS, Mutator

FIRST = 64
"""New workloads that it begins with."""

BRED = 0.6
"""How likely, unless the last one gets another walk, a workload is a child of one whose run showed
rare features."""

FRESH = 0.3
"""How likely it is a new one."""

CROSSED = 0.2
"""How likely a mutation crosses the input with the one that was mutated before it."""

PLAIN = 0.1
"""How likely a mutation is libFuzzer's own."""


class Proposals:
    """Proposes inputs.

    Args:
        mutator: draws and changes them.
        population: what inputs are bred from.
        random: the source of chance.
        plain: libFuzzer's own mutation, (data, longest) → data.
    """

    def __init__(
        self,
        mutator: Mutator,
        population: Population,
        random: Random,
        plain: Callable[[bytes, int], bytes],
    ) -> None:
        self._mutator = mutator
        self._population = population
        self._random = random
        self._plain = plain
        self._mutated = b""
        self._walked = b""
        self._walks = 0
        self._first = FIRST

    def next(self, picked: bytes, longest: int) -> bytes:
        """The next input.

        Args:
            picked: what libFuzzer would have mutated.
            longest: in bytes.
        """
        random = self._random
        if self._first:
            self._first -= 1
            return self._mutator.fresh(random)[:longest]
        if self._walks:
            self._walks -= 1
            return self._mutator.another_walk(self._walked, random)[:longest]
        chance = random.random()
        parent = self._population.parent() if chance < BRED else None
        if parent is not None:
            data = self._mutator.breed(parent, random)
        elif chance < BRED + FRESH:
            data = self._mutator.fresh(random)
        else:
            return self._mutation(picked, longest)[:longest]
        self._walked, self._walks = data, TAILS - 1
        return data[:longest]

    def _mutation(self, picked: bytes, longest: int) -> bytes:
        random = self._random
        before, self._mutated = self._mutated, picked
        if random.random() < PLAIN:
            return self._plain(picked, longest)
        if before and random.random() < CROSSED:
            return self._mutator.cross(picked, before, longest, random)
        return self._mutator.mutate(picked, longest, random)
