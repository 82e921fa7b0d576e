"""The bugs of HAProxy's queue, one subject a bug: the revision that shows it, and how it shows.

Here the search has to find requests and operations as well as a schedule.
"""

from __future__ import annotations

from functools import partial

from harness.bench.subjects.subject import Subject
from harness.engine.base import Engine
from harness.engine.registry import EngineRef, find
from harness.engines.haproxy import HISTORY
from harness.engines.haproxy.pairs import GALLERY


def gallery() -> list[Subject]:
    """All of them; an engine is only looked for when it is run."""
    return [
        Subject(
            f"haproxy@{pair.bug}/{pair.kind}",
            "HAProxy",
            EngineRef(f"haproxy@{pair.bug}", partial(_engine, f"haproxy@{pair.bug}")),
            pair.signature,
            before(f"haproxy@{pair.bug}"),
        )
        for pair in GALLERY
    ]


def before(engine: str) -> frozenset[str]:
    """The names of the revisions that came before the one that is called ``engine``."""
    order = [f"haproxy@{revision}" for revision in HISTORY]
    return frozenset(order[: order.index(engine)])


def _engine(name: str) -> type[Engine]:
    return find(name).engine
