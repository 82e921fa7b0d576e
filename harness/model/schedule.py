"""The choices made at scheduling points, as deviations from a fixed default policy.

Default policy: the running thread goes on as long as it can, taking its ready activities
oldest first; when it can not go on, the next enabled thread in cyclic order runs. A schedule
lists only where a run *deviates* from that, which keeps cases short and mutations local
(delay bounding: Emmi, Qadeer, Rakamarić, "Delay-bounded scheduling", POPL 2011; unlike there,
a deviation may pick any alternative, not just the next).
"""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass

from mypy_extensions import mypyc_attr


@mypyc_attr(allow_interpreted_subclasses=True)
class Thinning:
    """Which deviations of a random tail are taken: all but some.

    The others are passed over, as if the schedule did not deviate there.

    Args:
        refused: indexes of deviations that are not taken.
    """

    def __init__(self, refused: Container[int] = ()) -> None:
        self._refused = refused

    def takes(self, i: int, obj: object, kind: str) -> bool:
        """Whether deviation ``i`` is taken, before access ``kind`` to ``obj``.

        At a boundary between activities the object is None.
        """
        return i not in self._refused


class Schedule:
    """Deviations from the default policy; after the last one the default policy to the end.

    Two parallel sequences rather than a list of pairs, because the decoder makes them by
    slicing byte strings, which costs nothing per deviation.

    Attributes:
        gaps: for each deviation, the decisions that pass between the previous one and it.
        choices: for each deviation, which alternative is taken, modulo their number.
            Alternatives are, in order: at a boundary, the thread's other ready activities;
            then the other threads that can run (ascending; where the running thread can not
            go on, in cyclic order without the default).
        explicit: how many of the deviations were chosen one by one. The rest is a random
            tail: in it, free choices (which ready activity, who runs after a thread that can
            not go on) are random too. Nothing else tells the two apart.
        thinning: says which of the tail's deviations are taken; None where all are.
    """

    __slots__ = ("choices", "explicit", "gaps", "thinning")

    # Written out: a dataclass takes twice as long to make, and every run has one.
    def __init__(
        self,
        gaps: Sequence[int] = (),
        choices: Sequence[int] = (),
        explicit: int = 0,
        thinning: Thinning | None = None,
    ) -> None:
        self.gaps = gaps
        self.choices = choices
        self.explicit = explicit
        self.thinning = thinning

    def without(self, refused: Container[int]) -> Schedule:
        """The same but for those deviations of the tail that have these indexes."""
        return Schedule(self.gaps, self.choices, self.explicit, Thinning(refused))

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Schedule)
            and self.gaps == other.gaps
            and self.choices == other.choices
            and self.explicit == other.explicit
            and self.thinning is other.thinning
        )

    def __repr__(self) -> str:
        return f"Schedule({self.gaps!r}, {self.choices!r}, {self.explicit})"


@dataclass(frozen=True, slots=True)
class Anchor:
    """Names the scheduling point of a deviation so that it survives edits of the engine.

    Attributes:
        thread: index of the thread that stood at the point.
        op: the activity it was executing, e.g. ``finish A``; ``idle`` between activities.
        site: function and access, e.g. ``process_srv_queue: trylock s0.queue.lock``; for a
            boundary, what the thread was about to do.
        occurrence: how often the thread had reached this site inside this activity, from 1.
    """

    thread: int
    op: str
    site: str
    occurrence: int


@dataclass(frozen=True, slots=True)
class Switch:
    """An anchored deviation: at ``anchor``, thread ``to`` runs next.

    ``activity`` names which ready activity is taken where the deviation is such a choice
    (``to`` is then the thread itself); it is empty for a change of thread.
    """

    anchor: Anchor
    to: int
    activity: str = ""
