"""``harness replay CASE…``: do engines still behave as the cases expect?"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
from rich.progress import track
from rich.table import Table
from rich.text import Text

from harness.cases.casefile import load
from harness.cases.replay import Fidelity
from harness.cases.replay import replay as replay_case
from harness.cli.console import CLEAN, FINDINGS, as_json, err, out, plain_errors, print_json
from harness.cli.selecting import case_files, engine_option, engines_for
from harness.execute.opening import open_executor


@click.command()
@click.argument("cases", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True))
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
    """
    rows: list[dict[str, Any]] = []
    for path in case_files(cases):
        case = load(path)
        for ref in engines_for(case, engine, path):
            executor = open_executor(ref)
            workload = case.workload(executor.spec)
            digests = set()
            with executor.guard():
                rounds = range(runs)
                shown = track(rounds, path.name, console=err, transient=True, disable=runs < 100)
                for _ in shown:
                    result = replay_case(executor, workload, case.switches, case.finding)
                    digests.add(result.recorded.trace.digest())
            expected = case.expect.get(ref.name, "ok")
            rows.append(
                {
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
            )
    if json_:
        print_json(rows)
    else:
        out.print(_table(rows))
        wrong = sum(not row["as_expected"] for row in rows)
        out.print(f"{len(rows)} replayed, {wrong} not as expected")
    raise SystemExit(CLEAN if all(row["as_expected"] for row in rows) else FINDINGS)


def _table(rows: list[dict[str, Any]]) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    for column in ("case", "engine", "verdict", "expected", "replay", "trace"):
        table.add_column(column, overflow="fold")
    for row in rows:
        style = "green" if row["as_expected"] else "bold red"
        traces = row["trace"]
        table.add_row(
            Path(row["case"]).name,
            row["engine"],
            Text(row["verdict"], style=style),
            row["expected"],
            row["fidelity"],
            traces[0] if len(traces) == 1 else Text(f"{len(traces)} different!", style="bold red"),
        )
    return table
