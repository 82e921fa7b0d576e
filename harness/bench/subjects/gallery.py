"""The bugs of the installed HAProxy revisions, one subject for each kind that a revision shows.

Here the search has to find requests and operations as well as a schedule.
"""

from __future__ import annotations

from functools import partial

from harness.bench.subjects.subject import Subject
from harness.engine.base import Engine
from harness.engine.registry import EngineRef, find
from harness.model.finding import Kind

_BUGS = {
    "haproxy@16fbdda3c": (Kind.STRANDED, Kind.EXCEPTION, Kind.OVER_ADMISSION),
    "haproxy@ddab05b98": (Kind.STRANDED, Kind.OVER_ADMISSION),
    "haproxy@5541d4995": (Kind.STRANDED, Kind.ENDLESS_LOOP, Kind.OVER_ADMISSION),
    "haproxy@b11495652": (Kind.STRANDED, Kind.ENDLESS_LOOP, Kind.OVER_ADMISSION),
    "haproxy@b11495652-no-recheck": (Kind.STRANDED, Kind.OVER_ADMISSION),
}
"""What the committed corpus has cases of."""


def gallery() -> list[Subject]:
    """All of them; an engine is only looked for when it is run."""
    return [
        Subject(
            f"{name}/{bug.value}", "HAProxy", EngineRef(name, partial(_engine, name)), bug.value
        )
        for name, bugs in _BUGS.items()
        for bug in bugs
    ]


def _engine(name: str) -> type[Engine]:
    return find(name).engine
