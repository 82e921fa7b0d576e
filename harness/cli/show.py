"""``harness show CASE``: the interleaving, for people."""

from __future__ import annotations

from pathlib import Path

import click

from harness.cases.casefile import load
from harness.cases.replay import Fidelity, replay
from harness.cli.console import as_json, out, plain_errors, print_json
from harness.cli.selecting import case_argument, engine_for, engine_option
from harness.execute.python import PythonExecutor
from harness.report.columns import render
from harness.report.interleaving import to_json
from harness.runtime.watchdog import watchdog


@click.command()
@case_argument
@engine_option
@click.option("--brief", is_flag=True, help="Fold steps that explain nothing.")
@as_json
@plain_errors
def show(case: Path, engine: str | None, brief: bool, json_: bool) -> None:
    """Show how CASE happens: one column a thread, and why it matters."""
    saved = load(case)
    executor = PythonExecutor(engine_for(saved, engine, case))
    workload = saved.workload(executor.spec)
    with watchdog(executor.scheduler):
        result = replay(executor, workload, saved.switches)
    findings = result.recorded.run.findings
    finding = next((f for f in findings if f.kind.value == saved.finding), None)
    finding = finding or result.recorded.run.worst
    facts = {
        "title": saved.title,
        "engine": executor.spec.name,
        "verdict": f"{result.verdict} ({result.fidelity.value} replay)",
        "finding": finding,
        "topology": saved.topology,
        "workload_lines": list(saved.ops),
    }
    if json_:
        document = to_json(result.recorded, **facts)  # type: ignore[arg-type]
        print_json({**document, "fidelity": result.fidelity.value})
        return
    out.print(render(result.recorded, **facts, brief=brief))  # type: ignore[arg-type]
    if result.fidelity is Fidelity.STALE:
        out.print("stale: these switches could not be placed any more:", style="bold red")
        for switch in result.lost:
            out.print(f"  T{switch.anchor.thread} in {switch.anchor.op} at {switch.anchor.site}")
