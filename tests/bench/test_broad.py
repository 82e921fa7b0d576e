"""Tables that are broader than the terminal lose nothing."""

from __future__ import annotations

import pytest
from rich.console import Console
from rich.table import Table

from harness.bench.broad import Broad

COLUMNS = [f"column{i}" for i in range(20)]


def shown(width):
    table = Table("name", *COLUMNS)
    table.add_row("row", *(str(1000 + i) for i in range(20)))
    console = Console(width=width)
    with console.capture() as captured:
        console.print(Broad(table))
    return captured.get()


@pytest.mark.parametrize("width", [30, 80, 120, 1000])
def test_every_column_is_shown_with_its_cells_whatever_the_width(width):
    words = shown(width).split()
    assert [word for word in words if word in COLUMNS] == COLUMNS
    assert [word for word in words if word.isdigit()] == [str(1000 + i) for i in range(20)]


def test_no_line_is_longer_than_the_terminal_is_wide():
    assert max(map(len, shown(80).splitlines())) <= 80


def test_rows_are_named_in_each_part():
    text = shown(80)
    assert text.count("row") == text.count("name") > 1


def test_what_fits_is_one_table():
    assert shown(1000).count("name") == 1
