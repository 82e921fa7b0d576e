"""How do lists of findings and engines look?"""

from __future__ import annotations

import io

from rich.console import Console

from harness.engine.registry import EngineRef
from harness.model.finding import Finding, Kind
from harness.report.tables import counts_table, engines_table, findings_table


def drawn(table, width=100):
    out = io.StringIO()
    Console(file=out, width=width, color_system=None).print(table)
    return out.getvalue()


def test_findings_say_kind_subject_and_message():
    finding = Finding(Kind.STRANDED, 3, "s0.queue", "A [is] stuck", ("A",), transient=True)
    text = drawn(findings_table([finding]))
    assert "stranded (transient)" in text and "s0.queue" in text and "A [is] stuck" in text


def test_engines_say_what_can_be_done_with_them(engines):
    text = drawn(engines_table([EngineRef("pool@1", lambda: engines.Strands)]))
    for part in ("pool@1", "pool", "arrive", "size 1-2", "Whoever leaves looks"):
        assert part in text


def test_an_engine_that_can_not_be_imported_is_listed_with_the_reason():
    def broken():
        raise ImportError("no module named x")

    assert "can not be imported: ImportError" in drawn(engines_table([EngineRef("b", broken)]))


def test_counts_come_most_frequent_first():
    lines = drawn(counts_table({"stranded": 2, "ok": 1234})).splitlines()
    assert [line.split() for line in lines if line.strip()][-2:] == [
        ["ok", "1,234"],
        ["stranded", "2"],
    ]
