"""Which subjects and strategies a bench is about, from patterns that people type."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase

from harness.model.hint import hint


class SelectionError(Exception):
    """Nothing is selected; the message says what there is."""


def selected(patterns: Sequence[str], names: Iterable[str], what: str) -> list[str]:
    """The names that match a pattern such as ``reorder_*``, in their own order.

    Raises:
        SelectionError: a pattern matches none, or there is no pattern.
    """
    names = list(names)
    if not patterns:
        raise SelectionError(f"no {what} is named; `harness bench --list` lists them")
    for pattern in patterns:
        if not any(fnmatchcase(name, pattern) for name in names):
            meant = hint(pattern, names, "see `harness bench --list`.")
            raise SelectionError(f"no {what} is called {pattern!r}; {meant}")
    return [name for name in names if any(fnmatchcase(name, p) for p in patterns)]
