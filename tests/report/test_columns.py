"""How does an interleaving look on a terminal?"""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from rich.cells import cell_len
from rich.console import Console

from harness.report.columns import render

ENGINES = ["Strands", "Deadlocks", "Loops", "OverAdmits"]


def drawn(minimal, about, width, *, encoding="utf-8", **options):
    raw = io.BytesIO()
    out = io.TextIOWrapper(raw, encoding=encoding, write_through=True)
    options.setdefault("color_system", None)
    console = Console(file=out, width=width, force_terminal=False, **options)
    console.print(render(minimal.recorded, about))
    return raw.getvalue().decode(encoding)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("width", [40, 80, 120, 160])
def test_no_line_is_wider_than_the_terminal(find_minimal, engine, width):
    text = drawn(*find_minimal(engine), width)
    assert max(cell_len(line) for line in text.splitlines()) <= width


def test_each_thread_has_a_column(find_minimal):
    minimal, about = find_minimal("Strands")
    text = drawn(minimal, about, 160)
    (line,) = [x for x in text.splitlines() if x.startswith("step")]
    assert line.split() == ["step", "T0", "│", "T1"] + ["│", "T2"] * (
        minimal.workload.topology.threads - 2
    )


def test_a_narrow_terminal_gets_one_list_with_tags(find_minimal):
    text = drawn(*find_minimal("Strands"), 50)
    assert "T0 │ ▶ " in text and "T1 │ ▶ " in text


def test_the_header_says_what_was_run(find_minimal):
    text = drawn(*find_minimal("Strands"), 120)
    for part in ("verdict   stranded", "engine    Strands", "topology  threads", "workload  T0: "):
        assert part in text


def test_piped_output_has_no_escapes(find_minimal):
    assert "\x1b" not in drawn(*find_minimal("Strands"), 100)


def test_a_terminal_gets_colours(find_minimal):
    minimal, about = find_minimal("Strands")
    out = io.StringIO()
    Console(file=out, width=100, force_terminal=True, color_system="standard").print(
        render(minimal.recorded, about)
    )
    assert "\x1b[" in out.getvalue()


def test_an_output_that_knows_only_ascii_gets_ascii(find_minimal):
    text = drawn(*find_minimal("Strands"), 100, encoding="ascii")
    assert "0 -> 1" in text and "> arrive A" in text


def test_markup_in_names_is_shown_as_it_is(find_minimal):
    minimal, about = find_minimal("Strands")
    assert "[bold]x[/]" in drawn(minimal, replace(about, title="[bold]x[/]"), 100)
