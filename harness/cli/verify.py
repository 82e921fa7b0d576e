"""``harness verify ENGINE``: the proof mode."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures.process import BrokenProcessPool
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import click
from rich.live import Live

from harness.cli.console import (
    CLEAN,
    FINDINGS,
    INCONCLUSIVE,
    INTERRUPTED,
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
from harness.engine.registry import find
from harness.model.spec import EngineSpec
from harness.model.wording import counted, describe_workload
from harness.model.workload import Workload
from harness.verify.certificate import Certificate, Verdict, issue
from harness.verify.checkpoint import Checkpoint, CheckpointError
from harness.verify.counterexample import Counterexample, save_counterexample
from harness.verify.display import bound_text, live, summary
from harness.verify.dpor import AstrayError
from harness.verify.results import Explored
from harness.verify.verification import Progress
from harness.verify.verification import verify as explore_all
from harness.verify.workloads import Bound, BoundError, left_out, workloads

_CODES = {
    Verdict.VERIFIED: CLEAN,
    Verdict.BOUNDED: CLEAN,
    Verdict.COUNTEREXAMPLE: FINDINGS,
    Verdict.INCONCLUSIVE: INCONCLUSIVE,
}


class Fields(click.ParamType[dict[str, int | None]]):
    """Topology fields with their values, e.g. ``servers=1,maxconn=*``; None for all values."""

    name = "field=value,…"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> dict[str, int | None]:
        """The fields as a dictionary."""
        if isinstance(value, dict):
            return value
        fields: dict[str, int | None] = {}
        for part in filter(None, str(value).split(",")):
            name, equals, number = part.partition("=")
            number = number.strip()
            if not equals or not (number.isdecimal() or number == "*"):
                self.fail(f"{part!r} is not of the form field=number or field=*", param, ctx)
            fields[name.strip()] = None if number == "*" else int(number)
        return fields


@click.command()
@click.argument("engine")
@click.option("--threads", type=click.IntRange(1, 16), default=2, show_default=True)
@click.option(
    "--requests",
    type=click.IntRange(1, 16),
    default=2,
    show_default=True,
    help="Requests in all, at most.",
)
@click.option("--ops", default="", help="Operations besides arrivals, separated by commas.")
@click.option(
    "--operations", type=click.IntRange(1, 16), default=1, show_default=True, help="How many."
)
@click.option(
    "--topology",
    type=Fields(),
    default={},
    help="Fields, e.g. servers=2,maxconn=*, where * is all values. Others take their lowest.",
)
@click.option("--preemptions", type=click.IntRange(0, 64), help="Only runs with at most so many.")
@click.option("--time", "seconds", type=Duration(), default=0.0, help="Give up after, e.g. 10m.")
@click.option("--jobs", type=click.IntRange(1, 256), default=1, show_default=True)
@click.option("--resume", is_flag=True, help="Go on where this verification was stopped.")
@click.option(
    "--corpus",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("corpus"),
    show_default=True,
    help="Folder for cases and for what --resume needs.",
)
@as_json
@plain_errors
def verify(
    engine: str,
    threads: int,
    requests: int,
    ops: str,
    operations: int,
    topology: dict[str, int | None],
    preemptions: int | None,
    seconds: float,
    jobs: int,
    resume: bool,
    corpus: Path,
    json_: bool,
) -> None:
    """Explore ALL behaviours of ENGINE up to a bound, and say what that proves.

    Every workload of that many threads with up to that many requests, every interleaving but
    for equivalent ones. Ends with a certificate, or with a minimal case for each finding. Exit
    code: 0 verified, or clean within a further bound; 1 counterexample; 2 wrong use; 3
    inconclusive.
    """
    ref = find(engine)
    names = tuple(name.strip() for name in ops.split(",") if name.strip())
    bound = Bound(threads, requests, operations if names else 0, names, topology, preemptions)
    try:
        every = workloads(ref.spec, bound)
    except BoundError as error:
        fail(str(error))
    checkpoint = Checkpoint(corpus / ref.family / "verify", ref, bound)
    before: list[Explored] = []
    if resume:
        try:
            before = checkpoint.load()
        except CheckpointError as error:
            complain(f"{error}; starting anew")
    finished = len(before)

    shown = Live(console=err, transient=True, auto_refresh=False)
    showing: AbstractContextManager[object] = shown if err.is_terminal else nullcontext()

    def tell(progress: Progress) -> None:
        nonlocal finished
        if len(progress.explored) > finished:
            finished = len(progress.explored)
            checkpoint.save(progress.explored)
        if err.is_terminal:
            shown.update(live(ref.name, progress), refresh=True)

    try:
        with showing:
            progress = explore_all(
                ref,
                every,
                preemptions=preemptions,
                seconds=seconds,
                jobs=jobs,
                before=before,
                tell=tell,
            )
    except (KeyboardInterrupt, BrokenProcessPool) as error:
        stopped = isinstance(error, KeyboardInterrupt)
        fail(
            f"{'interrupted' if stopped else 'a process ended early, or was killed'}: "
            f"{finished:,} of {counted(len(every), 'workload')} finished and kept; "
            "the same command with --resume goes on there",
            INTERRUPTED if stopped else INCONCLUSIVE,
        )
    certificate = issue(ref.name, bound, left_out(ref.spec, bound), len(every), progress.explored)
    try:
        examples = [
            save_counterexample(ref, every[number], witness, corpus)
            for number, witness in certificate.found
        ]
    except AstrayError as error:
        fail(f"no case could be made of what was found: {error}", INCONCLUSIVE)
    if json_:
        print_json(_document(certificate, examples, every, ref.spec))
    else:
        out.print(summary(certificate, examples, every, ref.spec))
        saved = [example.path for example in examples if example.path is not None]
        if saved:
            tell_folder(saved[0].parent)
            point_to(saved[0], engine, "show", "accept")
    raise SystemExit(_CODES[certificate.verdict])


def _document(
    certificate: Certificate,
    examples: Sequence[Counterexample],
    every: Sequence[Workload],
    spec: EngineSpec,
) -> dict[str, object]:
    c = certificate
    return {
        "engine": c.engine,
        "verdict": c.verdict.value,
        "bound": bound_text(c),
        "workloads": c.workloads,
        "finished": c.finished,
        "traces": c.traces,
        "runs": c.runs,
        "longest": c.longest,
        "seconds": round(c.seconds, 2),
        "reasons": list(c.reasons),
        "absent": [kind.value for kind in c.absent],
        "left_out": list(c.left_out),
        "assumptions": list(c.assumptions),
        "findings": [
            {
                "finding": witness.kind.value,
                "signature": witness.signature,
                "title": witness.message,
                "workload": describe_workload(every[number], spec),
                "preemptions": example.preemptions,
                "fewest": example.fewest,
                "case": str(example.path) if example.path else None,
                "case_workload": list(example.other) or None,
            }
            for (number, witness), example in zip(c.found, examples, strict=True)
        ],
    }
