"""How did a finding come about, as far as the ledger knows?"""

from __future__ import annotations

from collections.abc import Sequence

from harness.engine.request import Request
from harness.runtime.thread import Activity, kind_of


def came_about(doing: Activity | None, requests: Sequence[Request] = ()) -> frozenset[str]:
    """How a finding came about, see ``Finding.through``.

    Args:
        doing: the activity in which it became true; None at an idle point.
        requests: those concerned.
    """
    through = [f"woken in {kind_of(r.waker)}" for r in requests if r.waker is not None]
    if doing is not None:
        through.append(f"in {kind_of(doing)}")
    return frozenset(through)
