"""Random walks that preempt every access about as often as any other.

A walk that stays on its thread with a fixed probability preempts what is executed often, often: a
lock that every operation takes. A bug between two accesses that few runs come to is then seldom
reached, and more seldom is one of them where another thread goes on. So a walk's switches are drawn
more densely than they are wanted, and each is taken with a probability that falls with how often
one came to be drawn before this access in the campaign so far: points of a process thinned out
(Lewis, Shedler, "Simulation of nonhomogeneous Poisson processes by thinning", 1979), and of where
they fall no more has to be known than they show themselves. PCT and POS are as blind to how often
an access is executed as the walk is; SURW weighs by how often those of one object are to come, in
this run.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Final

from harness.model.schedule import Thinning
from harness.sync.primitive import Primitive

MOST: Final = 2.0
"""How many times as dense switches are drawn as they are taken on average, if all accesses were as
frequent. So rare accesses are preempted at most so many times as often as on average."""


class Drawn:
    """How often a switch came to be drawn before an access."""

    __slots__ = ("times",)

    def __init__(self) -> None:
        self.times = 0


class EvenThinning(Thinning):
    """Takes a switch the more seldom, the more often it could have been taken before its access.

    Args:
        random: the source of chance.

    Attributes:
        left_out: indexes of the deviations that were not taken in the last run.
    """

    def __init__(self, random: Random) -> None:
        super().__init__()
        self._chance: Callable[[], float] = random.random
        self._drawn: dict[str, dict[str, Drawn]] = {}  # by object and access
        self._accesses = 0
        self._total = 0
        self.forget()

    def forget(self) -> None:
        """A new run begins."""
        self.left_out: list[int] = []

    def takes(self, i: int, obj: object, kind: str) -> bool:
        """See ``Thinning.takes``."""
        name = obj.name if isinstance(obj, Primitive) else ""
        of_object = self._drawn.get(name)
        if of_object is None:
            of_object = self._drawn[name] = {}
        drawn = of_object.get(kind)
        if drawn is None:
            drawn = of_object[kind] = Drawn()
            self._accesses += 1
        drawn.times += 1
        self._total += 1
        if self._chance() * MOST * self._accesses * drawn.times < self._total:
            return True
        self.left_out.append(i)
        return False
