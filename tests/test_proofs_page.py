"""What ``docs/haproxy-proofs.md`` says is what exploring says, where that is quick to see."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from benchmarks.proofs import ASKED, PAGE, SEED, SMALLEST, TABLES, WITHOUT, fix, question
from harness.engines.haproxy.pairs import PAIRS

ROOT = Path(__file__).parent.parent
TEXT = (ROOT / PAGE).read_text(encoding="utf-8")
QUICK = 1_000
"""Runs up to which a row is proven again."""


def rows(region):
    """A table of the page: for each row the text of its columns."""
    (table,) = re.findall(rf"<!-- {region} -->\n(.*?)<!-- end -->", TEXT, re.DOTALL)
    head, _, *lines = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines() if line
    ]
    return [dict(zip(head, line, strict=True)) for line in lines]


def timeless(row):
    """A row without how long it took."""
    return {name: cell.strip() for name, cell in row.items() if "CPU" not in name}


def number(cell):
    return int(cell.replace(",", "") or 0)


FIXES = {row["fix"]: row for row in rows("question 3")}


@pytest.fixture(autouse=True)
def _in_the_repository(monkeypatch):
    monkeypatch.chdir(ROOT)


def test_all_tables_are_there():
    assert all(rows(region) for region in TABLES)


def test_there_is_a_row_for_every_fix_of_the_gallery():
    assert list(FIXES) == [pair.name for pair in PAIRS]


@pytest.mark.parametrize(
    "pair",
    [
        pair
        for pair in PAIRS
        if pair.name in FIXES
        and number(FIXES[pair.name]["traces"]) + number(FIXES[pair.name]["traces of it"]) < QUICK
    ],
    ids=lambda pair: pair.name,
)
def test_what_is_quick_to_prove_is_proven_again(pair):
    assert timeless(fix(pair, 600.0)) == timeless(FIXES[pair.name])


def test_without_the_re_check_both_queues_strand():
    assert timeless(question(WITHOUT, SMALLEST, 600.0)) == timeless(rows("question 1")[0])


def test_the_smallest_bound_of_the_seed_is_answered():
    row = rows("question 2")[0]
    assert row["revision"] == SEED
    assert [row[signature] for signature in ASKED] == ["no"] * 3
