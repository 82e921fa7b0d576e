"""``harness replay CASE…``: do engines still behave as the cases expect?"""

from __future__ import annotations

from pathlib import Path
from typing import NotRequired, TypedDict

import click
from rich.progress import track
from rich.table import Table
from rich.text import Text

from harness.cases.casefile import SUFFIX, SavedCase, load
from harness.cases.reading import CaseFileError
from harness.cases.replay import Fidelity, replay_saved
from harness.cli.console import (
    CLEAN,
    FINDINGS,
    WRONG_USE,
    as_json,
    complain,
    err,
    out,
    plain_errors,
    print_json,
    print_table,
)
from harness.cli.selecting import case_files, cases_argument, engine_option, engines_for
from harness.engine.registry import EngineNotFoundError, EngineRef
from harness.execute.opening import open_executor

_MANY = 100
"""Runs of a case from which on progress is shown."""


class Row(TypedDict):
    """What is printed of one case on one engine; ``why`` tells why it is stale."""

    case: str
    engine: str
    expected: str
    verdict: str
    fidelity: str
    as_expected: bool
    trace: list[str]
    runs: int
    why: NotRequired[str]


@click.command()
@cases_argument
@engine_option
@click.option(
    "--runs",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help="Replay each case that often and compare the traces.",
)
@as_json
@plain_errors
def replay(cases: tuple[Path, ...], engine: str | None, runs: int, json_: bool) -> None:
    """Replay case files, or all below a folder, and compare with what they expect.

    Every line says how faithfully the schedule could be followed: exact, resynchronised (some
    switches were found again elsewhere) or stale (it no longer applies; never a silent pass).
    Files that can not be replayed are named at the end.
    """
    rows: list[Row] = []
    bad: list[str] = []
    for path in case_files(cases):
        try:
            case = load(path)
            rows += [_replayed(path, case, ref, runs) for ref in engines_for(case, engine, path)]
        except (CaseFileError, EngineNotFoundError) as error:
            bad.append(str(error) if str(path) in str(error) else f"{path}: {error}")
    if rows and json_:
        print_json(rows)
    elif rows:
        _print(rows)
    for message in bad:
        complain(message)
    if bad:
        raise SystemExit(WRONG_USE)
    raise SystemExit(CLEAN if all(row["as_expected"] for row in rows) else FINDINGS)


def _print(rows: list[Row]) -> None:
    print_table(_table(rows))
    for row in rows:
        if "why" in row:
            out.print(f"{Path(row['case']).name}: {row['why']}", markup=False, soft_wrap=True)
    wrong = sum(not row["as_expected"] for row in rows)
    out.print(f"{len(rows)} replayed, {wrong} not as expected")


def _replayed(path: Path, case: SavedCase, ref: EngineRef, runs: int) -> Row:
    """The row of a case on an engine."""
    executor = open_executor(ref)
    expected = case.expect.get(ref.name, "ok")
    try:
        case.workload(executor.spec)
    except CaseFileError as error:
        return _stale(path, ref.name, expected, str(error))
    digests = set()
    with executor.guard():
        for _ in track(range(runs), path.name, console=err, transient=True, disable=runs < _MANY):
            result = replay_saved(executor, case)
            digests.add(result.recorded.trace.digest())
    return {
        "case": str(path),
        "engine": ref.name,
        "expected": expected,
        "verdict": result.verdict,
        "fidelity": result.fidelity.value,
        "as_expected": result.verdict == expected
        and (result.fidelity is not Fidelity.STALE or expected == "stale")
        and len(digests) == 1,
        "trace": sorted(digests),
        "runs": runs,
    }


def _stale(path: Path, engine: str, expected: str, why: str) -> Row:
    """The row of a case whose requests the engine no longer understands."""
    return {
        "case": str(path),
        "engine": engine,
        "expected": expected,
        "verdict": "stale",
        "fidelity": Fidelity.STALE.value,
        "as_expected": expected == "stale",
        "trace": [],
        "runs": 0,
        "why": why,
    }


def _table(rows: list[Row]) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    traced = any(row["runs"] > 1 for row in rows)
    for column in ("case", "engine", "verdict", "replay", *(["trace"] if traced else [])):
        table.add_column(column, overflow="fold")
    for row in rows:
        verdict = Text(row["verdict"], style="green" if row["as_expected"] else "bold red")
        if row["verdict"] != row["expected"]:
            verdict.append(f", not {row['expected']}")
        traces = row["trace"]
        same = f"{row['runs']:,} times {''.join(traces)}"
        trace = f"{len(traces)} different traces!" if len(traces) > 1 else same
        case = Path(row["case"]).name.removesuffix(SUFFIX)
        cells: list[str | Text] = [case, row["engine"], verdict, row["fidelity"]]
        table.add_row(*cells, *([trace] if traced else []))
    return table
