"""The results of a bench as tables for the terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from harness.bench.published import PUBLISHED, SOURCE
from harness.bench.resampling import Interval
from harness.bench.results import Cell, Results
from harness.bench.subjects import Subject


@dataclass(frozen=True, slots=True)
class Section:
    """A table with the sentence above it and a note below."""

    title: str
    table: Table
    note: str = ""


def sections(results: Results) -> Iterator[Section]:
    """What to show, in order."""
    yield subjects_table(results)
    yield strategies_table(results)
    if len(results.strategies) > 1:
        yield comparison_table(results)
    if any(
        subject in published.means
        for published in PUBLISHED.values()
        for subject in results.subjects
    ):
        yield published_table(results)


def subjects_table(results: Results) -> Section:
    """One row a subject, one column a strategy."""
    table = _table()
    table.add_column("subject", no_wrap=True)
    for strategy in results.strategies:
        table.add_column(strategy, justify="right", min_width=5)
    for subject in results.subjects:
        cells = [results.cell(subject, strategy) for strategy in results.strategies]
        least = min(cell.mean.value for cell in cells)
        table.add_row(subject, *(_schedules(cell, cell.mean.value == least) for cell in cells))
    title = "Schedules to the first bug: mean, and how many trials found it where not all did"
    return Section(title, table)


def strategies_table(results: Results) -> Section:
    """One row a strategy: bugs found at least once, trials that found them, schedules."""
    solved = results.solved_by_all()
    table = _table()
    table.add_column("strategy", no_wrap=True)
    table.add_column("bugs", justify="right")
    table.add_column("trials", justify="right")
    table.add_column("geometric mean", justify="right", no_wrap=True)
    table.add_column(f"of the {len(solved)} all solve", justify="right", no_wrap=True)
    table.add_column("µs a run", justify="right")
    for strategy in results.strategies:
        cells = results.cells(strategy)
        trials = [trial for cell in cells for trial in cell.trials]
        every = results.geomean(strategy, results.subjects)
        easy = results.geomean(strategy, solved)
        table.add_row(
            strategy,
            f"{sum(cell.found > 0 for cell in cells)}/{len(cells)}",
            f"{sum(cell.found for cell in cells)}/{len(trials)}",
            interval(every.interval()) if every else "",
            interval(easy.interval()) if easy else "",
            f"{1e6 * sum(t.cpu for t in trials) / max(1, sum(t.runs for t in trials)):,.0f}",
        )
    title = "Bugs ever found, and schedules over all subjects, with 95 % intervals"
    return Section(title, table, "µs a run: CPU time, noting coverage included.")


def comparison_table(results: Results) -> Section:
    """Every other strategy against the one with the lowest geometric mean."""
    best = results.best()
    table = _table()
    table.add_column("other", no_wrap=True)
    table.add_column("schedules,\nas a ratio", justify="right")
    table.add_column("is sooner\n(A12)", justify="right")
    table.add_column("better\non", justify="right")
    table.add_column("worse\non", justify="right")
    for other in results.strategies:
        if other != best:
            c = results.compare(best, other)
            table.add_row(other, interval(c.ratio, 2), f"{c.a12:.2f}", str(c.better), str(c.worse))
    note = "better and worse: subjects on which the log-rank test tells them apart at 5 %"
    return Section(f"{best} against the others, over all subjects", table, note)


def published_table(results: Results) -> Section:
    """The published figures beside ours."""
    subjects = [s for s in results.subjects if any(s in p.means for p in PUBLISHED.values())]
    table = _table()
    table.add_column("strategy", no_wrap=True)
    for subject in subjects:
        table.add_column(subject, justify="right")
    table.add_column("geometric mean", justify="right")
    table.add_column("bugs of 38", justify="right")
    for name, published in PUBLISHED.items():
        means = [
            f"{mean:,}" + (f" ({published.found[s]})" if s in published.found else "")
            if (mean := published.means[s]) is not None
            else "not found"
            for s in subjects
        ]
        geomean = "" if published.geomean is None else f"{published.geomean:g}"
        table.add_row(name, *means, geomean, "" if published.bugs is None else str(published.bugs))
    note = "geometric mean: of the 17 subjects, of 38, that all of them solve"
    return Section(f"For comparison: {SOURCE}", table, note)


def list_table(subjects: Mapping[str, Subject]) -> Table:
    """What there is to be searched."""
    table = _table()
    for name in ("subject", "suite", "bug"):
        table.add_column(name, overflow="fold")
    for subject in subjects.values():
        table.add_row(subject.name, subject.suite, subject.bug)
    return table


def interval(figure: Interval, digits: int = 1) -> str:
    """An estimate with its bounds, where there are any: a single trial has none."""
    if figure.low == figure.high:
        return f"{figure.value:,.{digits}f}"
    return f"{figure.value:,.{digits}f} ({figure.low:,.{digits}f} … {figure.high:,.{digits}f})"


def _schedules(cell: Cell, best: bool) -> Text:
    if not cell.found:
        return Text("–", style="dim")
    text = Text(f"{cell.mean.value:,.0f}", style="bold green" if best else "")
    if cell.found < len(cell.trials):
        text.append(f" {cell.found}/{len(cell.trials)}", style="not bold yellow")
    return text


def _table() -> Table:
    return Table(box=SIMPLE_HEAD, pad_edge=False)
