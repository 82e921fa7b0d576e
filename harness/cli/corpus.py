"""``harness accept CASE`` and ``harness fixed CASE``: what is expected from now on."""

from __future__ import annotations

from pathlib import Path

import click

from harness.campaign.collector import NondeterministicEngineError, divergence
from harness.cases.casefile import SavedCase, load, save
from harness.cases.neighbours import neighbours
from harness.cases.reading import CaseFileError
from harness.cases.replay import Fidelity, Replay, replay_saved
from harness.cli.console import FINDINGS, as_json, fail, out, plain_errors, print_json
from harness.cli.selecting import case_argument, engine_for, engine_option, engines_for
from harness.codec.codec import CodecError
from harness.engine.registry import EngineRef
from harness.execute.opening import open_executor
from harness.execute.run import Executor


@click.command()
@case_argument
@engine_option
@as_json
@plain_errors
def accept(case: Path, engine: str | None, json_: bool) -> None:
    """Accept what CASE shows now as known: its tests pass as long as it stays like that."""
    saved = load(case)
    verdicts: dict[str, str] = {}
    for ref in engines_for(saved, engine, case):
        _, result = _replay(saved, ref)
        verdicts[ref.name] = result.verdict
        saved = saved.expecting(ref.name, result.verdict)
    save(saved, case)
    _tell(case, verdicts, "is expected to be", json_)


@click.command()
@case_argument
@engine_option
@as_json
@plain_errors
def fixed(case: Path, engine: str | None, json_: bool) -> None:
    """Declare that the engine CASE was found on is fixed: from now on it must be ok.

    The case must be clean, and 2,000 variants of its schedule must not show the finding; they are
    run now and not again. Where the fixed code no longer has the places of the schedule, the case
    gains the one that could be followed, for this engine; replays follow both.
    """
    saved = load(case)
    ref = engine_for(saved, engine, case)
    executor, result = _replay(saved, ref)
    shown = result.recorded.run.verdict
    if shown == "ok":
        shown = _worst_neighbour(case, executor, saved, result)
    if shown != "ok":
        if json_:
            print_json({"case": str(case), "fixed": False, "verdict": shown})
        fail(f"{case.name} is not fixed: {ref.name} still gives {shown}", FINDINGS)
    if result.fidelity is not Fidelity.EXACT:
        saved = saved.following(ref.name, result.recorded.switches)
    save(saved.expecting(ref.name, "ok"), case)
    _tell(case, {ref.name: "ok"}, "must be", json_)


def _replay(saved: SavedCase, ref: EngineRef) -> tuple[Executor, Replay]:
    executor = open_executor(ref)
    with executor.guard():
        result = replay_saved(executor, saved)
        again = replay_saved(executor, saved)
    if result.recorded.trace.digest() != again.recorded.trace.digest():
        raise NondeterministicEngineError(divergence(result.recorded, again.recorded))
    return executor, result


def _worst_neighbour(case: Path, executor: Executor, saved: SavedCase, result: Replay) -> str:
    """The first verdict other than ok among variants of the schedule."""
    workload = saved.workload(executor.spec)
    try:
        with executor.guard():
            for run in neighbours(executor, workload, result.recorded.schedule):
                if run.worst is not None and run.worst.kind.value == saved.finding:
                    return run.verdict
    except CodecError as error:
        raise CaseFileError(f"{case}: no variants of it can be made, since {error}") from error
    return "ok"


def _tell(case: Path, verdicts: dict[str, str], verb: str, json_: bool) -> None:
    if json_:
        print_json({"case": str(case), "expect": verdicts})
    else:
        for name, verdict in verdicts.items():
            out.print(f"{case.name}: {name} {verb} {verdict} from now on", soft_wrap=True)
