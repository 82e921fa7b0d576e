"""Explores all workloads within a bound, in one process or several."""

from __future__ import annotations

import multiprocessing
import os
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass, field
from multiprocessing.synchronize import Event

from harness.campaign.worker import obey
from harness.children import spawning
from harness.engine.registry import EngineRef, find
from harness.execute.run import EngineError
from harness.model.workload import Op, Topology, Workload
from harness.runtime.watchdog import watchdog
from harness.verify.dpor import AstrayError
from harness.verify.exploration import Exploration
from harness.verify.results import Explored, Witness

_TELL = 64
"""Runs between two times that somebody is told how far it is."""


def explore(
    ref: EngineRef,
    workload: Workload,
    number: int,
    preemptions: int | None,
    until: float,
    progress: Callable[[Explored], None],
) -> Explored:
    """Explore one workload.

    Args:
        ref: the engine.
        workload: what is requested.
        number: of the workload.
        preemptions: at most so many in a run; None for any number.
        until: the time (as of ``time.monotonic``) to give up.
        progress: told how far it is, now and then.
    """
    explored = Explored(number)
    start = time.process_time()
    try:
        exploration = Exploration(ref, workload, preemptions)
        explored.tally = exploration.tally
        with watchdog(exploration.driver):
            while not exploration.done:
                run = exploration.next()
                for finding in run.findings:
                    if finding.signature not in explored.witnesses:
                        explored.witnesses[finding.signature] = Witness(
                            finding.kind, finding.signature, finding.message, exploration.turns()
                        )
                if exploration.tally.runs % _TELL == 0:
                    explored.seconds = time.process_time() - start
                    explored.estimate = exploration.estimate()
                    progress(explored)
                if time.monotonic() > until:  # one that the watchdog had to end takes seconds
                    break
        explored.done, explored.cut = exploration.done, exploration.cut
        explored.estimate = exploration.estimate()
    except (AstrayError, EngineError) as error:
        explored.trouble = str(error)
    explored.seconds = time.process_time() - start
    return explored


@dataclass(slots=True)
class Progress:
    """How far a verification is.

    Attributes:
        total: workloads within the bound.
        explored: those that are finished or were given up.
        present: the one in progress, if there is one process only.
        seconds: since the start.
    """

    total: int
    explored: list[Explored] = field(default_factory=list)
    present: Explored | None = None
    seconds: float = 0.0

    @property
    def estimate(self) -> float:
        """A guess at how much is done, between 0 and 1; later workloads are larger, though."""
        part = self.present.estimate if self.present is not None else 0.0
        return (len(self.explored) + part) / self.total if self.total else 1.0


def verify(
    ref: EngineRef,
    workloads: Sequence[Workload],
    *,
    preemptions: int | None,
    seconds: float,
    jobs: int,
    before: Sequence[Explored],
    tell: Callable[[Progress], None],
) -> Progress:
    """Explore ``workloads``.

    Args:
        ref: the engine.
        workloads: the small ones first.
        preemptions: at most so many in a run; None for any number.
        seconds: after which to give up; 0 for never.
        jobs: processes.
        before: what was explored earlier.
        tell: told how far it is, now and then and after each workload.

    Returns:
        All that was explored.
    """
    start = time.monotonic()
    until = start + seconds if seconds else float("inf")
    progress = Progress(len(workloads), list(before))
    known = {one.number for one in before}
    waiting = [(i, w) for i, w in enumerate(workloads) if i not in known]

    def told() -> None:
        progress.seconds = time.monotonic() - start
        tell(progress)

    def looked(present: Explored) -> None:
        progress.present = present
        told()

    results = (
        _one_by_one(ref, waiting, preemptions, until, looked)
        if jobs == 1
        else _side_by_side(ref.name, waiting, preemptions, until, jobs, told)
    )
    for one in results:
        progress.explored.append(one)
        progress.present = None
        told()
    return progress


def _one_by_one(
    ref: EngineRef,
    waiting: Sequence[tuple[int, Workload]],
    preemptions: int | None,
    until: float,
    looked: Callable[[Explored], None],
) -> Iterator[Explored]:
    for number, workload in waiting:
        if time.monotonic() > until:
            return
        yield explore(ref, workload, number, preemptions, until, looked)


def _side_by_side(
    engine: str,
    waiting: Sequence[tuple[int, Workload]],
    preemptions: int | None,
    until: float,
    jobs: int,
    told: Callable[[], None],
) -> Iterator[Explored]:
    # Not by forking: the progress display has a thread, and what that holds stays locked in a fork.
    context = multiprocessing.get_context("spawn")
    with spawning():
        stop = context.Event()
        prepared = (stop, os.getpid())
        with ProcessPoolExecutor(jobs, context, initializer=_prepare, initargs=prepared) as pool:
            pending: set[Future[Explored]] = {
                pool.submit(
                    _explore_elsewhere, engine, dict(w.topology), w.ops, number, preemptions, until
                )
                for number, w in waiting
            }
            try:
                while pending:
                    done, pending = wait(pending, timeout=0.2, return_when=FIRST_COMPLETED)
                    told()
                    if time.monotonic() > until:
                        for future in list(pending):
                            if future.cancel():
                                pending.discard(future)
                    for future in done:
                        yield future.result()
            finally:
                stop.set()
                pool.shutdown(cancel_futures=True)


_stop: Event | None = None
"""In a worker process: set when its work is wanted no more."""


class _NotWantedError(Exception):
    """Whoever asked for an exploration has gone."""


def _prepare(stop: Event, parent: int) -> None:
    """A worker process begins."""
    global _stop
    _stop = stop
    obey(parent)


def _look_up(explored: Explored) -> None:
    assert _stop is not None
    if _stop.is_set():
        raise _NotWantedError


def _explore_elsewhere(
    engine: str,
    topology: dict[str, int],
    ops: tuple[Op, ...],
    number: int,
    preemptions: int | None,
    until: float,
) -> Explored:
    workload = Workload(Topology(topology), ops)
    return explore(find(engine), workload, number, preemptions, until, _look_up)
