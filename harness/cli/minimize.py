"""``harness minimize CASE``: make a case as small as can be."""

from __future__ import annotations

import shlex
from dataclasses import replace
from pathlib import Path

import click

from harness.cases.casefile import load, save
from harness.cases.cause import cause_of
from harness.cases.minimise import minimise
from harness.cases.reading import CaseFileError
from harness.cases.replay import replay_saved
from harness.cli.console import as_json, complain, err, out, plain_errors, print_json
from harness.cli.selecting import case_argument, engine_for, engine_option
from harness.execute.opening import open_executor
from harness.model.wording import counted, describe_workload


@click.command()
@case_argument
@engine_option
@click.option(
    "--runs", type=click.IntRange(min=1), default=200_000, show_default=True, help="Budget."
)
@as_json
@plain_errors
def minimize(case: Path, engine: str | None, runs: int, json_: bool) -> None:
    """Take requests, threads and switches away from CASE while it still shows its finding."""
    saved = load(case)
    executor = open_executor(engine_for(saved, engine, case))
    workload = saved.workload(executor.spec)
    with executor.guard(), err.status("minimising …") as status:

        def tell(runs: int) -> None:
            if runs % 64 == 0:
                status.update(f"minimising … {counted(runs, 'run')}")

        result = replay_saved(executor, saved)
        findings = result.recorded.run.findings
        finding = next((f for f in findings if f.kind.value == saved.finding), None)
        if finding is None:
            raise CaseFileError(
                f"{case} does not show {saved.finding} on {executor.spec.name} any more "
                f"(it gives {result.verdict}), so there is nothing to minimise"
            )
        small = minimise(
            executor,
            workload,
            result.recorded.switches,
            finding,
            budget=runs,
            progress=tell,
        )
    before = (len(saved.ops), len(saved.switches))
    after = (len(small.workload.ops), len(small.switches))
    # Schedules of fixed engines are of the workload; they are nothing for a smaller one.
    kept = saved.schedules_of_fixed(executor.spec) if small.workload == workload else {}
    save(
        replace(
            saved,
            title=small.finding.message,
            topology=small.workload.topology,
            ops=describe_workload(small.workload, executor.spec),
            switches=small.switches,
            cause=cause_of(small.finding, small.workload, small.switches),
            fixed=kept,
        ),
        case,
    )
    for name in saved.fixed.keys() - kept.keys():
        complain(
            f"{name} was declared fixed on the larger workload; declare it so on this one: "
            f"harness fixed {shlex.join([str(case), '--engine', name])}"
        )
    if json_:
        print_json(
            {
                "case": str(case),
                "before": {"operations": before[0], "switches": before[1]},
                "after": {"operations": after[0], "switches": after[1]},
                "runs": small.runs,
                "one_minimal": small.complete,
            }
        )
        return
    end = "1-minimal" if small.complete else "1-minimal; the budget ended before all was tried"
    then = f"{counted(before[0], 'operation')} and {counted(before[1], 'switch', 'switches')}"
    out.print(
        f"{case.name}: {then} before, {after[0]} and {after[1]} now; {end} "
        f"({counted(small.runs, 'run')})",
        soft_wrap=True,
    )
