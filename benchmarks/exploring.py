"""How many runs does it take to explore everything, and how fast are they?

``python -m benchmarks.exploring [--seconds S]`` explores the small queue of ``benchmarks.speed`` in
several sizes with ``harness verify``'s exploration and by brute force (every interleaving, on the
same scheduler). Then the same queue without requests, as frontrun is given it: one function a
thread, and whoever hands the slot on also finishes the next one; with our exploration, and with
frontrun's DPOR without its preemption bound. Each may take so many seconds. frontrun looks at
every instruction of the Python code, we at accesses to shared primitives.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable
from importlib.util import find_spec
from typing import ClassVar

from rich.table import Table

from benchmarks import watched, wide_console
from benchmarks.rivals import Queue
from benchmarks.small_queue import SmallQueue
from harness import Int, operation
from harness.engine.registry import EngineRef
from harness.execute.run import Run
from harness.model.schedule import Schedule
from harness.model.workload import Op, Topology, Workload
from harness.verify.exploration import Exploration
from harness.verify.preemptions import BoundedDriver, BoundedExplorer

SIZES = ((2, 1), (3, 1), (2, 2), (4, 1), (3, 2))
"""Threads, and requests of each."""

Figures = tuple[int, bool, float]
"""Runs, whether that was all of them, CPU seconds."""


class AnySize(SmallQueue):
    """The small queue, for any number of threads."""

    topology: ClassVar = {"threads": Int(1, 4)}


class Bare(AnySize):
    """The queue as frontrun is given it: nothing but a lock and what it protects."""

    def setup(self, topology: Topology) -> None:
        """Create lock, counter and line."""
        super().setup(topology)
        self.waiting: list[int] = []

    @operation(each=Int(1, 2))
    def work(self, each: int) -> None:
        """One thread: its requests come; whoever has the slot is finished."""
        for _ in range(each):
            served = self.come()
            while served:
                served = self.go()

    def come(self) -> bool:
        """Take the slot or join the line."""
        self.lock.lock()
        served = not self.busy
        if self.busy:
            self.waiting.append(self.current_thread)
            self.length.store(len(self.waiting))
        self.busy = True
        self.lock.unlock()
        return served

    def go(self) -> bool:
        """Hand the slot to the next in line."""
        self.lock.lock()
        served = bool(self.length.load())
        if served:
            self.waiting.pop(0)
            self.length.store(len(self.waiting))
        else:
            self.busy = False
        self.lock.unlock()
        return served


class EveryInterleaving(BoundedExplorer):
    """No reduction: every process that can go on is tried at every place."""

    def __init__(self, driver: BoundedDriver, execute: Callable[[Schedule], Run | None]) -> None:
        super().__init__(driver, execute, bound=sys.maxsize)

    def _reverse(self, firsts: int, second: int, process: int, own: int) -> None:
        """All is tried anyway."""

    def _retreat(self) -> None:
        for place, enabled in zip(self._path, self._bounded.enabled_at, strict=True):
            place.tried |= enabled
        super()._retreat()


def arrivals(threads: int, each: int) -> Workload:
    """So many arrivals on each of so many threads."""
    ops = tuple(Op(t, "arrive") for t in range(threads) for _ in range(each))
    return Workload(Topology({"threads": threads}), ops)


def working(threads: int, each: int) -> Workload:
    """The same without requests."""
    ops = tuple(Op(t, "work", (each,)) for t in range(threads))
    return Workload(Topology({"threads": threads}), ops)


def explored(cls: type[AnySize], load: Workload, seconds: float, *, brute: bool) -> Figures:
    """Explore with ours, or by brute force."""
    it = Exploration(EngineRef("small", lambda: cls), load, sys.maxsize if brute else None)
    if brute:
        assert isinstance(it.driver, BoundedDriver)
        it._explorer = EveryInterleaving(it.driver, it.session.run)
    start = time.process_time()
    while not it.done and time.process_time() - start < seconds:
        it.next()
    return it.tally.runs, it.done, time.process_time() - start


def frontrun_explores(threads: int, each: int, seconds: float) -> Figures:
    """Explore with frontrun's DPOR; its locks stay patched, so in a process of its own."""
    import frontrun
    from frontrun._cooperative import patch_locks

    class Sized(Queue):
        expected = [each] * threads

    def work(queue: Queue, thread: int) -> None:
        queue.work(thread, each)

    patch_locks()  # what its command line does
    workers = [lambda queue, t=t: work(queue, t) for t in range(threads)]
    start, begun = time.process_time(), time.monotonic()
    result = frontrun.explore(
        Sized,
        workers,
        Queue.complete,
        strategy="dpor",
        detect_io=False,
        stop_on_first=False,
        preemption_bound=None,
        total_timeout=seconds,
    )
    done = time.monotonic() - begun < seconds
    return result.num_explored, done, time.process_time() - start


def row(tool: str, threads: int, each: int, figures: Figures, few: int | None) -> list[str]:
    """What the table says of one exploration; ``few`` is what ours took, if it took all."""
    runs, done, used = figures
    times = f"{runs / few:,.1f}" if few is not None else ""
    return [
        f"{threads} × {each}",
        tool,
        f"{runs:,}" if done else f"> {runs:,}",
        times if done or not times else f"> {times}",
        f"{used:.2f}",
        f"{runs / used:,.0f}",
    ]


def main() -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.exploring", description=__doc__)
    parser.add_argument("--seconds", type=float, default=30.0, help="CPU seconds for each")
    parser.add_argument("--frontrun", nargs=2, type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.frontrun:
        threads, each = options.frontrun
        print(json.dumps(frontrun_explores(threads, each, options.seconds)))
        return
    console = wide_console()
    shown = Table("threads × requests", "by", "runs", "× ours", "CPU s", "runs/s")
    for threads, each in watched(SIZES, "exploring"):
        with_requests, without = arrivals(threads, each), working(threads, each)
        ours = explored(AnySize, with_requests, options.seconds, brute=False)
        few = ours[0] if ours[1] else None
        shown.add_row(*row("harness verify", threads, each, ours, few))
        brute = explored(AnySize, with_requests, options.seconds, brute=True)
        shown.add_row(*row("brute force", threads, each, brute, few))
        ours = explored(Bare, without, options.seconds, brute=False)
        few = ours[0] if ours[1] else None
        shown.add_row(*row("harness verify, no requests", threads, each, ours, few))
        if find_spec("frontrun") is None:
            continue
        command = [sys.executable, "-m", "benchmarks.exploring", "--seconds", str(options.seconds)]
        command += ["--frontrun", str(threads), str(each)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        figures = json.loads(done.stdout.splitlines()[-1])
        shown.add_row(*row("frontrun DPOR", threads, each, tuple(figures), few))
    console.print(shown)


if __name__ == "__main__":
    main()
