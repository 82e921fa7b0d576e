"""Which input a guided campaign runs next.

Most schedules that a bug of a queue costs go into drawing operations and a topology that can show
it at all, not into the order of their steps. So every third input is a new workload. Every other
one gives the workload before it another walk, which costs half the time of a new one. The rest are
mutations of what libFuzzer has kept, which it picks by its own power schedule (Böhme, Manès, Cha,
"Boosting fuzzer efficiency: an information theoretic perspective", ESEC/FSE 2020).
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from harness.codec.mutate import Mutator

STAY = 0.5
"""How likely the last workload is run again, under another random walk."""

FRESH = 0.35
"""How likely a new one is drawn."""

CROSSED = 0.2
"""How likely a mutation crosses the input with the one that was mutated before it."""

PLAIN = 0.1
"""How likely a mutation is libFuzzer's own."""


class Proposals:
    """Proposes inputs.

    Args:
        mutator: draws and changes them.
        random: the source of chance.
        plain: libFuzzer's own mutation, (data, longest) → data.
    """

    def __init__(
        self, mutator: Mutator, random: Random, plain: Callable[[bytes, int], bytes]
    ) -> None:
        self._mutator = mutator
        self._random = random
        self._plain = plain
        self._last = b""
        self._mutated = b""

    def next(self, picked: bytes, longest: int) -> bytes:
        """The next input.

        Args:
            picked: what libFuzzer would have mutated.
            longest: in bytes.
        """
        random = self._random
        chance = random.random()
        if self._last and chance < STAY:
            data = self._mutator.rewalk(self._last, random)
        elif chance < STAY + FRESH:
            data = self._mutator.fresh(random)
        else:
            data = self._mutation(picked, longest)
        self._last = data = data[:longest]
        return data

    def _mutation(self, picked: bytes, longest: int) -> bytes:
        random = self._random
        before, self._mutated = self._mutated, picked
        if random.random() < PLAIN:
            return self._plain(picked, longest)
        if before and random.random() < CROSSED:
            return self._mutator.cross(picked, before, longest, random)
        return self._mutator.mutate(picked, longest, random)
