"""What a campaign looks like while it runs and when it is over."""

from __future__ import annotations

from pathlib import Path

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from harness.campaign.campaign import Progress
from harness.campaign.collector import Collected
from harness.cases.casefile import SUFFIX
from harness.model.finding import Kind
from harness.model.wording import counted

_STATES = {
    (True, False): ("new", "bold red"),
    (False, False): ("still open", "red"),
    (False, True): ("accepted", "dim"),
}


def live(engine: str, progress: Progress) -> RenderableType:
    """The display of a running campaign."""
    status = progress.status
    rate = status.runs / status.seconds if status.seconds else 0.0
    line = Text.assemble(
        (f"{engine}  ", "bold"),
        f"{_clock(progress.seconds)}  ",
        (counted(status.runs, "run"), "cyan"),
        f" ({rate:,.0f}/s)  ",
        f"{counted(status.places, 'feature')}  {counted(progress.inputs, 'input')}  ",
        (
            counted(len(progress.collected), "finding"),
            "bold red" if progress.collected else "green",
        ),
        f"  {progress.waiting} to look at" if progress.waiting and not progress.ending else "",
        f"  {progress.busy} …" if progress.busy and not progress.ending else "",
        overflow="ellipsis",
        no_wrap=True,
    )
    parts: list[RenderableType] = [line]
    if progress.ending:
        doing = progress.busy or "waiting for the workers"
        parts.append(
            Text.assemble(
                (f"{progress.ending}: {doing} …", "bold yellow"),
                "  Ctrl-C leaves the rest to the next campaign",
            )
        )
    if progress.collected:
        parts.append(findings(progress.collected))
    return Group(*parts)


def summary(engine: str, progress: Progress) -> RenderableType:
    """What is left to read when a campaign is over."""
    status = progress.status
    rate = status.runs / status.seconds if status.seconds else 0.0
    parts: list[RenderableType] = [
        Text(
            f"{engine}: {counted(status.runs, 'run')} in {_clock(progress.seconds)} "
            f"({rate:,.0f}/s), {counted(status.places, 'feature')}, "
            f"{counted(progress.inputs, 'input')}"
            + (f"; began with {counted(progress.known, 'case')}" if progress.known else "")
        )
    ]
    if progress.collected:
        parts += [Text(), findings(progress.collected)]
    elif progress.nondeterministic:
        parts.append(Text("verdict: nondeterministic engine; nothing was saved", style="bold red"))
    elif progress.trouble:
        parts.append(Text("stopped before anything was found", style="bold red"))
    elif progress.interrupted and progress.waiting:
        parts.append(Text("nothing was saved yet", style="bold red"))
    elif not status.judged:
        parts.append(Text("nothing could be judged: no run came to a verdict", style="bold yellow"))
    else:
        parts.append(Text("nothing found", style="green"))
    counts = [f"{n:,} × {_signed(name)}" for name, n in sorted(status.verdicts.items())]
    if counts:
        parts += [Text(), Text("seen: " + ", ".join(counts), style="dim")]
    if progress.instrumented:
        parts.append(Text(f"instrumented: {', '.join(progress.instrumented)}", style="dim"))
    if status.limited:
        limited = counted(status.limited, "run")
        parts.append(Text(f"{limited} ended at the step limit: inconclusive"))
    return Group(*parts)


def findings(collected: list[Collected]) -> Table:
    """A table of findings, gravest first: requests, threads and switches of the minimal case."""
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    for column in ("finding", "where", "req", "thr", "sw", "after", "state", "case"):
        numbers = column in ("req", "thr", "sw", "after")
        table.add_column(column, justify="right" if numbers else "left", overflow="fold")
    for found in sorted(collected, key=lambda c: (_rank(c), c.seconds)):
        case = found.case
        state, style = _STATES[found.new, found.accepted]
        table.add_row(
            case.finding,
            case.cause.split(" | ")[0].removeprefix(case.finding).strip(),
            str(sum(" arrive " in op for op in case.ops)),
            str(case.topology["threads"]),
            str(len(case.switches)),
            f"{found.seconds:.1f} s",
            Text(state, style=style),
            case_id(found.path),
        )
    return table


def case_id(path: Path) -> str:
    """What tells a case from the others in its folder: the end of its name."""
    return path.name.removesuffix(SUFFIX).rpartition("-")[2]


def _signed(signature: str) -> str:
    warning = Kind(signature.partition(" ")[0]).warning
    return f"{signature} (warning, not saved)" if warning else signature


def _rank(found: Collected) -> int:
    return Kind(found.case.finding).severity


def _clock(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes}:{rest:02d} min" if minutes else f"{seconds:.1f} s"
