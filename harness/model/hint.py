"""What somebody may have meant who mistyped a name."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def close_to(name: str, known: Iterable[str], most: int = 3) -> list[str]:
    """The names that are like ``name``, the likest first."""
    return get_close_matches(name, known, n=most, cutoff=0.4)


def hint(name: str, known: Iterable[str], otherwise: str) -> str:
    """What somebody may have meant who wrote ``name``; ``otherwise`` where nothing is like it."""
    close = close_to(name, known)
    return f"did you mean {' or '.join(close)}?" if close else otherwise
