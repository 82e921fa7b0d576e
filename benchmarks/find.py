"""How soon does a campaign find the known bugs, from nothing, and does guidance help?

``python -m benchmarks.find [--engines ...] [--kinds ...] [--seeds N] [--limit SECONDS]
[--modes guided unguided] [--jobs N] [--json]``

For each engine, mode and seed one worker process starts on an empty corpus and is stopped when
it has shown every kind, or after the limit. CPU and wall time include the start of the process.
What was not found counts as longer than the limit: medians stay right as long as half of the
seeds succeed, and are printed as "> limit" when they do not.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from functools import partial
from itertools import product
from statistics import median

from rich.console import Console
from rich.table import Table

from benchmarks import watched, wide_console
from benchmarks.searching import SearchWorker
from harness.campaign.libfuzzer import why_unavailable

ENGINES = ("haproxy@ddab05b98", "haproxy@5541d4995")
KINDS = ("stranded", "endless-loop", "over-admission")
MODES = ("guided", "unguided")

ABSENT = {("haproxy@ddab05b98", "endless-loop")}
"""Kinds that an engine does not show: looking for them would take the whole limit."""

TARGETS = {
    ("haproxy@ddab05b98", "stranded"): 2.0,
    ("haproxy@5541d4995", "stranded"): 60.0,
    ("haproxy@5541d4995", "endless-loop"): 60.0,
}
"""Seconds of a guided campaign that were asked for, median over the seeds."""


@dataclass(frozen=True, slots=True)
class Hit:
    """The first finding of a kind.

    Attributes:
        engine, mode, seed, kind: of what.
        cpu, wall: seconds since the process was started.
        runs: inputs executed.
    """

    engine: str
    mode: str
    seed: int
    kind: str
    cpu: float
    wall: float
    runs: int


def search(engine: str, mode: str, seed: int, kinds: Sequence[str], limit: float) -> list[Hit]:
    """Run one worker until it has shown all ``kinds`` or ``limit`` seconds of CPU are spent."""
    hits: dict[str, Hit] = {}
    with SearchWorker(engine, seed, guided=mode == "guided") as worker:
        while len(hits) < len(kinds) and worker.cpu < limit:
            for raw in worker.wait():
                kind = raw.signature.split()[0]
                if kind in kinds and (kind not in hits or raw.runs < hits[kind].runs):
                    seen = hits.get(kind)
                    when = (seen.cpu, seen.wall) if seen else (worker.cpu, worker.wall)
                    hits[kind] = Hit(engine, mode, seed, kind, *when, raw.runs)
    return list(hits.values())


def censored(values: Sequence[float], seeds: int, limit: str) -> str:
    """Median and range of the seeds that succeeded; the others lie beyond ``limit``."""
    missing = seeds - len(values)
    if not values:
        return f">{limit}"
    middle = median([*values, *[float("inf")] * missing])
    shown = f">{limit}" if middle == float("inf") else _number(middle)
    most = f">{limit}" if missing else _number(max(values))
    return f"{shown} ({_number(min(values))}..{most})"


def _number(value: float) -> str:
    return f"{value:,.0f}" if isinstance(value, int) or value >= 100 else f"{value:.2f}"


def show(console: Console, hits: Sequence[Hit], options: argparse.Namespace) -> None:
    """Print one table for each engine: median (min..max)."""
    for engine in options.engines:
        table = Table(title=f"{engine}: first finding, median (min..max) of {options.seeds} seeds")
        for column in ("kind", "mode"):
            table.add_column(column, no_wrap=True)
        for column in ("found", "CPU s", "wall s", "runs", "asked for"):
            table.add_column(column, justify="right", no_wrap=True)
        for kind, mode in product(kinds_of(engine, options), options.modes):
            of = [h for h in hits if (h.engine, h.kind, h.mode) == (engine, kind, mode)]
            table.add_row(kind, mode, f"{len(of)}/{options.seeds}", *_columns(of, options))
        console.print(table)


def _columns(of: Sequence[Hit], options: argparse.Namespace) -> Iterator[str]:
    seeds, limit = options.seeds, f"{options.limit:g}"
    yield censored([h.cpu for h in of], seeds, limit)
    yield censored([h.wall for h in of], seeds, limit)
    yield censored([h.runs for h in of], seeds, "all")
    if of and of[0].mode == "guided" and (of[0].engine, of[0].kind) in TARGETS:
        target = TARGETS[of[0].engine, of[0].kind]
        yield f"{target:g} s: {_met(of, seeds, target)}"


def _met(of: Sequence[Hit], seeds: int, target: float) -> str:
    times = [*[h.cpu for h in of], *[float("inf")] * (seeds - len(of))]
    return "met" if median(times) <= target else "missed"


def kinds_of(engine: str, options: argparse.Namespace) -> Sequence[str]:
    """The kinds to look for on ``engine``."""
    return [kind for kind in options.kinds if (engine, kind) not in ABSENT]


def searches(options: argparse.Namespace) -> Iterator[Callable[[], list[Hit]]]:
    """All searches: seed by seed, so that engines and modes share good and bad moments."""
    for seed, engine, mode in product(range(1, options.seeds + 1), options.engines, options.modes):
        yield partial(search, engine, mode, seed, kinds_of(engine, options), options.limit)


def main() -> None:
    """Search and report."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.find", description=__doc__)
    parser.add_argument("--engines", nargs="+", default=ENGINES, metavar="ENGINE")
    parser.add_argument("--kinds", nargs="+", default=KINDS, metavar="KIND")
    parser.add_argument("--modes", nargs="+", default=MODES, choices=MODES)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--limit", type=float, default=60.0, help="CPU seconds for each search")
    parser.add_argument("--jobs", type=int, default=1, help="searches at the same time")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    console = wide_console(stderr=options.json)
    missing = why_unavailable()
    if missing and "guided" in options.modes:
        console.print(missing)
        options.modes = [mode for mode in options.modes if mode != "guided"]
    hits: list[Hit] = []
    todo = list(searches(options))
    with ThreadPoolExecutor(options.jobs) as pool:
        for found in watched(pool.map(lambda one: one(), todo), "searching", len(todo)):
            hits += found
    if options.json:
        print(json.dumps({"limit": options.limit, "hits": [asdict(h) for h in hits]}, indent=2))
    else:
        show(console, hits, options)


if __name__ == "__main__":
    main()
