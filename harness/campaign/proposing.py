"""Which input a guided campaign runs next.

Few workloads can show a given bug of a queue at all, and then few of the walks through them do. A
second walk is worth less than a first one through another workload, so nearly every input has one
of its own: a new one, or the child of one whose run showed rare features. The rest are mutations of
what libFuzzer has kept.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from harness.campaign.population import Population
from harness.codec.mutate import Mutator

BRED = 0.6
"""How likely an input is a child of one that showed rare features."""

FRESH = 0.3
"""How likely its workload is a new one."""

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

    def next(self, picked: bytes, longest: int) -> bytes:
        """The next input.

        Args:
            picked: what libFuzzer would have mutated.
            longest: in bytes.
        """
        random = self._random
        chance = random.random()
        parent = self._population.parent() if chance < BRED else None
        if parent is not None:
            data = self._mutator.breed(parent, random)
        elif chance < BRED + FRESH:
            data = self._mutator.fresh(random)
        else:
            data = self._mutation(picked, longest)
        return data[:longest]

    def _mutation(self, picked: bytes, longest: int) -> bytes:
        random = self._random
        before, self._mutated = self._mutated, picked
        if random.random() < PLAIN:
            return self._plain(picked, longest)
        if before and random.random() < CROSSED:
            return self._mutator.cross(picked, before, longest, random)
        return self._mutator.mutate(picked, longest, random)
