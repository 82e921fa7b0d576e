"""What a strategy is asked and what it may know."""

# A strategy overrides those hooks that it has a use for; the others do nothing.
# ruff: noqa: B027

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import ClassVar

from harness.execute.run import Run
from harness.model.workload import Workload
from harness.strategies.option import Option


@dataclass(slots=True)
class Point:
    """A decision. Valid until ``choose`` returns.

    Attributes:
        options: what could happen next: one option for each thread that can run, or one for
            each ready activity where a thread stands between activities. The first is what
            the default policy would take, unless that would only block. Threads that would
            only block are listed when there is nothing else.
        current: index of the thread that executed last.
    """

    options: Sequence[Option]
    current: int


class Strategy(ABC):
    """Decides who runs next. An object serves many runs, of any workloads.

    Args:
        random: the only source of chance.
    """

    name: ClassVar[str]

    def __init__(self, random: Random) -> None:
        self.random = random

    def begin(self, workload: Workload) -> None:
        """A run of ``workload`` begins that this strategy decides."""

    @abstractmethod
    def choose(self, point: Point) -> int:
        """Which of ``point.options`` happens next.

        Asked before every event, even when there is only one option.
        """

    def executed(self, option: Option) -> None:
        """``option`` happens next, whoever chose it."""

    def ended(self, run: Run) -> None:
        """The run is over."""
