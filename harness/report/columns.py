"""How does an interleaving look on a terminal?

Time goes down, every thread has a column. Where the terminal is too narrow for that, all
threads share one list and every line is tagged with its thread. Plain text where there is no
terminal; nothing but ASCII where the output can not show more.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from rich.console import Console, ConsoleOptions, RenderResult
from rich.text import Text

from harness.execute.run import RecordedRun
from harness.report.about import About
from harness.report.accesses import clean
from harness.report.interleaving import Interleaving, interleaving
from harness.report.rows import Row, Sort
from harness.report.story import sentence

NARROWEST = 30
"""Characters a column must have; with less, threads share one list."""

WIDEST = 76
"""Characters a column has at most: values far from their access are hard to read."""

GUTTER = 6
"""Characters of the step number."""

COLOURS = ("cyan", "magenta", "green", "blue", "bright_red", "bright_cyan")

_ASCII = str.maketrans({
    "→": "->", "▶": ">", "■": "=", "●": "*", "…": "...", "│": "|", "─": "-", "━": "=",
    "⚡": "!", "↩": "<", "⚑": "!", "✗": "x", "⋮": ":", "↻": "@", "·": "-", "├": "|",
})  # fmt: skip


def render(recorded: RecordedRun, about: About, *, brief: bool = False) -> Rendering:
    """A rich renderable that shows a recorded run.

    Args:
        recorded: the run.
        about: what stands above it, and the finding it is shown for.
        brief: fold steps that explain nothing.
    """
    threads = int(about.topology.get("threads", 0))
    return Rendering(about, interleaving(recorded, about.finding, threads=threads, brief=brief))


@dataclass(frozen=True, slots=True)
class Rendering:
    """An interleaving that knows how to draw itself at the width it is given."""

    about: About
    view: Interleaving

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for text in self._lines(console, options.max_width):
            text.rstrip()
            yield _ascii(text) if options.ascii_only else text

    def _lines(self, console: Console, width: int) -> Iterator[Text]:
        yield from _header(self.about, console, width)
        yield Text()
        yield from _told(self.view, self.about.title, console, width)
        page = _Page(console, width, self.view)
        yield from page.lines()


class _Page:
    """Places rows in columns, or in one list."""

    def __init__(self, console: Console, width: int, view: Interleaving) -> None:
        self._console = console
        self._view = view
        threads = view.threads
        each = (width - GUTTER - 3 * (threads - 1)) // threads
        self._listed = each < NARROWEST and threads > 1
        self._each = max(20, width - GUTTER - 5) if self._listed else min(each, WIDEST)
        used = GUTTER + (5 + self._each if self._listed else (self._each + 3) * threads - 3)
        self._width = min(width, used)
        steps = [row for row in view.rows if row.sort is Sort.STEP]
        # A few long ones may stick out; they must not push all the others apart.
        self._what = _most([len(row.text) for row in steps])
        self._function = max((len(row.function) for row in steps), default=0)
        effects = _most([len(row.effect) for row in steps])
        # Function, access and effect side by side where they fit, else the function above.
        self._beside = 2 + self._function + 2 + self._what + 2 + effects <= self._each
        self._what = min(self._what, self._each - 6 - min(effects, 8))
        self._standing: tuple[int, str, str] | None = None

    def lines(self) -> Iterator[Text]:
        """The page, top to bottom."""
        if not self._listed:
            heads = [
                Text(f"T{thread}", style=f"bold {_colour(thread)}")
                for thread in range(self._view.threads)
            ]
            yield self._side_by_side("step", heads)
            yield Text("─" * self._width, style="dim")
        for row in self._view.rows:
            yield from self._row(row)

    def _row(self, row: Row) -> Iterator[Text]:
        if row.sort is Sort.STEP:
            yield from self._step(row)
            return
        if row.sort is not Sort.FOLD:
            self._standing = None
        if row.sort in _ACROSS:
            yield from self._across(row)
            return
        yield from self._in_column(row.thread, "", _cell(row), indent=4)

    def _step(self, row: Row) -> Iterator[Text]:
        standing = (row.thread, row.activity, row.function)
        anew = standing != self._standing
        self._standing = standing
        style = "bold red" if row.failed else ("bold" if row.key else "")
        cell = Text("  ")
        if self._beside:
            cell.append((row.function if anew else "").ljust(self._function + 2), style="dim")
        elif anew:
            above = Text(f"  in {row.function}", style="dim")
            yield from self._in_column(row.thread, "", above, indent=4)
            cell.append("  ")
        else:
            cell.append("  ")
        cell.append(row.text.ljust(self._what if row.effect else 0), style=style)
        if row.effect:
            cell.append(f"  {row.effect}", style=style or _effect_style(row))
        if row.key:
            cell.append("  ⚑", style="bold yellow")
        yield from self._in_column(row.thread, str(row.step), cell, indent=8)

    def _across(self, row: Row) -> Iterator[Text]:
        mark, style = _ACROSS[row.sort]
        if row.weak:
            mark, style = "─", "dim"
        lead = f" {mark} "
        parts = _wrapped(self._console, row.text, self._width - len(lead) - 1)
        for i, part in enumerate(parts):
            text = Text(lead if not i else " " * len(lead), style=style)
            text.append(part)
            if row.sort is Sort.SWITCH and len(parts) == 1:
                text.append(" " + "─" * max(0, self._width - text.cell_len - 1))
            yield text

    def _in_column(self, thread: int, number: str, cell: Text, indent: int) -> Iterator[Text]:
        parts = _fold(self._console, cell, self._each, indent)
        for i, part in enumerate(parts):
            gutter = number if not i else ""
            if self._listed:
                text = Text()
                text.append(gutter.rjust(GUTTER - 2) + "  ", style="dim")
                text.append(f"T{thread} ".ljust(3), style=_colour(thread))
                text.append("│ ", style="dim")
                text.append_text(part)
                yield text
            else:
                cells = [Text() for _ in range(self._view.threads)]
                cells[thread] = part
                yield self._side_by_side(gutter, cells)

    def _side_by_side(self, gutter: str, cells: Sequence[Text]) -> Text:
        text = Text()
        text.append(gutter.rjust(GUTTER - 2) + "  ", style="dim")
        for i, cell in enumerate(cells):
            if i:
                text.append(" │ ", style="dim")
            text.append_text(cell)
            if i < len(cells) - 1:
                text.append(" " * (self._each - cell.cell_len))
        return text


_ACROSS = {
    Sort.SWITCH: ("⚡", "bold yellow"),
    Sort.MISSED: ("↩", "yellow"),
    Sort.OBLIGATION: ("⚑", "bold reverse yellow"),
    Sort.FINDING: ("✗", "bold red"),
    Sort.ROTATION: ("↻", "bold yellow"),
}


def _cell(row: Row) -> Text:
    colour = _colour(row.thread)
    if row.sort is Sort.BEGIN:
        return Text(f"▶ {row.text}", style=f"bold {colour}")
    if row.sort is Sort.END:
        text = Text(f"■ {row.text} ends", style=colour)
        if row.effect:
            text.append(f": {row.effect}", style="bold" if row.key else "")
        return text
    if row.sort is Sort.FOLD:
        return Text(f"  ⋮ {row.text}", style="bold red" if row.key else "dim italic")
    return Text(f"  ● {row.text}", style="bold" if row.key else "")


def _effect_style(row: Row) -> str:
    return "" if row.before != row.after else "dim"


def _colour(thread: int) -> str:
    return COLOURS[thread % len(COLOURS)]


def _header(about: About, console: Console, width: int) -> Iterator[Text]:
    good = about.verdict == "ok"
    style = "bold green" if good else "bold red"
    for part in _wrapped(console, clean(about.title), width):
        yield Text(part, style="bold")
    labelled = [
        ("verdict", about.verdict, style),
        ("engine", clean(about.engine), ""),
        ("topology", _topology(about.topology), ""),
    ]
    by_thread: dict[str, list[str]] = {}
    for line in about.operations:
        thread, _, rest = clean(line).partition(" ")
        by_thread.setdefault(thread, []).append(rest)
    for i, (thread, ops) in enumerate(sorted(by_thread.items())):
        labelled.append(("workload" if not i else "", f"{thread}: {', '.join(ops)}", ""))
    for label, value, value_style in labelled:
        for i, part in enumerate(_wrapped(console, value, width - 10)):
            text = Text()
            text.append((label if not i else "").ljust(10), style="dim")
            text.append(part, style=value_style)
            yield text


def _told(view: Interleaving, title: str, console: Console, width: int) -> Iterator[Text]:
    sentences = [told for told in view.story if told != sentence(clean(title))]
    if not sentences:
        return
    for i, told in enumerate(sentences):
        for part in _wrapped(console, told, min(width, 100)):
            yield Text(part, style="bold" if not i else "")
    yield Text()


def _most(lengths: list[int]) -> int:
    """A length that nine in ten do not exceed."""
    return sorted(lengths)[len(lengths) * 9 // 10] if lengths else 0


def _wrapped(console: Console, text: str, width: int) -> list[str]:
    return [line.plain.rstrip() for line in Text(text).wrap(console, max(10, width))]


def _fold(console: Console, cell: Text, width: int, indent: int) -> list[Text]:
    """``cell`` in lines of ``width``, all but the first indented."""
    if cell.cell_len <= width:
        return [cell]
    first, *_ = cell.wrap(console, width)
    rest = cell[len(first.plain) :]
    rest = rest[len(rest.plain) - len(rest.plain.lstrip()) :]
    first.rstrip()
    lines = [first]
    for part in rest.wrap(console, max(10, width - indent)):
        part.rstrip()
        lines.append(Text(" " * indent).append_text(part))
    return lines


def _ascii(text: Text) -> Text:
    plain = text.plain.translate(_ASCII)
    return Text(plain.encode("ascii", "backslashreplace").decode())


def _topology(fields: Mapping[str, int]) -> str:
    """The fields with their values; those that are 0, most of a large engine's, in two words."""
    shown = [f"{name} {value}" for name, value in fields.items() if value]
    return ", ".join(shown + ["the rest 0"] * (len(shown) < len(fields)))
