"""How many runs a second does a guided campaign make, against an unguided one?

``python -m benchmarks.throughput [ENGINE ...] [--runs N] [--rounds N]``

Whole worker processes as campaigns start them, in interleaved rounds: on an empty corpus, and a
guided one with the cases of ``corpus/haproxy`` that were found on earlier revisions as well. CPU
time of the process, its start included; the least of the rounds. An unguided campaign is what
there is without Atheris: random walks through random workloads, two through each. To prove that a
run loops for ever takes long, so how many do is shown, in the same order.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from rich.table import Table

from benchmarks import watched, wide_console
from benchmarks.searching import worker_command
from harness.bench.subjects.gallery import before
from harness.campaign.status import read
from harness.cases.casefile import sound_cases

ENGINES = ("haproxy@1.8", "haproxy@5541d4995", "haproxy@b11495652", "haproxy@50872daa6")


WAYS = {"unguided": (False, False), "guided": (True, False), "guided, with cases": (True, True)}
"""How a worker is started: whether it is guided, and whether it begins with cases."""


def copy_earlier(engine: str, folder: Path) -> str:
    """Copy the cases that were found on earlier revisions to a folder, and name it."""
    earlier = before(engine)
    for path, case in sound_cases(Path("corpus/haproxy")):
        if case.found_on in earlier:
            shutil.copy(path, folder)
    return str(folder)


def measured(engine: str, seed: int, runs: int, way: str, folder: Path) -> tuple[float, int]:
    """A worker that makes so many runs: CPU seconds, and how many of the runs loop for ever."""
    guided, knows = WAYS[way]
    cases = copy_earlier(engine, folder) if knows else ""
    command, environment = worker_command(
        folder, engine, seed, guided=guided, runs=runs, cases=cases
    )
    start = os.times()
    quiet = subprocess.DEVNULL
    subprocess.run(command, env=environment, stdin=quiet, stdout=quiet, stderr=quiet, check=True)
    end = os.times()
    (path,) = folder.glob("log/status-*.json")
    status = read(path)
    assert status is not None
    loops = sum(n for name, n in status.verdicts.items() if name.startswith("endless-loop"))
    spent = end.children_user + end.children_system
    return spent - start.children_user - start.children_system, loops


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.throughput", description=__doc__)
    parser.add_argument("engines", nargs="*", default=ENGINES)
    parser.add_argument("--runs", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=3)
    wanted = parser.parse_args()
    # Nothing is deleted before the end: a file system may look for a while which files were
    # deleted just now whenever it makes one, and workers note what they find in files.
    with tempfile.TemporaryDirectory() as folder:
        table = measurements(wanted.engines, wanted.runs, wanted.rounds, folder)
        wide_console().print(table)


def measurements(engines: Sequence[str], runs: int, rounds: int, folder: str) -> Table:
    """The table, of workers that have their folders in ``folder``."""
    ways = [f"{way}, µs a run" for way in WAYS]
    table = Table("engine", *ways, "runs a second", "endless loops, of 10,000 runs")
    for engine in watched(engines, "measuring"):
        least = dict.fromkeys(WAYS, float("inf"))
        loops = dict.fromkeys(WAYS, 0)
        for seed in range(1, rounds + 1):
            for way in WAYS:
                own = Path(tempfile.mkdtemp(dir=folder))
                spent, looped = measured(engine, seed, runs, way, own)
                least[way] = min(least[way], spent)
                loops[way] += looped
        took = [1e6 * seconds / runs for seconds in least.values()]
        shares = " and ".join(f"{took[0] / one:.2f}" for one in took[1:])
        often = [f"{1e4 * n / runs / rounds:.0f}" for n in loops.values()]
        times = [f"{one:.0f}" for one in took]
        table.add_row(engine, *times, f"{shares} of unguided", ", ".join(often))
    return table


if __name__ == "__main__":
    main()
