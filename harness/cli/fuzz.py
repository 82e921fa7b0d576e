"""``harness fuzz ENGINE``: a campaign."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import click
from rich.live import Live

from harness.campaign.campaign import Campaign, Options, Progress, run_libfuzzer
from harness.campaign.display import live, summary
from harness.campaign.libfuzzer import option_names, why_unavailable
from harness.cli.console import (
    CLEAN,
    FINDINGS,
    INCONCLUSIVE,
    INTERRUPTED,
    WRONG_USE,
    as_json,
    complain,
    err,
    fail,
    out,
    plain_errors,
    point_to,
    print_json,
    tell_folder,
)
from harness.cli.durations import Duration
from harness.engine.registry import EngineRef, find
from harness.model.hint import hint
from harness.model.wording import counted
from harness.strategies.registry import STRATEGIES

_OWN_MODES = ("-merge=", "-jobs=", "-fork=", "-minimize_crash=", "-help=")
"""Options with which libFuzzer starts processes of its own and prints for itself."""

_MOST_RUNS = 2**31 - 1
"""libFuzzer's options are C integers."""


@click.command()
@click.argument("engine")
@click.argument("libfuzzer", nargs=-1, type=click.UNPROCESSED)
@click.option("--time", "seconds", type=Duration(), default=0.0, help="Stop after, e.g. 90s or 8h.")
@click.option("--runs", type=click.IntRange(1, _MOST_RUNS), help="Stop after that many runs.")
@click.option("--seed", type=click.IntRange(1, 2**31), default=1, show_default=True)
@click.option("--jobs", type=click.IntRange(1, 256), default=1, show_default=True)
@click.option(
    "--corpus",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("corpus"),
    show_default=True,
    help="Folder for cases and inputs.",
)
@click.option(
    "--instrument",
    is_flag=True,
    help="Guide by the branches of the engine's modules too; 2-3 times slower.",
)
@click.option(
    "--strategy",
    type=click.Choice(sorted(STRATEGIES)),
    default=None,
    help="Random requests under this search strategy, in place of the guided fuzzer.",
)
@as_json
@plain_errors
def fuzz(
    engine: str,
    libfuzzer: tuple[str, ...],
    seconds: float,
    runs: int | None,
    seed: int,
    jobs: int,
    corpus: Path,
    instrument: bool,
    strategy: str | None,
    json_: bool,
) -> None:
    """Search ENGINE for schedules and requests that break it.

    ENGINE is a name from `harness engines` or path/to/file.py:ClassName. Findings are minimised
    and saved under corpus/<family>/. Without --time or --runs it goes on until Ctrl-C. What
    follows -- is passed to libFuzzer. Exit code: 0 nothing found, or only what is accepted; 1
    findings, new ones or such as are still open; 2 wrong use; 3 no run came to a verdict; 130 if
    Ctrl-C is why none did.
    """
    ref = find(engine)
    if strategy and (libfuzzer or instrument):
        what = "--instrument" if instrument else " ".join(libfuzzer)
        fail(f"{what} is for the guided fuzzer; leave it out, or leave out --strategy")
    _check(libfuzzer)
    options = Options(corpus, seed, runs or 0, seconds, jobs, instrument, libfuzzer, strategy or "")
    if any(argument.startswith(_OWN_MODES) for argument in libfuzzer):
        if why_unavailable() is not None:
            fail(f"{' '.join(libfuzzer)} is libFuzzer's, which needs Atheris to be installed")
        code = run_libfuzzer(ref, options, quiet=json_)
        if json_:
            print_json({"engine": ref.name, "libfuzzer": libfuzzer, "exit_code": code})
        raise SystemExit(code)
    progress = _campaign(ref, options, quiet=json_)
    if json_:
        print_json(_document(ref, progress))
    else:
        out.print(summary(ref.name, progress))
        if progress.collected:
            tell_folder(progress.collected[0].path.parent)
        if any(not found.accepted for found in progress.collected):
            point_to(
                next(f.path for f in progress.collected if not f.accepted), engine, "show", "accept"
            )
        rough = [found.path for found in progress.collected if not found.complete]
        if rough:
            point_to(rough[0], engine, "minimize")
    if progress.trouble:
        complain(progress.trouble)
    elif progress.waiting:
        complain(
            f"{counted(progress.waiting, 'raw finding')} not looked at yet; such stay in the "
            "spool, and the next campaign begins with them"
        )
    raise SystemExit(_exit_code(progress))


def _check(libfuzzer: Sequence[str]) -> None:
    if not libfuzzer or why_unavailable() is not None:
        return
    known = {f"-{name}=" for name in option_names()}
    for argument in libfuzzer:
        name = argument.partition("=")[0] + "="
        if argument.startswith("-") and ("=" not in argument or name not in known):
            meant = hint(name, known, "-help=1 lists them")
            fail(f"{argument} is no option of libFuzzer; {meant}")


def _exit_code(progress: Progress) -> int:
    if any(not found.accepted for found in progress.collected) or progress.nondeterministic:
        return FINDINGS
    if progress.trouble:
        return WRONG_USE
    if progress.interrupted and progress.waiting:
        return FINDINGS
    if progress.status.judged:
        return CLEAN
    return INTERRUPTED if progress.interrupted else INCONCLUSIVE


def _campaign(ref: EngineRef, options: Options, *, quiet: bool) -> Progress:
    show: Callable[[Progress], None]
    display: AbstractContextManager[Live | None] = nullcontext()
    if err.is_terminal and not quiet:
        display = Live(console=err, refresh_per_second=8, transient=True)
    with display as screen:

        def show(progress: Progress) -> None:
            if screen is not None:
                screen.update(live(ref.name, progress))

        campaign = Campaign(ref, options, show)
        if campaign.progress.unguided:
            complain(campaign.progress.unguided)
        return campaign.run()


def _document(ref: EngineRef, progress: Progress) -> dict[str, object]:
    status = progress.status
    return {
        "engine": ref.name,
        "seconds": round(progress.seconds, 2),
        "runs": status.runs,
        "features": status.places,
        "known": progress.known,
        "inputs": progress.inputs,
        "step_limit": status.limited,
        "instrumented": progress.instrumented,
        "seen": dict(status.verdicts),
        "trouble": progress.trouble,
        "interrupted": progress.interrupted,
        "waiting": progress.waiting,
        "findings": [
            {
                "finding": found.case.finding,
                "cause": found.case.cause,
                "title": found.case.title,
                "new": found.new,
                "accepted": found.accepted,
                "complete": found.complete,
                "seconds": found.seconds,
                "runs": found.runs,
                "switches": len(found.case.switches),
                "case": str(found.path),
            }
            for found in progress.collected
        ],
    }
