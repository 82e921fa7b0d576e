"""Explores all runs with at most so many preemptions.

Bounded partial-order reduction: Coons, Musuvathi, McKinley, "Bounded partial-order reduction",
OOPSLA 2013. A bound breaks the equivalence that plain reduction rests on: of two equivalent runs
only one may be within it. So each race marks not only the place before its first step, but also
the last place before it at which changing the thread was free; and there are no sleep sets, so
that equivalent runs may be executed more than once. Other than there, changing the thread is
free between two activities as well.

A *preemption* is a change of thread before an access that the running thread could have made.
"""

from __future__ import annotations

from collections.abc import Callable

from harness.execute.run import Run
from harness.model.schedule import Schedule
from harness.runtime.thread import VirtualThread
from harness.verify.dpor import Explorer, Place
from harness.verify.driver import Driver
from harness.verify.footprint import Footprint
from harness.verify.step import Step


class BoundedDriver(Driver):
    """A driver that also notes who could have gone on.

    Attributes:
        enabled_at: for each step the set of processes that could have made it.
        running_at: for each step the process that was running and could go on; -1 for none.
    """

    __slots__ = ("enabled_at", "running_at")

    def __init__(self) -> None:
        super().__init__()
        self.enabled_at: list[int] = []
        self.running_at: list[int] = []

    def follow(self, length: int, process: int, asleep: dict[int, Footprint]) -> None:
        """See ``Driver.follow``."""
        super().follow(length, process, asleep)
        del self.enabled_at[length:], self.running_at[length:]

    def _leave_place(self, thread: VirtualThread) -> None:
        super()._leave_place(thread)
        enabled = 0
        for process in self.enabled_processes():
            enabled |= 1 << process
        running = -1
        if thread.activity is not None and self.processes.at[thread.index] is not None:
            process = self.processes.inside[thread.index]
            if enabled >> process & 1:
                running = process
        self.enabled_at.append(enabled)
        self.running_at.append(running)


class BoundedExplorer(Explorer):
    """Explores one workload up to a number of preemptions.

    Args:
        driver: executes its runs.
        execute: executes one run and judges it.
        bound: how many preemptions a run may have.

    Attributes:
        cut: whether the bound kept anything from being tried.
    """

    def __init__(
        self, driver: BoundedDriver, execute: Callable[[Schedule], Run | None], bound: int
    ) -> None:
        super().__init__(driver, execute)
        self._bounded = driver
        self._bound = bound
        self.cut = False

    def preemptions(self, length: int) -> int:
        """How many there are in the first ``length`` steps of the last run."""
        steps, running = self._driver.steps, self._bounded.running_at
        return sum(running[i] >= 0 and steps[i].process != running[i] for i in range(length))

    def _reverse(self, firsts: int, second: int, process: int, own: int) -> None:
        first = (firsts & -firsts).bit_length() - 1
        self._try(first, process)
        while first and self._bounded.running_at[first] >= 0:
            first -= 1
        self._try(first, process)

    def _try(self, number: int, process: int) -> None:
        place, enabled = self._path[number], self._bounded.enabled_at[number]
        place.tried |= 1 << process if enabled >> process & 1 else enabled

    def _explored(self, place: Place, step: Step) -> None:
        """Nothing falls asleep: what was explored was explored within the bound only."""

    def _candidates(self, number: int) -> int:
        left = self._path[number].left()
        running = self._bounded.running_at[number]
        if left and running >= 0 and self.preemptions(number) >= self._bound:
            self.cut |= bool(left & ~(1 << running))
            left &= 1 << running
        return left
