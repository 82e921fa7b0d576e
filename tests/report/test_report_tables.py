"""How does a list of engines look?"""

from __future__ import annotations

import io

from rich.console import Console

from harness.engine.registry import EngineRef
from harness.report.tables import engine_table, engines_table


def drawn(table, width=100):
    out = io.StringIO()
    Console(file=out, width=width, color_system=None).print(table)
    return out.getvalue()


def test_engines_are_listed_with_what_they_are(engines):
    text = drawn(engines_table([EngineRef("pool@1", lambda: engines.Strands)]))
    for part in ("pool@1", "Whoever leaves looks"):
        assert part in text


def test_an_engine_by_itself_says_what_can_be_done_with_it(engines):
    text = drawn(engine_table(EngineRef("pool@1", lambda: engines.Strands)))
    for part in ("pool@1", "Whoever leaves looks", "arrive", "size 1-2"):
        assert part in text


def test_an_engine_that_can_not_be_imported_is_listed_with_the_reason():
    def broken():
        raise ImportError("no module named x")

    assert "can not be imported: ImportError" in drawn(engines_table([EngineRef("b", broken)]))
