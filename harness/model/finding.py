"""What counts as a finding, from the gravest to the mildest."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Kind(Enum):
    """The kinds of finding; the order is the order of severity."""

    STRANDED = "stranded"
    ENDLESS_LOOP = "endless-loop"
    DEADLOCK = "deadlock"
    LOST_WAKEUP = "lost-wakeup"
    DOUBLE_DISPATCH = "double-dispatch"
    LOST_REQUEST = "lost-request"
    EXCEPTION = "exception"
    OVER_ADMISSION = "over-admission"
    CAPACITY_LEAK = "capacity-leak"
    ORDER = "order"
    ACCOUNTING = "accounting"
    IDLE_CAPACITY = "idle-capacity"

    @property
    def severity(self) -> int:
        """0 is the gravest."""
        return _SEVERITY[self]

    @property
    def warning(self) -> bool:
        """Whether this is only a warning: late, not lost."""
        return self is Kind.IDLE_CAPACITY


_SEVERITY = {kind: rank for rank, kind in enumerate(Kind)}


@dataclass(frozen=True, slots=True)
class Finding:
    """One violation in one run.

    Attributes:
        kind: what was violated.
        step: when it became true: in a recorded run the number of steps of its trace before
            it, otherwise the number of decisions.
        where: the queue, resource, counter, lock or site it is about; part of its cause.
        message: one sentence for people.
        requests: names of the requests concerned.
        transient: for ``stranded``, whether a later, unrelated operation rescued them.
        through: how it came about, as far as the ledger knows: the kind of activity in which it
            became true, and of those that woke the requests concerned.
    """

    kind: Kind
    step: int
    where: str
    message: str
    requests: tuple[str, ...] = ()
    transient: bool = False
    through: frozenset[str] = frozenset()

    @property
    def signature(self) -> str:
        """Kind and subject, with digits folded: equal for symmetric findings.

        A transient stranding has the signature of a final one: what rescued the requests is
        not part of what went wrong.
        """
        subject = "".join("#" if c.isdigit() else c for c in self.where)
        return f"{self.kind.value} {subject}".rstrip()
