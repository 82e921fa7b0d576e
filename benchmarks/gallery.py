"""HAProxy's queue bugs, one after the other: found, minimised, and gone with their fix.

``python -m benchmarks.gallery [PAIR ...] [--seeds N] [--limit SECONDS] [--jobs N] [--unguided]
[--save] [--json]``

For each pair of revisions and each seed one worker with the default settings starts on an empty
corpus, and is stopped when it has shown the bug: a finding of the pair's signature, which the
revision without the bug does not show under the same case. CPU time includes the start of the
process. The last line has the geometric mean over the pairs, where a search that did not show the
bug counts as the limit. With ``--unguided`` the workers have no guidance. With ``--save`` the
smallest case of three seeds whose schedule both revisions can follow is written to
``corpus/haproxy``.

The last columns say what the revision without the bug shows of the pair's signature: under the
minimal case of the corpus and 2,000 variants of its schedule, and in a campaign of its own that is
as long as the longest search for the bug. What that one finds was there on the bug's revision as
well or is another pair's bug: which, tell the causes.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import product
from pathlib import Path
from statistics import fmean

from rich.table import Table

from benchmarks import watched, wide_console
from benchmarks.find import censored
from benchmarks.searching import SearchWorker
from harness.bench.resampling import geometric_mean
from harness.campaign.collector import case_name
from harness.campaign.spool import RawFinding
from harness.cases.casefile import SavedCase, load, save
from harness.cases.cause import cause_of
from harness.cases.differential import Differential
from harness.cases.minimise import Minimal, minimise
from harness.cases.neighbours import neighbours
from harness.cases.replay import replay, replay_saved
from harness.codec.codec import Codec
from harness.engine.registry import find
from harness.engines.haproxy import HISTORY
from harness.engines.haproxy.open_findings import OPEN
from harness.engines.haproxy.pairs import GALLERY, Pair
from harness.execute.opening import open_executor
from harness.execute.run import Executor
from harness.model.finding import Finding
from harness.model.wording import describe_workload

CORPUS = Path("corpus/haproxy")
BUDGET = 5_000
"""Runs spent on minimising one hit."""

FRESH_SEED = 0
"""Of the campaign on the revision without the bug; the searches for the bug have others."""

SHORTEST = 10.0
"""CPU seconds that it takes at least."""

SHRUNK = 3
"""Hits of a pair that are minimised, to save the smallest."""


@dataclass(frozen=True, slots=True)
class Hit:
    """The first time a worker showed a pair's bug.

    Attributes:
        pair: its name.
        seed, cpu, runs: of the worker.
        raw: what it noted.
    """

    pair: str
    seed: int
    cpu: float
    runs: int
    raw: RawFinding


def opened(revision: str) -> Executor:
    """An executor of a revision."""
    return open_executor(find(f"haproxy@{revision}"))


def wanted(pair: Pair, findings: Sequence[Finding]) -> Finding | None:
    """The finding that is the pair's bug."""
    return next((f for f in findings if f.signature.startswith(pair.signature)), None)


def search(pair: Pair, seed: int, limit: float, *, guided: bool) -> Hit | None:
    """Let a worker search until it has shown the bug; None after ``limit`` seconds of CPU time.

    It goes on while its findings are looked at, so one may come of a time when it was too late.
    """
    bug, clean = opened(pair.bug), opened(pair.clean)
    codec = Codec(bug.spec)
    with SearchWorker(f"haproxy@{pair.bug}", seed, guided=guided) as worker:
        while worker.cpu < limit:
            for raw in worker.wait():
                if raw.signature.startswith(pair.signature) and raw.seconds < limit:
                    workload, schedule = raw.case(codec)
                    switches = bug.record(workload, schedule).switches
                    if not wanted(pair, replay(clean, workload, switches).recorded.run.findings):
                        return Hit(pair.name, seed, worker.cpu, raw.runs, raw)
    return None


def smallest(pair: Pair, hits: Sequence[Hit]) -> Minimal | None:
    """The smallest case that any of the hits shrinks to, if they do.

    The revision without the bug has to follow the same schedule, and be clean.
    """
    executor = Differential(opened(pair.bug), opened(pair.clean))
    codec = Codec(executor.spec)
    found = []
    with executor.guard():
        for hit in hits:
            workload, schedule = hit.raw.case(codec)
            recorded = executor.record(workload, schedule)
            finding = wanted(pair, recorded.run.findings)
            if finding is None:
                continue  # the other revision can not follow it
            try:
                small = minimise(executor, workload, recorded.switches, finding, budget=BUDGET)
            except ValueError:
                continue  # followed by its anchors, the other revision goes another way
            found.append(small)
    return min(
        found,
        key=lambda m: (m.workload.requests, len(m.workload.ops), len(m.switches)),
        default=None,
    )


def write(pair: Pair, minimal: Minimal) -> SavedCase:
    """Save the case, with what is to be expected of both revisions."""
    bug, clean = opened(pair.bug), opened(pair.clean)
    cause = cause_of(minimal.finding, minimal.workload, minimal.switches)
    case = SavedCase(
        family="haproxy",
        found_on=bug.spec.name,
        finding=minimal.finding.kind.value,
        title=minimal.finding.message,
        topology=minimal.workload.topology,
        ops=describe_workload(minimal.workload, bug.spec),
        switches=minimal.switches,
        expect={},
        cause=cause,
    )
    for executor in (bug, clean):
        shown = replay(executor, minimal.workload, case.switches, case.finding)
        case = case.expecting(executor.spec.name, shown.verdict)
    save(case, CORPUS / case_name(bug.spec.name, minimal.finding, cause))
    return case


def case_of(pair: Pair) -> Path | None:
    """The committed case of a pair: found on its bug, with an expectation of its clean revision."""
    for path in sorted(CORPUS.glob(f"{pair.bug}-{pair.kind}-*.case.toml")):
        case = load(path)
        if f"haproxy@{pair.clean}" in case.expect and case.cause.startswith(pair.signature):
            return path
    return None


def verdict(pair: Pair, case: SavedCase) -> str:
    """What the clean revision shows of the pair's signature under the case and its variants."""
    executor = opened(pair.clean)
    workload = case.workload(executor.spec)
    replayed = replay_saved(executor, case)
    if wanted(pair, replayed.recorded.run.findings):
        return "shows it"
    with executor.guard():
        runs = neighbours(executor, workload, replayed.recorded.schedule)
        shown = sum(wanted(pair, run.findings) is not None for run in runs)
    return f"clean, {replayed.fidelity.value}" + (f"; {shown} variants show it" if shown else "")


def campaign(pair: Pair, seconds: float) -> str:
    """What a campaign of so many CPU seconds finds on the clean revision, of the pair's signature.

    A campaign finds what is left, too: that is looked up among the bugs that were mended later.
    """
    shown: dict[str, RawFinding] = {}
    with SearchWorker(f"haproxy@{pair.clean}", FRESH_SEED, guided=True) as worker:
        while worker.cpu < seconds:
            for raw in worker.wait():
                if raw.signature.startswith(pair.signature):
                    shown.setdefault(raw.signature, raw)
    found = ", ".join(sorted({explained(pair, raw) for raw in shown.values()})) or "clean"
    return f"{found} in {seconds:.0f} s"


def explained(pair: Pair, raw: RawFinding) -> str:
    """The revision that has a bug like that and was mended after the pair was."""
    order = list(HISTORY)
    for other in GALLERY:
        later = order.index(other.bug) >= order.index(pair.clean)
        if later and raw.signature.startswith(other.signature):
            return f"as in {other.bug}"
    if any(raw.signature.startswith(load(CORPUS / o.case).finding) for o in OPEN):
        return "as in the newest"
    return until(pair, raw)


def until(pair: Pair, raw: RawFinding) -> str:
    """The last revision on which the same case shows the same: it may follow from another bug."""
    executor = opened(pair.clean)
    workload, schedule = raw.case(Codec(executor.spec))
    switches = executor.record(workload, schedule).switches
    order = list(HISTORY)
    last = pair.clean
    for revision in order[order.index(last) + 1 :]:
        other = opened(revision)
        if list(other.spec.topology) != list(executor.spec.topology):
            break  # another model: what the case would be there is not decided here
        findings = replay(other, workload, switches).recorded.run.findings
        if any(finding.signature == raw.signature for finding in findings):
            last = revision
    return "as in the newest" if last == order[-1] else f"as in {last}"


def row(pair: Pair, hits: Sequence[Hit], options: argparse.Namespace) -> dict[str, str]:
    """What the table says of a pair."""
    limit = f"{options.limit:g}"
    longest = max((h.cpu for h in hits), default=0.0)
    length = max(SHORTEST, longest if len(hits) == options.seeds else options.limit)
    path = case_of(pair)
    case = load(path) if path else None
    return {
        "pair": pair.name,
        "finding": pair.signature,
        "found": f"{len(hits)}/{options.seeds}",
        "CPU s": censored([h.cpu for h in hits], options.seeds, limit),
        "runs": censored([h.runs for h in hits], options.seeds, "all"),
        "case": "-"
        if case is None
        else f"{len(case.ops)} ops, {case.topology['threads']} thr, {len(case.switches)} sw",
        "the case without the bug": "-" if case is None else verdict(pair, case),
        "a campaign without it": campaign(pair, length),
    }


def main() -> None:
    """Search and report."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.gallery", description=__doc__)
    parser.add_argument("pairs", nargs="*", help="names as the table prints them; all by default")
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--limit", type=float, default=60.0, help="CPU seconds for each search")
    parser.add_argument("--jobs", type=int, default=1, help="searches at the same time")
    parser.add_argument("--unguided", action="store_true", help="search without guidance")
    parser.add_argument("--save", action="store_true", help="write the smallest cases")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    console = wide_console(stderr=options.json)
    pairs = {pair.name: pair for pair in GALLERY}
    chosen = [pair for name, pair in pairs.items() if not options.pairs or name in options.pairs]
    if len(chosen) < len(options.pairs):
        parser.error(f"unknown pair; there are {', '.join(pairs)}")
    todo = list(product(chosen, range(1, options.seeds + 1)))
    hits: dict[str, list[Hit]] = {name: [] for name in pairs}
    with ProcessPoolExecutor(options.jobs) as pool:
        one = partial(search, limit=options.limit, guided=not options.unguided)
        found = pool.map(one, *zip(*todo, strict=True))
        for hit in watched(found, "searching", len(todo)):
            if hit is not None:
                hits[hit.pair].append(hit)
        if options.save:
            for pair in watched(chosen, "minimising"):
                minimal = smallest(pair, hits[pair.name][:SHRUNK])
                if minimal is not None:
                    write(pair, minimal)
        of = [hits[pair.name] for pair in chosen]
        made = pool.map(partial(row, options=options), chosen, of)
        rows = list(watched(made, "the fixes", len(chosen)))
    if options.json:
        every = [
            {"pair": hit.pair, "seed": hit.seed, "cpu": hit.cpu, "runs": hit.runs}
            for found in of
            for hit in found
        ]
        print(json.dumps({"rows": rows, "hits": every, "overall": overall(of, options)}))
        return
    table = Table(*rows[0], title=f"median (min..max) of {options.seeds} seeds")
    for line in rows:
        table.add_row(*line.values())
    console.print(table)
    console.print(f"geometric mean: {overall(of, options):.2f} CPU s")


def overall(of: Sequence[Sequence[Hit]], options: argparse.Namespace) -> float:
    """The geometric mean over the pairs of the mean CPU seconds that finding one took."""
    spent = [
        [*[h.cpu for h in hits], *[options.limit] * (options.seeds - len(hits))] for hits in of
    ]
    return geometric_mean(list(map(fmean, spent)))


if __name__ == "__main__":
    main()
