"""How many runs a second does a guided campaign make, against an unguided one?

``python -m benchmarks.throughput [ENGINE ...] [--runs N] [--rounds N]``

Whole worker processes as campaigns start them, on an empty corpus, in interleaved rounds. CPU
time of the process, its start included; the least of the rounds. An unguided campaign is
what there is without Atheris: random walks through random workloads, two through each.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import tempfile
from pathlib import Path

from rich.table import Table

from benchmarks import watched, wide_console
from benchmarks.searching import worker_command

ENGINES = ("haproxy@1.8", "haproxy@5541d4995", "haproxy@50872daa6")


def cpu_seconds(engine: str, seed: int, runs: int, *, guided: bool) -> float:
    """CPU seconds of a worker that makes so many runs."""
    with tempfile.TemporaryDirectory() as name:
        command, environment = worker_command(Path(name), engine, seed, guided=guided, runs=runs)
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
    table = Table("engine", "unguided, µs a run", "guided, µs a run", "runs a second, guided")
    for engine in watched(wanted.engines, "measuring"):
        least = [float("inf")] * 2
        for seed in range(1, wanted.rounds + 1):
            for guided in (False, True):
                spent = cpu_seconds(engine, seed, wanted.runs, guided=guided)
                least[guided] = min(least[guided], spent)
        unguided, guided_ = (1e6 * seconds / wanted.runs for seconds in least)
        share = f"{unguided / guided_:.2f} of unguided"
        table.add_row(engine, f"{unguided:.0f}", f"{guided_:.0f}", share)
    wide_console().print(table)


if __name__ == "__main__":
    main()
