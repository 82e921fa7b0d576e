"""Which input a guided campaign runs next.

Most schedules that a bug of a queue costs go into drawing operations and a topology that can show
it at all, not into the schedule. So new workloads come often; one stays for as long as its runs
show something new, and for a second run every other time. The rest are mutations of what
libFuzzer has kept and picks by its own power schedule (Böhme, Manès, Cha, "Boosting fuzzer
efficiency: an information theoretic perspective", ESEC/FSE 2020).
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from harness.campaign.feedback import FeedbackMap
from harness.codec.mutate import Mutator

STAY = 0.5
"""How likely a workload is run again although its last run showed nothing new."""

FRESH = 0.5
"""How likely the next workload, if another one's turn has come, is drawn anew."""

STEERED = 0.5
"""How likely a strategy decides a run of a workload that has just shown something new."""

CROSSED = 0.2
"""How likely a mutation crosses the input with the one that libFuzzer picked before it."""


class Proposals:
    """Proposes inputs.

    Args:
        mutator: draws and changes them.
        feedback: told of what runs showed.
        random: the source of chance.
        plain: libFuzzer's own mutation, (data, longest) → data.

    Attributes:
        steered: the last proposal, if a strategy is to decide its run; otherwise None.
    """

    def __init__(
        self,
        mutator: Mutator,
        feedback: FeedbackMap,
        random: Random,
        plain: Callable[[bytes, int], bytes],
    ) -> None:
        self._mutator = mutator
        self._feedback = feedback
        self._random = random
        self._plain = plain
        self._last = b""
        self._picked = b""
        self.steered: bytes | None = None

    def next(self, picked: bytes, longest: int) -> bytes:
        """The next input.

        Args:
            picked: what libFuzzer would have mutated.
            longest: in bytes.
        """
        random = self._random
        new = self._feedback.take_new()
        self.steered = None
        if self._last and (new or random.random() < STAY):
            data = self._mutator.rewalk(self._last, random)
            if new and random.random() < STEERED:
                self.steered = data[:longest]
        elif random.random() < FRESH:
            data = self._mutator.fresh(random)
        elif random.random() < 0.1:
            data = self._plain(picked, longest)
        else:
            data = self._mutated(picked, longest)
        self._last = data = data[:longest]
        return data

    def _mutated(self, picked: bytes, longest: int) -> bytes:
        before, self._picked = self._picked, picked
        if before and self._random.random() < CROSSED:
            return self._mutator.cross(picked, before, longest, self._random)
        return self._mutator.mutate(picked, longest, self._random)
