"""Whatever changes the ledger is noted: an entry that is forgotten would make proofs wrong."""

from __future__ import annotations

import inspect

from harness.oracles.ledger import Ledger
from harness.verify.ledger import NotingLedger

UNORDERED = {
    "reset",
    "set_up",
    "add_resource",  # declarations: before any thread runs
    "add_queue",
    "add_counter",
    "progress",  # looked at by proofs only
    "frozen_state",
    "found",  # the order of findings means nothing
    "fail",
    "current_thread",  # always the same to whoever asks
}


def test_each_entry_is_noted_or_known_to_need_no_note():
    public = {n for n, m in vars(Ledger).items() if inspect.isroutine(m) and n[0] != "_"}
    assert public >= UNORDERED
    assert public - UNORDERED == public & set(vars(NotingLedger))
