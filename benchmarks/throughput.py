"""How many runs a second does a guided campaign make, against an unguided one?

``python -m benchmarks.throughput [ENGINE ...] [--runs N] [--rounds N]``

Whole worker processes as campaigns start them, in interleaved rounds: on an empty corpus, and a
guided one with the cases of ``corpus/haproxy`` that were found on earlier revisions as well. CPU
time of the process, its start included; the least of the rounds. An unguided campaign is what
there is without Atheris: random walks through random workloads, two through each.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from rich.table import Table

from benchmarks import watched, wide_console
from benchmarks.searching import worker_command
from harness.cases.casefile import sound_cases
from harness.engines.haproxy import HISTORY

ENGINES = ("haproxy@1.8", "haproxy@5541d4995", "haproxy@b11495652", "haproxy@50872daa6")


WAYS = {"unguided": (False, False), "guided": (True, False), "guided, with cases": (True, True)}
"""How a worker is started: whether it is guided, and whether it begins with cases."""


def copy_earlier(engine: str, folder: Path) -> str:
    """Copy the cases that were found on earlier revisions to a folder, and name it."""
    order = [f"haproxy@{revision}" for revision in HISTORY]
    for path, case in sound_cases(Path("corpus/haproxy")):
        if case.found_on in order[: order.index(engine)]:
            shutil.copy(path, folder)
    return str(folder)


def cpu_seconds(engine: str, seed: int, runs: int, way: str) -> float:
    """CPU seconds of a worker that makes so many runs."""
    guided, knows = WAYS[way]
    with tempfile.TemporaryDirectory() as name:
        cases = copy_earlier(engine, Path(name)) if knows else ""
        command, environment = worker_command(
            Path(name), engine, seed, guided=guided, runs=runs, cases=cases
        )
        before = os.times()
        quiet = subprocess.DEVNULL
        subprocess.run(
            command, env=environment, stdin=quiet, stdout=quiet, stderr=quiet, check=True
        )
        after = os.times()
    spent = after.children_user + after.children_system
    return spent - before.children_user - before.children_system


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.throughput", description=__doc__)
    parser.add_argument("engines", nargs="*", default=ENGINES)
    parser.add_argument("--runs", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=3)
    wanted = parser.parse_args()
    table = Table("engine", *(f"{way}, µs a run" for way in WAYS), "runs a second")
    for engine in watched(wanted.engines, "measuring"):
        least = dict.fromkeys(WAYS, float("inf"))
        for seed in range(1, wanted.rounds + 1):
            for way in WAYS:
                least[way] = min(least[way], cpu_seconds(engine, seed, wanted.runs, way))
        took = [1e6 * seconds / wanted.runs for seconds in least.values()]
        shares = " and ".join(f"{took[0] / one:.2f}" for one in took[1:])
        table.add_row(engine, *(f"{one:.0f}" for one in took), f"{shares} of unguided")
    wide_console().print(table)


if __name__ == "__main__":
    main()
