"""What exploring every interleaving says of HAProxy's queue.

``python -m benchmarks.proofs [TABLE …] [--seconds S] [--long S] [--write]``

Answers three questions, each by workloads and interleavings up to a bound, one server with one
slot. (1) With the dequeuing flag and without the re-check: can a request be stranded? (2) b11495652
as it is: stranded requests, endless loops? (3) Each fix in the gallery: is what it mended gone, up
to 2 threads with 2 requests, and in every interleaving of the workload that showed it?

Each row of (3) may take ``--seconds`` and a quarter, each larger bound of (2) ``--long``; what did
not finish says how far it came. ``--write`` puts the tables into ``docs/haproxy-proofs.md``.
Seconds in the tables are CPU time of one core.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.table import Table

from benchmarks import watched, wide_console
from benchmarks.gallery import case_of
from benchmarks.gallery_page import replaced, table
from harness.cases.casefile import load
from harness.engine.registry import find
from harness.engines.haproxy.pairs import PAIRS, Pair
from harness.model.wording import describe_switch, describe_workload
from harness.model.workload import Workload
from harness.verify.certificate import Certificate, Verdict, issue
from harness.verify.counterexample import save_counterexample
from harness.verify.display import bound_text
from harness.verify.results import Explored
from harness.verify.verification import explore, verify
from harness.verify.workloads import Bound, left_out, workloads

PAGE = Path("docs/haproxy-proofs.md")
Row = dict[str, str]
SMALLEST = Bound(2, 2)
WITHOUT, SEED = "b11495652-no-recheck", "b11495652"
LARGER = (
    Bound(2, 3, preemptions=1),
    Bound(2, 3, preemptions=2),
    Bound(3, 3, preemptions=1),
    Bound(2, 3),
    Bound(3, 3),
)
"""Bounds of the second question beyond the smallest one."""

ASKED = ("stranded px.queue", "stranded s#.queue", "endless-loop")
"""Signatures that the first two questions are about; a prefix is enough."""


_proven: dict[str, tuple[Certificate, list[Workload]]] = {}


def prove(revision: str, bound: Bound, seconds: float) -> tuple[Certificate, list[Workload]]:
    """Explore a revision up to a bound, for so long at most; once only."""
    key = f"{revision} {bound}"
    if key not in _proven:
        _proven[key] = _prove(revision, bound, seconds)
    return _proven[key]


def _prove(revision: str, bound: Bound, seconds: float) -> tuple[Certificate, list[Workload]]:
    ref = find(f"haproxy@{revision}")
    every = workloads(ref.spec, bound)
    progress = verify(
        ref,
        every,
        preemptions=bound.preemptions,
        seconds=seconds,
        jobs=1,
        before=(),
        tell=lambda progress: None,
    )
    outside = left_out(ref.spec, bound)
    return issue(ref.name, bound, outside, len(every), progress.explored), every


def complete(certificate: Certificate) -> bool:
    """Whether nothing within the bound is left unexplored."""
    return not certificate.reasons


def extent(certificate: Certificate) -> str:
    """How much of a bound was explored."""
    c = certificate
    return "all" if complete(c) else f"{c.finished} of {c.workloads}; {'; '.join(c.reasons)}"


def answers(certificate: Certificate, signatures: Sequence[str]) -> Iterator[str]:
    """For each of the signatures whether it was found, or proven absent."""
    shown = {witness.signature for _, witness in certificate.found}
    for signature in signatures:
        if any(s.startswith(signature) for s in shown):
            yield "yes"
        else:
            yield "no" if complete(certificate) else "not found"


def question(revision: str, bound: Bound, seconds: float) -> Row:
    """A row of the first two tables."""
    certificate, _ = prove(revision, bound, seconds)
    return {
        "revision": revision,
        "bound": bound_text(certificate),
        **dict(zip(ASKED, answers(certificate, ASKED), strict=True)),
        "workloads explored": extent(certificate),
        "traces": f"{certificate.traces:,}",
        "CPU s": f"{certificate.seconds:.1f}",
    }


def smallest(revision: str, bound: Bound, seconds: float) -> Iterator[Row]:
    """For each finding asked about, the smallest workload and the fewest preemptions."""
    ref = find(f"haproxy@{revision}")
    certificate, every = prove(revision, bound, seconds)
    for number, witness in certificate.found:
        if not witness.signature.startswith(ASKED):
            continue
        with TemporaryDirectory() as folder:
            example = save_counterexample(ref, every[number], witness, Path(folder))
            switches = load(example.path).switches if example.path is not None else ()
        fewer = "fewer is impossible" if example.fewest else "fewer was not ruled out"
        count = "?" if example.preemptions is None else example.preemptions
        yield {
            "revision": revision,
            "finding": witness.signature,
            "found within": bound_text(certificate),
            "smallest workload": "; ".join(describe_workload(every[number], ref.spec)),
            "preemptions": f"{count} ({fewer})",
            "schedule": "; ".join(f"`{describe_switch(s)}`" for s in switches)
            or "can not be saved",
        }


def of_workload(pair: Pair, seconds: float) -> Explored | None:
    """All interleavings of the workload of the pair's case, on the revision without the bug."""
    path = case_of(pair)
    if path is None:
        return None
    ref = find(f"haproxy@{pair.clean}")
    until = time.monotonic() + seconds / 4
    return explore(ref, load(path).workload(ref.spec), 0, None, until, lambda explored: None)


def fix(pair: Pair, seconds: float) -> Row:
    """A row of the third table."""
    certificate, _ = prove(pair.clean, SMALLEST, seconds)
    (answer,) = answers(certificate, [pair.signature])
    explored = of_workload(pair, seconds)
    row = {
        "fix": pair.name,
        "finding": pair.signature,
        "2 × 2": verdict(answer),
        "traces": f"{certificate.traces:,}",
        "CPU s": f"{certificate.seconds:.1f}",
    }
    if explored is None:
        return {**row, "its case": "there is none", "traces of it": "", "CPU s of it": ""}
    one = issue(certificate.engine, SMALLEST, (), 1, [explored])
    (answer,) = answers(one, [pair.signature])
    share = "" if complete(one) else f" in about {explored.estimate:.0%}"
    return {
        **row,
        "its case": verdict(answer) + share,
        "traces of it": f"{one.traces:,}",
        "CPU s of it": f"{one.seconds:.1f}",
    }


def verdict(answer: str) -> str:
    """The answer, as the third table puts it."""
    return {"no": Verdict.VERIFIED.value, "yes": "shows that finding"}.get(answer, answer)


def first(seconds: float, long: float) -> list[Row]:
    """The flag without the re-check."""
    return [question(WITHOUT, SMALLEST, seconds)]


def second(seconds: float, long: float) -> list[Row]:
    """The revision as it was committed."""
    larger = [question(SEED, bound, long) for bound in watched(LARGER, "exploring")]
    return [question(SEED, SMALLEST, seconds), *larger]


def shown(seconds: float, long: float) -> list[Row]:
    """What the first two found, by the smallest workload that shows it."""
    rows: dict[str, Row] = {}
    for row in smallest(WITHOUT, SMALLEST, seconds):
        rows.setdefault(f"{WITHOUT} {row['finding']}", row)
    for bound in watched(LARGER, "exploring"):
        for row in smallest(SEED, bound, long):
            rows.setdefault(f"{SEED} {row['finding']}", row)
    return list(rows.values())


def third(seconds: float, long: float) -> list[Row]:
    """The fixes."""
    return [fix(pair, seconds) for pair in watched(PAIRS, "exploring")]


TABLES = {"question 1": first, "question 2": second, "smallest": shown, "question 3": third}
"""Regions of the page, and what fills them."""


def main() -> None:
    """Explore and report."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.proofs", description=__doc__)
    parser.add_argument("tables", nargs="*", help=f"of {', '.join(TABLES)}; all by default")
    parser.add_argument("--seconds", type=float, default=60.0, help="for each small bound")
    parser.add_argument("--long", type=float, default=600.0, help="for each larger bound")
    parser.add_argument("--write", action="store_true", help=f"write the tables into {PAGE}")
    options = parser.parse_args()
    if not TABLES.keys() >= {*options.tables}:
        parser.error(f"there is no such table; there are {', '.join(TABLES)}")
    console = wide_console()
    for region in options.tables or TABLES:
        rows = TABLES[region](options.seconds, options.long)
        display = Table(*rows[0], title=region)
        for row in rows:
            display.add_row(*row.values())
        console.print(display)
        if options.write:
            page = PAGE.read_text(encoding="utf-8")
            PAGE.write_text(replaced(page, region, table(rows)), encoding="utf-8")


if __name__ == "__main__":
    main()
