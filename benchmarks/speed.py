"""What does a run cost, and what are the parts of that cost?

``python -m benchmarks.speed [--rounds N] [--json] [--frontrun-python PATH]
[--interleave-python PATH]``

CPU time, never wall time, and interleaved rounds: each round measures every row once, and a
row's figure is its cheapest round, which is the one that others disturbed least.

Rows (a) to (e) are steps: each does what the one above does and something more, and the column
"adds" is what that costs. So (c) less (b) is the price of scheduling, (b) less (p) that of
judging the run.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from random import Random

from rich.console import Console
from rich.table import Table

from benchmarks import watched, wide_console
from benchmarks.guided import REF, fixed_part, with_feedback
from benchmarks.small_queue import IN_ORDER, Plain, SmallQueue, run_bare
from harness.campaign.feedback import FeedbackMap
from harness.campaign.libfuzzer import options as libfuzzer_options
from harness.campaign.libfuzzer import why_unavailable
from harness.campaign.worker import Task
from harness.codec.codec import Codec
from harness.codec.tail import MEAN_GAPS
from harness.execute.python import PythonExecutor
from harness.model.schedule import Schedule
from harness.runtime.active import active
from harness.runtime.housekeeping import CHECK_EVERY

INPUTS = 2000
"""Inputs a round runs in this process."""

FUZZED = (4_000, 24_000)
"""Runs of a short and a long fuzzing; the difference has no start-up in it."""

RIVAL_RUNS = 50

Measure = Callable[[], float]
"""Runs a row once; µs of CPU time a run."""


@dataclass(slots=True)
class Row:
    """One way of running the scenario.

    Attributes:
        key: its letter, which targets refer to.
        name: what it is.
        after: key of the step that this one adds something to; empty where it is none.
        measure: runs it; None where it can not be had, and ``why`` says why.
        best: µs of CPU time a run, of the cheapest round so far.
    """

    key: str
    name: str
    measure: Measure | None
    after: str = ""
    why: str = ""
    best: float = float("inf")


@dataclass(frozen=True, slots=True)
class Target:
    """What was asked for: ``of`` takes at most (at least, if ``least``) ``limit`` times ``to``."""

    of: str
    to: str
    limit: float
    least: bool = False


TARGETS = (
    Target("c", "a", 4),
    Target("d", "c", 2),
    Target("e", "c", 2),
    Target("f", "c", 300, least=True),
    Target("g", "c", 100, least=True),
)


def inputs(codec: Codec, rates: Sequence[int]) -> list[bytes]:
    """Random byte strings with the benchmark's workload, under a random walk from early on.

    The last four bytes seed the walk and are two deviations before it; their gaps are kept
    small, as most runs would be over before the walk begins otherwise.

    Args:
        codec: knows the layout.
        rates: values of the tail byte to choose from: the walk's mean gap.
    """
    random = Random(1)
    workload = fixed_part(codec)
    return [
        bytes([random.choice(rates)])
        + workload
        + bytes(random.randrange(n) for n in (16, 256, 16, 256))
        for _ in range(INPUTS)
    ]


# ------------------------------------------------------------------- how rows are measured


def in_process(run: Callable[[], None], runs: int = INPUTS) -> float:
    """CPU time of ``run``, which makes ``runs`` runs."""
    start = time.process_time()
    run()
    return (time.process_time() - start) / runs * 1e6


def bare() -> None:
    """(a): the engine and nothing else."""
    for _ in range(INPUTS):
        run_bare(Plain)


def on_primitives(executor: PythonExecutor) -> None:
    """(p): the engine on our primitives, which are told that nothing is to be decided."""
    executor.run(IN_ORDER, Schedule())
    active.scheduler = s = executor.scheduler
    s.current = s.threads[0]
    for _ in range(INPUTS):
        s.left = CHECK_EVERY
        run_bare(SmallQueue)


def in_order(executor: PythonExecutor) -> None:
    """(b): everything of ours but decisions."""
    schedule = Schedule()
    for _ in range(INPUTS):
        executor.run(IN_ORDER, schedule)


def decoded(executor: PythonExecutor, codec: Codec, data: Sequence[bytes]) -> None:
    """(c): decode and run."""
    decode, run = codec.decode, executor.run
    for one in data:
        run(*decode(one))


def noted(
    executor: PythonExecutor, feedback: FeedbackMap, codec: Codec, data: Sequence[bytes]
) -> None:
    """(d): decode, run and note features, which libFuzzer would reset."""
    decode, run = codec.decode, executor.run
    blank = bytes(len(feedback.places))
    for one in data:
        feedback.places[:] = blank
        feedback.forget()
        run(*decode(one))


def fuzzed(command: Sequence[str], environment: dict[str, str]) -> float:
    """(e): a child under libFuzzer, a long run minus a short one with the same seed."""
    short, long = (_cpu_of([*command, f"-runs={n}"], environment) for n in FUZZED)
    return (long - short) / (FUZZED[1] - FUZZED[0]) * 1e6


def rival(python: str, tool: str) -> float:
    """(f), (g): another tool, which measures itself in a process of its own."""
    command = [python, "-m", "benchmarks.rivals", tool, str(RIVAL_RUNS)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{tool}: {done.stderr.strip()}")
    return float(done.stdout)


def _cpu_of(command: Sequence[str], environment: dict[str, str]) -> float:
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    ) as child:
        assert child.stderr is not None
        errors = child.stderr.read()
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise SystemExit(f"{' '.join(command)}:\n{errors.decode()[-2000:]}")
    return usage.ru_utime + usage.ru_stime


# -------------------------------------------------------------------------------- the rows


def own_rows(folder: Path) -> Iterator[Row]:
    """Rows (a) to (e): the steps, and variants of (c) and (e)."""
    executor = PythonExecutor(REF)
    codec = Codec(executor.spec)
    mixed = inputs(codec, range(1, len(MEAN_GAPS) + 1))

    def of(data: Sequence[bytes]) -> Measure:
        return partial(in_process, partial(decoded, executor, codec, data))

    yield Row("a", "the engine alone, on plain primitives", partial(in_process, bare))
    each = partial(in_process, partial(on_primitives, executor))
    yield Row("p", "on our primitives, nothing decided", each, "a")
    each = partial(in_process, partial(in_order, executor))
    yield Row("b", "judged: activities, ledger, idle points, probe", each, "p")
    yield Row("c", "scheduled: 3 threads, decoded from bytes", of(mixed), "b")
    for i, gap in enumerate(MEAN_GAPS):
        yield Row(f"c{gap}", f"    (c) with mean gap {gap} only", of(inputs(codec, [i + 1])))
    each = partial(in_process, partial(noted, *with_feedback(), codec, mixed))
    yield Row("d", "guided: with the feedback map", each, "c")
    missing = why_unavailable()
    for key, name, after, command, environment in _fuzzers(folder):
        measure = None if missing else partial(fuzzed, command, environment)
        yield Row(key, name, measure, after, missing or "")


def _fuzzers(folder: Path) -> Iterator[tuple[str, str, str, list[str], dict[str, str]]]:
    options = libfuzzer_options(1)
    fixed = [sys.executable, "-m", "benchmarks.guided", *options]
    yield "e", "fuzzed: under libFuzzer, with our inputs", "d", fixed, dict(os.environ)
    engine = f"{Path(__file__).with_name('small_queue.py')}:SmallQueue"
    task = Task(engine, str(folder), str(folder), 1, 0, 0.0, True, False)
    worker = [sys.executable, "-m", "harness.campaign.worker", *options]
    yield "e2", "    a campaign's worker: other workloads too", "", worker, task.environment()


def rival_rows(frontrun: str | None, interleave: str | None) -> Iterator[Row]:
    """Rows (f) and (g)."""
    for key, tool, python, package in (
        ("f", "frontrun random", frontrun, "frontrun"),
        ("f2", "frontrun DPOR", frontrun, "frontrun"),
        ("g", "interleave-test random", interleave, "interleave_test"),
        ("g2", "interleave-test PCT", interleave, "interleave_test"),
        ("g3", "interleave-test random, at accesses", interleave, "interleave_test"),
    ):
        if python is None and importlib.util.find_spec(package) is not None:
            python = sys.executable
        measure = partial(rival, python, tool) if python else None
        yield Row(key, tool, measure, why="not installed")


# ------------------------------------------------------------------------------ the report


def ratio(rows: dict[str, Row], of: str, to: str) -> float | None:
    """How many times ``to`` the row ``of`` takes; None where one was not measured."""
    if rows[of].measure is None or rows[to].measure is None:
        return None
    return rows[of].best / rows[to].best


def show(console: Console, rows: dict[str, Row], rounds: int) -> None:
    """Print the tables."""
    version = ".".join(map(str, sys.version_info[:3]))
    table = Table(title=f"3 threads x 2 requests; CPU time, best of {rounds} rounds ({version})")
    table.add_column("")
    table.add_column("way of running")
    for column in ("µs / run", "adds", "x (a)", "x (b)", "x (c)"):
        table.add_column(column, justify="right")
    for row in rows.values():
        if row.measure is None:
            table.add_row(row.key, row.name, row.why)
            continue
        step = rows[row.after].measure and rows[row.after].best if row.after else None
        adds = f"{row.best - step:,.1f}" if step else ""
        ratios = [ratio(rows, row.key, to) for to in "abc"]
        by = ["" if r is None else f"{r:,.2f}" for r in ratios]
        table.add_row(row.key, row.name, f"{row.best:,.1f}", adds, *by)
    console.print(table)
    table = Table(title="targets")
    for column in ("", "asked for", "measured", ""):
        table.add_column(column)
    for target in TARGETS:
        value = ratio(rows, target.of, target.to)
        bound = "at least" if target.least else "at most"
        asked = f"{bound} {target.limit:g} x ({target.to})"
        if value is None:
            table.add_row(f"({target.of})", asked, "not measured", "")
        else:
            table.add_row(f"({target.of})", asked, f"{value:,.2f} x", _met(target, value))
    console.print(table)


def _met(target: Target, value: float) -> str:
    met = value >= target.limit if target.least else value <= target.limit
    return "met" if met else "missed"


def document(rows: dict[str, Row], rounds: int) -> dict[str, object]:
    """The same for machines."""
    return {
        "python": sys.version,
        "rounds": rounds,
        "us_per_run": {
            r.key: {"name": r.name.strip(), "us": r.best if r.measure else None}
            for r in rows.values()
        },
        "targets": [{**asdict(t), "measured": ratio(rows, t.of, t.to)} for t in TARGETS],
    }


def main() -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.speed", description=__doc__)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--only", default="", help="keys of rows to measure, e.g. a,b,c,d")
    parser.add_argument("--frontrun-python", metavar="PATH", help="interpreter that has frontrun")
    parser.add_argument(
        "--interleave-python", metavar="PATH", help="interpreter that has interleave-test"
    )
    options = parser.parse_args()
    console = wide_console(stderr=options.json)
    with tempfile.TemporaryDirectory() as folder:
        found = [*own_rows(Path(folder))]
        found += rival_rows(options.frontrun_python, options.interleave_python)
        rows = {row.key: row for row in found}
        for row in found:
            if options.only and row.key not in options.only.split(","):
                row.measure, row.why = None, "left out"
        for _ in watched(range(options.rounds), "rounds"):
            for row in found:
                if row.measure is not None:
                    row.best = min(row.best, row.measure())
    if options.json:
        print(json.dumps(document(rows, options.rounds), indent=2))
    else:
        show(console, rows, options.rounds)


if __name__ == "__main__":
    main()
