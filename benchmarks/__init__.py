"""What is measured, and the generated parts of the pages in ``docs``.

Each module is a command, ``python -m benchmarks.NAME``, and says at its head what it answers.
"""

from __future__ import annotations

from rich.console import Console

_WIDTH = 110
"""Columns that tables need."""


def wide_console(*, stderr: bool = False) -> Console:
    """A console for tables: at least as wide as they are where there is no terminal."""
    console = Console(stderr=stderr)
    console.width = max(console.width, _WIDTH)
    return console
