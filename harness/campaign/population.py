"""Inputs that showed what is rare: the parents of new workloads.

Few workloads can show a bug at all, and those that can tend to show rare features before they show
it. So every run is given its surprise, the sum of -log of how often each of its features was seen
so far. That is the information that Böhme, Manès, Cha, "Boosting fuzzer efficiency: an information
theoretic perspective", ESEC/FSE 2020, give to an input; there it is estimated from what mutants of
the input show, here from its own run, because a parent has one child and is gone.

A long run shows more than a short one, and so does its child, at a price. The next parents are
those with the most surprise for the steps it took.
"""

from __future__ import annotations

from bisect import insort
from math import log
from typing import Final

from mypy_extensions import mypyc_attr

PRICE: Final = 0.85
"""Power of the number of steps that surprise is divided by.

With 0 runs became twice as long as random ones; with 1 short ones are bred that show little.
"""

SHORTEST: Final = 32
"""Steps of a run that is not worth more for being shorter."""

MOST: Final = 64
"""Parents that wait."""

_LOGS: Final = [0.0, *map(log, range(1, 1 << 14))]
"""Of the numbers up to there, of which 0 has none: three times as quick as to call it."""


def worth(surprise: float, steps: int) -> float:
    """What a run is worth that took so many steps."""
    price: float = max(steps, SHORTEST) ** PRICE
    return surprise / price


@mypyc_attr(allow_interpreted_subclasses=True)
class Population:
    """The parents that wait, and how often each feature was seen.

    Args:
        places: how many features there can be.
    """

    def __init__(self, places: int) -> None:
        self._runs = 0
        self._seen = [0] * places
        # Worth, number of the run, input; the best is the last.
        self._parents: list[tuple[float, int, bytes]] = []

    def saw(self, data: bytes, shown: list[int], steps: int) -> None:
        """A run of ``data`` showed the features in these places, in so many steps."""
        self._runs += 1
        seen = self._seen
        common = 0.0
        for place in shown:
            n = seen[place] + 1
            seen[place] = n
            common += _LOGS[n] if n < len(_LOGS) else log(n)
        surprise = len(shown) * log(self._runs) - common
        value = worth(surprise, steps)
        parents = self._parents
        if len(parents) == MOST:
            if value < parents[0][0]:
                return
            del parents[0]
        insort(parents, (value, self._runs, data))

    def parent(self) -> bytes | None:
        """The input whose run was worth most, which waits no longer; None when none waits."""
        return self._parents.pop()[2] if self._parents else None
