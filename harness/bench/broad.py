"""How does a table read that is broader than the terminal?"""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console, ConsoleOptions, RenderResult
from rich.measure import Measurement
from rich.table import Column, Table

_WIDEST = 10_000
"""Characters up to which a table is measured."""


class Broad:
    """A table that goes on below with the columns that do not fit beside the others.

    Rich would narrow them until nothing is left of them. The first column names the rows, and
    is repeated.
    """

    def __init__(self, table: Table) -> None:
        self._table = table

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        head, *left = self._table.columns
        while left:
            number = len(left)
            while number > 1 and self._width(console, [head, *left[:number]]) > options.max_width:
                number -= 1
            yield self._part([head, *left[:number]])
            left = left[number:]

    def _width(self, console: Console, columns: Sequence[Column]) -> int:
        options = console.options.update(width=_WIDEST)
        return Measurement.get(console, options, self._part(columns)).maximum

    def _part(self, columns: Sequence[Column]) -> Table:
        box, edge = self._table.box, self._table.pad_edge
        part = Table(*(column.copy() for column in columns), box=box, pad_edge=edge)
        for cells in zip(*(column.cells for column in columns), strict=True):
            part.add_row(*cells)
        return part
