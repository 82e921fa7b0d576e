"""``harness bench``: how many schedules does each strategy need?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing
from itertools import product
from pathlib import Path

import click
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from harness.bench.broad import Broad
from harness.bench.document import document
from harness.bench.guided import TrialError
from harness.bench.page import page
from harness.bench.results import Results
from harness.bench.running import make_trials
from harness.bench.searchers import GUIDED, KNOWING, KNOWS, SEARCHERS
from harness.bench.selecting import SelectionError, selected
from harness.bench.subjects import Subject, subjects
from harness.bench.tables import list_table, sections
from harness.bench.trial import Job, Trial
from harness.campaign.libfuzzer import why_unavailable
from harness.cases.atomic_write import write_atomically
from harness.cases.casefile import SUFFIX
from harness.cli.console import (
    INTERRUPTED,
    as_json,
    complain,
    err,
    fail,
    out,
    plain_errors,
    print_json,
    print_table,
)


def _split(context: click.Context, param: click.Parameter, value: str) -> list[str]:
    return [name.strip() for name in value.split(",") if name.strip()]


@click.command()
@click.argument("subject", nargs=-1)
@click.option(
    "--strategies",
    callback=_split,
    default=",".join([*SEARCHERS, "guided"]),
    help="Names or patterns, with commas between them.  [default: all but the ablations]",
)
@click.option("--seeds", type=click.IntRange(1, 10_000), default=20, show_default=True)
@click.option(
    "--budget",
    type=click.IntRange(1, 10_000_000),
    default=2000,
    show_default=True,
    help="Schedules after which a trial gives up.",
)
@click.option("--jobs", type=click.IntRange(1, 256), default=1, show_default=True)
@click.option(
    "--corpus",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("corpus"),
    show_default=True,
    help="What was found on earlier revisions, for campaigns to begin with, is there.",
)
@click.option(
    "--html", type=click.Path(path_type=Path, dir_okay=False), help="Also write a page there."
)
@click.option("--list", "list_", is_flag=True, help="List subjects and strategies.")
@as_json
@plain_errors
def bench(
    subject: tuple[str, ...],
    strategies: list[str],
    seeds: int,
    budget: int,
    jobs: int,
    corpus: Path,
    html: Path | None,
    list_: bool,
    json_: bool,
) -> None:
    """Count the schedules that strategies need to find the bugs of SUBJECTs.

    SUBJECTs are names or patterns such as 'reorder_*'; without any, all. A trial is one search
    with one seed, and ends with the bug or the budget. Ctrl-C shows what there is so far.
    """
    known, searchers = subjects(), [*SEARCHERS, *KNOWING, *GUIDED]
    if list_:
        _list(known, searchers, json_)
        return
    try:
        names = selected(subject or ("*",), known, "subject")
        chosen = _available(selected(strategies, searchers, "strategy"))
    except SelectionError as error:
        fail(str(error))
    know = any(known[name].before for name in names)
    if know and not KNOWS.isdisjoint(chosen) and not _has_cases(corpus):
        complain(f"there are no cases in {corpus}: trials begin with none; see --corpus")
    planned = [
        Job(s, n, seed, budget, str(corpus))
        for seed, s, n in product(range(1, seeds + 1), names, chosen)
    ]
    trials = _trials(planned, jobs, quiet=json_)
    results = Results(trials, budget, names, chosen)
    if not results.subjects:
        fail("interrupted before any subject had a trial of every strategy", INTERRUPTED)
    interrupted = len(trials) < len(planned)
    if interrupted:
        complain(f"interrupted after {len(trials)} of {len(planned)} trials; these are theirs")
    if json_:
        print_json(document(results))
    else:
        _show(results)
    if html is not None:
        write_atomically(html, page(results).encode())
        err.print(f"see {html}", soft_wrap=True)
    if interrupted:
        raise SystemExit(INTERRUPTED)


def _has_cases(corpus: Path) -> bool:
    return next(corpus.glob(f"*/*{SUFFIX}"), None) is not None


def _list(known: Mapping[str, Subject], searchers: Sequence[str], json_: bool) -> None:
    if json_:
        listed = [{"name": s.name, "suite": s.suite, "bug": s.bug} for s in known.values()]
        print_json({"subjects": listed, "strategies": searchers})
    else:
        out.print(list_table(known))
        out.print(f"strategies: {', '.join(searchers)}")


def _show(results: Results) -> None:
    for section in sections(results):
        out.print(section.title, style="bold", soft_wrap=True)
        print_table(Broad(section.table))
        if section.note:
            out.print(f"{section.note}\n", style="dim", soft_wrap=True)


def _available(chosen: list[str]) -> list[str]:
    missing = why_unavailable()
    if missing is None:
        return chosen
    left = [name for name in chosen if name not in GUIDED]
    if len(left) < len(chosen):
        complain("Atheris is not installed: guided strategies are left out")
    if not left:
        raise SelectionError("no strategy is left; guided ones need Atheris to be installed")
    return left


def _trials(jobs: Sequence[Job], processes: int, *, quiet: bool) -> list[Trial]:
    done: list[Trial] = []
    columns = (TextColumn("trials"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    show = Progress(*columns, console=err, transient=True, disable=quiet or not err.is_terminal)
    try:
        with show, closing(make_trials(jobs, processes)) as trials:
            for trial in show.track(trials, total=len(jobs)):
                done.append(trial)
    except TrialError as error:
        fail(str(error))
    except BrokenProcessPool:
        complain("a process ended early, or was killed")
    except KeyboardInterrupt:
        pass  # what there is so far is worth showing
    return done
