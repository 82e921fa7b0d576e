"""Explores one interleaving of every class of equivalent ones.

Source-DPOR: Abdulla, Aronis, Jonsson, Sagonas, "Optimal dynamic partial order reduction", POPL
2014 (journal version: "Source sets", JACM 2017), with the sleep sets of Godefroid (1996). Runs
are executed from the start each time; where a run shows a race, the place before its first step
is marked to try the second one's process first, or another one that is as good.

What is promised: every class of equivalent complete runs is executed to its end exactly once.
Beyond these, source sets may begin runs that then turn out to repeat others (all that could go on
is asleep); the optimal variant with wakeup trees would spare them. They are counted.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from harness.execute.run import Run
from harness.model.schedule import Schedule
from harness.verify.driver import Driver
from harness.verify.footprint import Footprint
from harness.verify.happens_before import HappensBefore
from harness.verify.step import Step

_DEFAULT = Schedule()


class AstrayError(Exception):
    """Executing the same steps again did not lead to the same place."""

    def __init__(self) -> None:
        super().__init__(
            "the same steps did not lead to the same place again: the engine is not "
            "deterministic; look for time, random numbers or state kept between runs"
        )


@dataclass(slots=True)
class Tally:
    """What an exploration has done so far.

    Attributes:
        traces: complete runs, one for each class of equivalent ones.
        redundant: runs that were given up because all that could go on had been explored.
        repeating: runs given up because a thread in them only repeated itself for a while.
        limited: runs given up at the step limit; what lies behind it is unexplored.
        steps: executed and noted.
        longest: steps of the longest run.
    """

    traces: int = 0
    redundant: int = 0
    repeating: int = 0
    limited: int = 0
    steps: int = 0
    longest: int = 0

    @property
    def runs(self) -> int:
        """All executions."""
        return self.traces + self.redundant + self.repeating + self.limited


@dataclass(slots=True)
class Place:
    """A place between two steps on the present path.

    Attributes:
        tried: bit set of the processes to try here, and those that were.
        done: bit set of those that were.
        asleep: processes that need not be tried, with the footprints of their next steps.
    """

    tried: int
    done: int
    asleep: dict[int, Footprint]

    def left(self) -> int:
        """The processes that are still to be tried."""
        return self.tried & ~self.done & ~_bits(self.asleep)


class Explorer:
    """Explores one workload.

    Args:
        driver: executes its runs.
        execute: executes one run and judges it.

    Attributes:
        tally: what was done so far.
        done: whether everything has been explored.
    """

    def __init__(self, driver: Driver, execute: Callable[[Schedule], Run | None]) -> None:
        self._driver = driver
        self._execute = execute
        self._path: list[Place] = []
        self._relation: HappensBefore | None = None
        self.tally = Tally()
        self.done = False

    def next(self) -> Run:
        """Execute the next run.

        Returns:
            Its result; findings hold even if the run was not complete.

        Raises:
            AstrayError: the run did not go where it was sent.
        """
        driver, path = self._driver, self._path
        length = max(0, len(path) - 1)
        if path:
            place = path[length]
            process = self._candidates(length).bit_length() - 1
            place.done |= 1 << process
            driver.follow(length, process, dict(place.asleep))
        else:
            driver.follow(0, -1, {})
        run = self._execute(_DEFAULT)
        if run is None or driver.over == "astray" or len(driver.steps) < len(path):
            raise AstrayError
        if self._relation is None:
            self._relation = HappensBefore(driver.initial)
        steps = driver.steps
        for number in range(len(path), len(steps)):
            first = 1 << steps[number].process
            path.append(Place(first, first, driver.sleeps[number]))
        self._relation.cut(length)
        for number in range(length, len(steps)):
            races = self._relation.add(steps[number])
            own = self._relation.before[number]
            for first in races:
                self._reverse(1 << first, number, steps[number].process, own)
            for process in steps[number].withdraws:
                self._reverse(1 << number, number + 1, process, own)
        self._count(run, length)
        self._reverse_at_end()
        self._retreat()
        return run

    def estimate(self) -> float:
        """A guess at how much of the whole is done, between 0 and 1.

        As if all that is left to try at a place were as large as what was tried there.
        """
        part, whole = 0.0, 1.0
        for place in self._path:
            done = (place.done & place.tried).bit_count()
            count = done + place.left().bit_count()
            if count:
                part += whole * (done - 1) / count
                whole /= count
        return 1.0 if self.done else part

    def _count(self, run: Run, length: int) -> None:
        driver, tally = self._driver, self.tally
        tally.steps += len(driver.steps) - length
        tally.longest = max(tally.longest, len(driver.steps))
        if driver.complete:
            tally.traces += 1
        elif run.limited:
            tally.limited += 1
        elif driver.over == "repeats":
            tally.repeating += 1
        else:
            tally.redundant += 1

    def _reverse(self, firsts: int, second: int, process: int, own: int) -> None:
        """See to it that ``process`` is tried before certain steps, which it was too late for.

        Args:
            firsts: the set of these steps: one, or several that took a lock together.
            second: the number of the step that ``process`` made, or would have made.
            own: the set of steps that happen before that one.
        """
        relation = self._relation
        assert relation is not None
        before, steps = relation.before, self._driver.steps
        first = (firsts & -firsts).bit_length() - 1
        seen = initials = 0
        for number in range(first + 1, second):
            if not before[number] & firsts:
                if not before[number] & seen:
                    initials |= 1 << steps[number].process
                seen |= 1 << number
        preferred = 0
        if not own & seen:
            preferred = 1 << process
            initials |= preferred
        place = self._path[first]
        if not initials & (place.tried | _bits(place.asleep)):
            place.tried |= preferred or initials & -initials

    def _reverse_at_end(self) -> None:
        """Of what could not go on at the end: could it have come before what keeps it?"""
        driver, relation = self._driver, self._relation
        assert relation is not None
        kept: list[tuple[int, tuple[int, int]]] = []
        for process, lock in driver.stuck:
            thread = driver.processes[process][0].index
            kept.append((process, relation.waiting_for_lock(thread, lock)))
        for process in driver.without_thread:
            thread = driver.processes[process][0].index
            kept.append((process, relation.waiting_for_thread(thread, process)))
        for process in driver.barred:
            thread = driver.processes[process][0].index
            timed = driver.processes.may_time_out[thread]
            kept.append((process, relation.waiting_for_nothing(thread, process, timed=timed)))
        for process, (takings, own) in kept:
            if takings:
                self._reverse(takings, len(driver.steps), process, own)

    def _retreat(self) -> None:
        """Back to the last place where something is left to try."""
        path, steps = self._path, self._driver.steps
        while path:
            self._explored(path[-1], steps[len(path) - 1])
            if self._candidates(len(path) - 1):
                return
            path.pop()
        self.done = True

    def _explored(self, place: Place, step: Step) -> None:
        """All that comes after ``step`` at ``place`` has been explored."""
        # It need not be repeated after what it commutes with.
        place.asleep = {**place.asleep, step.process: step.footprint}

    def _candidates(self, number: int) -> int:
        """The set of processes that are to be tried at place ``number``."""
        return self._path[number].left()


def _bits(processes: dict[int, Footprint]) -> int:
    bits = 0
    for process in processes:
        bits |= 1 << process
    return bits
