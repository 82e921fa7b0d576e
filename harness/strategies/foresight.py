"""What is known of a workload's runs: which points have nothing new behind them.

A point is *used up* when every option there leads to one that is, and the end of a run is used up
once it was seen. That alone tells too late: where one of two independent events has been tried
first, trying the other first leads to a point that was not seen, all options of which are used up.
So runs are also played in thought. What a thread does next depends on what it has read, and so does
whether a lock is free; both are noted in every run. A run that goes on with nothing but what
threads did before, and meets only used-up points, would be no new one.

It is the redundancy that sleep sets avoid (Godefroid, "Partial-order methods for the verification
of concurrent systems", 1996); those belong to a search in depth-first order.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from harness.strategies.configuration import Configuration
from harness.strategies.option import Option

FURTHEST: Final = 20
"""Events played in thought to judge one option. More make a run longer, and hardly fewer."""

PATIENCE: Final = 16
"""So many runs in a row that no repetition was foreseen in, and only every so-many-th is played in
thought: large programs have none, and playing may take longer than the run itself."""


class Foresight:
    """What earlier runs of one workload have shown.

    Workloads in which a thread takes more than one activity are not played in thought.
    """

    def __init__(self) -> None:
        self._used_up: set[int] = set()
        self._next: dict[int, Option | None] = {}  # by a thread's history; None at its end
        self._locked: dict[tuple[str, int], bool] = {}  # by a lock and the last write to it
        self._playable = True
        self._runs = 0
        self._in_vain = 0  # runs since one was known to be a repetition
        self._at = Configuration()
        self._path: list[tuple[int, list[int]]] = []  # points, and those after each option
        self._threads: set[int] = set()
        self._stands: dict[int, Option | None] = {}  # in thought, what each does next
        self._left = 0  # events that may still be played

    @property
    def size(self) -> int:
        """How much is kept in mind: used-up points and what threads did."""
        return len(self._used_up) + len(self._next)

    def begin(self) -> None:
        """A run begins."""
        self._at = Configuration()
        self._path = []
        self._runs += 1
        self._in_vain += 1

    def reached(self, options: Sequence[Option]) -> list[int]:
        """The run is at a point with these options; returns the places of those not used up."""
        at = self._at
        after = [at.after(option) for option in options]
        self._path.append((at.number, after))
        if self._playable:
            for option in options:
                if option.activity and at.has_begun(option.thread):
                    self._playable = False
                self._next[at.history(option.thread)] = option
                if option.locks:
                    self._locked[option.obj, at.held(option.obj)] = False
        used_up = self._used_up
        return [i for i, number in enumerate(after) if number not in used_up]

    def nothing_new(self, option: Option) -> bool:
        """Whether only used-up points come after ``option``, as far as one can foresee."""
        if self._in_vain > PATIENCE and self._runs % PATIENCE:
            return False
        if not (self._playable and self._used_up):
            return False
        stands: dict[int, Option | None] = {}
        for thread in self._threads:
            history = self._at.history(thread)
            if history not in self._next:
                return False  # it waits, and what it does then has not been seen
            stands[thread] = self._next[history]
        self._stands = stands
        self._left = FURTHEST
        if not self._plays(option):
            return False
        self._in_vain = 0
        return True

    def executed(self, option: Option) -> None:
        """``option`` happens."""
        self._threads.add(option.thread)
        self._at.execute(option)
        if option.event.kind == "lock":
            # Not for its owner, if that may take it again.
            self._locked.setdefault((option.obj, self._at.held(option.obj)), True)

    def ended(self, *, complete: bool) -> None:
        """The run is over; ``complete`` says that each thread has come to its end."""
        if complete:
            for thread in self._threads:
                self._next.setdefault(self._at.history(thread), None)
        used_up = self._used_up
        if self._at.number in used_up:
            self._in_vain = 0
        used_up.add(self._at.number)
        for number, after in reversed(self._path):
            if not used_up.issuperset(after):
                break
            used_up.add(number)

    def _plays(self, option: Option) -> bool:
        """``nothing_new``, in thought."""
        at, thread, obj = self._at, option.thread, option.obj
        number, history, held = at.number, at.history(thread), at.held(obj)
        at.execute(option)
        spent = at.number in self._used_up
        if not spent and self._left and at.threads[thread] in self._next:
            self._left -= 1
            self._stands[thread] = self._next[at.threads[thread]]
            spent = self._goes_on()
            self._stands[thread] = option
            if spent:
                self._used_up.add(at.number)
        at.number, at.threads[thread] = number, history
        if option.writes:
            at.objects[obj] = held
        return spent

    def _goes_on(self) -> bool:
        """Whether every way on from here is known and leads to used-up points.

        A thread that waits for something else than a lock counts as one that could go on: where it
        can not, that asks for too much and not for too little.
        """
        anything = False
        for option in list(self._stands.values()):
            if option is None:
                continue
            if option.locks and self._locked.get((option.obj, self._at.held(option.obj)), False):
                continue
            if not self._plays(option):
                return False
            anything = True
        return anything
