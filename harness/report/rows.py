"""What is one line of an interleaving?"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Sort(Enum):
    """The sorts of line."""

    BEGIN = "begin"
    STEP = "step"
    EVENT = "event"
    END = "end"
    SWITCH = "switch"
    MISSED = "missed"
    OBLIGATION = "obligation"
    FINDING = "finding"
    FOLD = "fold"
    ROTATION = "rotation"


@dataclass(frozen=True, slots=True)
class Row:
    """One line, in the column of one thread or across all of them.

    Attributes:
        sort: what it tells.
        thread: whose it is.
        text: what is told: for a step access and object, e.g. ``fetch_add served``.
        effect: for a step what it saw or changed, e.g. ``0 → 1``.
        activity: what the thread was doing.
        step: index of the step, None for other rows; for a fold that of its first step.
        function: for a step the engine's function.
        before, after: for a step the object's value.
        failed: for a step, whether it tried in vain.
        key: whether the explanation speaks of it.
        weak: for a switch, whether the thread stopped of its own accord.
    """

    sort: Sort
    thread: int
    text: str
    effect: str = ""
    activity: str = ""
    step: int | None = None
    function: str = ""
    before: str = ""
    after: str = ""
    failed: bool = False
    key: bool = False
    weak: bool = False

    @property
    def sameness(self) -> tuple[object, ...]:
        """Equal for rows that tell the same, at whatever step."""
        told = (self.text, self.effect, self.before, self.after)
        return (self.sort, self.thread, self.activity, *told)
