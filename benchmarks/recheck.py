"""Is the re-check still needed once the dequeuing flag is there? An exhaustive look at small cases.

For HAProxy's b11495652 with and without the re-check: every workload of two and three plain
arrivals on one server with one slot, every schedule with a bounded number of deviations from
the default policy. Prints how many schedules show what. Run: python -m benchmarks.recheck
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from itertools import combinations, product

from rich.console import Console
from rich.progress import track
from rich.table import Table

from harness.engine.registry import find
from harness.execute.opening import open_executor
from harness.model.params import Int
from harness.model.schedule import Schedule
from harness.model.spec import EngineSpec
from harness.model.workload import Op, Topology, Workload

ENGINES = ("haproxy@5541d4995", "haproxy@b11495652-no-recheck", "haproxy@b11495652")
SETTINGS = {"maxpoll": 2}
"""Topology fields that are not at their lowest value: one server, one slot."""

BOUNDS = {2: 3, 3: 2}
"""Requests → deviations up to which all schedules are run."""


def workloads(spec: EngineSpec, requests: int) -> Iterator[Workload]:
    """Each request on a thread of its own, balanced (-1) or bound to the server (0).

    Threads are interchangeable, so one order of the targets is enough.
    """
    lowest = {name: field.low for name, field in spec.topology.items() if isinstance(field, Int)}
    topology = Topology({**lowest, **SETTINGS, "threads": requests})
    for targets in sorted({tuple(sorted(t)) for t in product((-1, 0), repeat=requests)}):
        yield Workload(topology, tuple(Op(i, "arrive", (t,)) for i, t in enumerate(targets)))


def described(workload: Workload) -> str:
    """How many requests of each sort."""
    bound = sum(op.args[0] >= 0 for op in workload.ops)
    balanced = len(workload.ops) - bound
    return ", ".join(f"{n} {what}" for n, what in ((balanced, "balanced"), (bound, "bound")) if n)


def schedules(length: int, alternatives: int, bound: int) -> Iterator[Schedule]:
    """All schedules with up to ``bound`` deviations in the first ``length`` decisions."""
    for n in range(bound + 1):
        for places in combinations(range(length), n):
            gaps = [b - a - 1 for a, b in zip((-1, *places), places, strict=False)]
            for choices in product(range(alternatives), repeat=n):
                yield Schedule(gaps, choices, n)


def main() -> None:
    """Print the table."""
    console = Console(width=None if sys.stdout.isatty() else 150)
    table = Table("engine", "workload", "deviations", "schedules", "what they show")
    table.columns[0].no_wrap = table.columns[1].no_wrap = True
    for name in sys.argv[1:] or ENGINES:
        executor = open_executor(find(name))
        for requests, bound in BOUNDS.items():
            for workload in workloads(executor.spec, requests):
                length = executor.run(workload, Schedule()).steps + 4
                seen: Counter[str] = Counter()
                total = 0
                every = schedules(length, requests - 1, bound)
                text = described(workload)
                for schedule in track(every, text, console=console, transient=True):
                    total += 1
                    found = executor.run(workload, schedule).findings
                    seen.update({f.signature for f in found if not f.kind.warning})
                shown = ", ".join(f"{n:,} × {s}" for s, n in sorted(seen.items())) or "nothing"
                table.add_row(name, text, f"≤ {bound}", f"{total:,}", shown)
    console.print(table)


if __name__ == "__main__":
    main()
