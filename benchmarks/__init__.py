"""What is measured, and the generated parts of the pages in ``docs``.

Each module is a command, ``python -m benchmarks.NAME``, and says at its head what it answers.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

from rich.console import Console
from rich.progress import track

T = TypeVar("T")

_WIDTH = 110
"""Columns that tables need."""


def wide_console(*, stderr: bool = False) -> Console:
    """A console for tables: at least as wide as they are where there is no terminal."""
    console = Console(stderr=stderr)
    console.width = max(console.width, _WIDTH)
    return console


def watched(what: Iterable[T], text: str, total: int | None = None) -> Iterable[T]:
    """The same things, with a progress bar on the terminal where they are ``total`` or a sequence.

    On standard error, and gone at the end.
    """
    return track(what, text, total=total, console=Console(stderr=True), transient=True)
