"""What a verification looks like while it runs and when it is over."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from harness.campaign.display import case_id
from harness.model.spec import EngineSpec
from harness.model.wording import counted, describe_workload
from harness.model.workload import Workload
from harness.verify.certificate import Certificate, Verdict
from harness.verify.counterexample import Counterexample
from harness.verify.verification import Progress

_STYLE = {
    Verdict.VERIFIED: "bold green",
    Verdict.BOUNDED: "bold yellow",
    Verdict.INCONCLUSIVE: "bold yellow",
    Verdict.COUNTEREXAMPLE: "bold red",
}


def live(engine: str, progress: Progress) -> RenderableType:
    """The display of a verification in progress."""
    every = [*progress.explored, *([progress.present] if progress.present else [])]
    runs = sum(e.tally.runs for e in every)
    rate = runs / progress.seconds if progress.seconds else 0.0
    share = progress.estimate
    left = f"{progress.seconds * (1 - share) / share:,.0f} s left?" if share else ""
    found = len({s for e in every for s in e.witnesses})
    return Text.assemble(
        (f"{engine}  ", "bold"),
        f"workload {len(progress.explored) + 1:,} of {progress.total:,}  ",
        (counted(runs, "run"), "cyan"),
        f" ({rate:,.0f}/s)  {share:.0%}  {left}  ",
        (counted(found, "finding"), "bold red" if found else "green"),
        overflow="ellipsis",
        no_wrap=True,
    )


def summary(
    certificate: Certificate,
    examples: Sequence[Counterexample],
    workloads: Sequence[Workload],
    spec: EngineSpec,
) -> RenderableType:
    """The certificate for people."""
    c = certificate
    parts: list[RenderableType] = [
        Text.assemble((c.verdict.value, _STYLE[c.verdict]), f"  {c.engine}, {bound_text(c)}"),
        Text(
            f"{c.finished:,} of {counted(c.workloads, 'workload')} explored: "
            f"{counted(c.traces, 'class', 'classes')} of equivalent runs, "
            f"{counted(c.runs, 'run')}, up to {counted(c.longest, 'step')}, "
            f"{c.seconds:,.1f} s of CPU time"
        ),
    ]
    parts += [Text(f"because {reason}", style="yellow") for reason in c.reasons]
    if c.found:
        parts += [Text(), _table(c, examples, workloads, spec), *_of_before(examples)]
    if c.absent:
        kinds = ", ".join(kind.value for kind in c.absent)
        parts += [Text(), Text(f"proven absent: {kinds}", style="green")]
    if c.left_out:
        parts += [Text(), Text("Outside the bound:", style="dim")]
        parts += [Text(f"· {one}", style="dim") for one in c.left_out]
    parts += [Text(), Text("This rests on:", style="dim")]
    parts += [Text(f"· {one}", style="dim") for one in c.assumptions]
    return Group(*parts)


def _of_before(examples: Sequence[Counterexample]) -> Iterator[Text]:
    """Which cases have been there before, and are not what the table says of the finding."""
    for example in examples:
        if example.path is not None and example.other:
            workload = ", ".join(example.other)
            yield Text(
                f"{case_id(example.path)} is of before, with another workload: {workload}",
                style="dim",
            )


def bound_text(certificate: Certificate) -> str:
    """The bound in words."""
    bound = certificate.bound
    words = [counted(bound.threads, "thread"), f"up to {counted(bound.requests, 'request')}"]
    if bound.names:
        words.append(f"up to {bound.operations} of {', '.join(bound.names)}")
    words += [
        f"{name}={'any' if value is None else value}" for name, value in bound.topology.items()
    ]
    if bound.preemptions is not None:
        words.append(f"up to {counted(bound.preemptions, 'preemption')}")
    return ", ".join(words)


def _table(
    certificate: Certificate,
    examples: Sequence[Counterexample],
    workloads: Sequence[Workload],
    spec: EngineSpec,
) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    for column in ("finding", "smallest workload", "preemptions", "case"):
        table.add_column(column, overflow="fold")
    shown = {example.witness.signature: example for example in examples}
    for number, witness in certificate.found:
        example = shown.get(witness.signature)
        count = path = ""
        if example is not None:
            few = " (fewer is impossible)" if example.fewest and example.preemptions else ""
            count = "?" if example.preemptions is None else f"{example.preemptions}{few}"
            path = case_id(example.path) if example.path else "its schedule can not be saved"
        style = "yellow" if witness.kind.warning else "red"
        text = ", ".join(describe_workload(workloads[number], spec))
        table.add_row(Text(witness.signature, style=style), text, count, path)
    return table
