"""Which of many findings are worth noting: the first of each sort, and ever rarer ones after it.

A common finding must neither drown the others nor hide variants of itself, such as one that takes
less to happen, or another bug with the same signature. A sort is what was going on: the operations
of the workload, and how the finding came about. One that has all that another one has and more is
probably the same.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable

from harness.model.finding import Finding


class Sorts:
    """How many of each sort there were."""

    def __init__(self) -> None:
        self._known: dict[str, Counter[frozenset[str]]] = defaultdict(Counter)

    def count(self, finding: Finding, operations: Iterable[str]) -> int:
        """Count a finding.

        Args:
            finding: of some run.
            operations: names of those of its workload.

        Returns:
            How many of its sort there were, this one included.
        """
        known = self._known[finding.signature]
        whole = finding.through.union(operations)
        sort = min((few for few in known if few <= whole), key=len, default=whole)
        known[sort] += 1
        return known[sort]


def worth_noting(nth: int) -> bool:
    """Whether the nth of a sort is: the powers of two are."""
    return nth & (nth - 1) == 0
