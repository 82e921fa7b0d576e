"""How many runs a second does a guided campaign make, against an unguided one?

``python -m benchmarks.throughput [ENGINE ...] [--runs N] [--rounds N]``

Whole worker processes as campaigns start them, on an empty corpus, in interleaved rounds. CPU
time of the process, its start included; the least of the rounds. An unguided campaign is
what there is without Atheris: random walks through random workloads, many through each.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks import WIDTH
from harness.campaign import libfuzzer
from harness.campaign.worker import Task

ENGINES = ("haproxy@1.8", "haproxy@5541d4995", "haproxy@50872daa6")


def cpu_seconds(engine: str, seed: int, runs: int, *, guided: bool) -> float:
    """CPU seconds of a worker that makes so many runs."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for part in ("spool", "log", "inputs"):
            (folder / part).mkdir()
        task = Task(
            engine, str(folder / "spool"), str(folder / "log"), seed, runs, 0.0, guided, False
        )
        command = [
            *(sys.executable, "-m", "harness.campaign.worker", str(folder / "inputs")),
            *libfuzzer.options(seed),
            *(f"-runs={runs}", f"-artifact_prefix={folder / 'log'}/"),
        ]
        before = os.times()
        quiet = subprocess.DEVNULL
        subprocess.run(
            command, env=task.environment(), stdin=quiet, stdout=quiet, stderr=quiet, check=True
        )
        after = os.times()
    spent = after.children_user + after.children_system
    return spent - before.children_user - before.children_system


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("engines", nargs="*", default=ENGINES)
    parser.add_argument("--runs", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=3)
    wanted = parser.parse_args()
    table = Table("engine", "unguided, µs a run", "guided, µs a run", "runs a second, guided")
    for engine in wanted.engines:
        least = [float("inf")] * 2
        for seed in range(1, wanted.rounds + 1):
            for guided in (False, True):
                spent = cpu_seconds(engine, seed, wanted.runs, guided=guided)
                least[guided] = min(least[guided], spent)
        unguided, guided_ = (1e6 * seconds / wanted.runs for seconds in least)
        share = f"{unguided / guided_:.2f} of unguided"
        table.add_row(engine, f"{unguided:.0f}", f"{guided_:.0f}", share)
    Console(width=WIDTH).print(table)


if __name__ == "__main__":
    main()
