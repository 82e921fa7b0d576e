"""``harness show CASE``: the interleaving, for people."""

from __future__ import annotations

from pathlib import Path

import click

from harness.cases.casefile import SavedCase, load
from harness.cases.replay import Fidelity, Replay, replay_saved
from harness.cli.console import as_json, out, plain_errors, print_json
from harness.cli.selecting import case_files, cases_argument, engine_for, engine_option
from harness.execute.opening import open_executor
from harness.model.spec import EngineSpec
from harness.model.wording import describe_switch, describe_workload
from harness.report.about import About
from harness.report.columns import render
from harness.report.interleaving import to_json
from harness.report.undeclared import HINT, blocks_undeclared


@click.command()
@cases_argument
@engine_option
@click.option("--brief", is_flag=True, help="Fold steps that explain nothing.")
@as_json
@plain_errors
def show(cases: tuple[Path, ...], engine: str | None, brief: bool, json_: bool) -> None:
    """Show how CASES, files or folders of them, happen: one column a thread, and why it matters."""
    documents = []
    for i, path in enumerate(case_files(cases)):
        saved = load(path)
        executor = open_executor(engine_for(saved, engine, path))
        with executor.guard():
            result = replay_saved(executor, saved)
        about = _about(saved, executor.spec, result)
        trace, blocking = result.recorded.trace, executor.spec.blocking
        hint = HINT if blocks_undeclared(trace, about.finding, blocking=blocking) else ""
        if json_:
            documents.append(
                {
                    "case": str(path),
                    **to_json(result.recorded, about),
                    "verdict": result.verdict,
                    "fidelity": result.fidelity.value,
                    "hint": hint,
                }
            )
        else:
            if i:
                out.print()
            out.print(path, style="bold", soft_wrap=True)
            out.print(render(result.recorded, about, brief=brief))
            if hint:
                out.print(hint, markup=False)
            _print_lost(result)
    if json_:
        print_json(documents)


def _about(saved: SavedCase, spec: EngineSpec, result: Replay) -> About:
    workload = saved.workload(spec)
    findings = result.recorded.run.findings
    finding = next((f for f in findings if f.kind.value == saved.finding), None)
    return About(
        saved.title,
        spec.name,
        f"{result.verdict} ({result.fidelity.value} replay)",
        finding or result.recorded.run.worst,
        workload.topology,
        describe_workload(workload, spec),
    )


def _print_lost(result: Replay) -> None:
    if result.fidelity is Fidelity.STALE:
        out.print("stale: these switches could not be placed any more:", style="bold red")
        for switch in result.lost:
            out.print(f"  {describe_switch(switch)}", markup=False)
