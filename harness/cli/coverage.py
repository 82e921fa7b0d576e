"""``harness coverage ENGINE``: which lines and branches of an engine the corpus reaches."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from harness.cli.console import as_json, err, fail, out, plain_errors, print_json
from harness.cli.selecting import CasePath, case_files
from harness.engine.registry import find
from harness.report.coverage import measure, render


@click.command()
@click.argument("engine")
@click.option(
    "--corpus",
    type=CasePath(exists=True),
    default=None,
    help="Cases to replay.  [default: corpus/<family>]",
)
@click.option(
    "--html", type=click.Path(path_type=Path, file_okay=False), help="Also write HTML there."
)
@as_json
@plain_errors
def coverage(engine: str, corpus: Path | None, html: Path | None, json_: bool) -> None:
    """Replay the corpus on ENGINE and show what of its code is never reached."""
    ref = find(engine)
    folder = corpus or Path("corpus") / ref.family
    if not folder.exists():
        fail(f"there is no folder {folder}; say with --corpus where the cases are")
    with err.status("replaying …"):
        report = measure(ref, case_files([folder]), html)
    if not report.cases:
        path, why = report.skipped[0]
        fail(f"no case could be replayed on {ref.name}; {path}: {why}")
    if json_:
        print_json(asdict(report))
        return
    out.print(render(report))
    if report.html:
        out.print(f"see {report.html}", soft_wrap=True)
