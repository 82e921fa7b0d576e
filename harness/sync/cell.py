"""A plain, racy memory cell."""

from __future__ import annotations

from typing import Generic, TypeVar

from mypy_extensions import mypyc_attr

from harness.runtime.active import active
from harness.sync.primitive import Primitive

T = TypeVar("T")


@mypyc_attr(allow_interpreted_subclasses=True)
class Cell(Primitive, Generic[T]):
    """An ordinary variable that several threads access without synchronisation.

    Args:
        name: identifies it in sites.
        value: its initial value; traces show an object by its ``name``, if it has one.
    """

    __slots__ = ("value",)

    def __init__(self, name: str, value: T) -> None:
        # Not through super(): primitives are made anew in every run.
        self.name = name
        self.scheduler = active.scheduler
        self.writer = None
        self.value = value

    def read(self) -> T:
        """Read it."""
        s = self.scheduler
        if s.left:
            s.left -= 1
        else:
            s.point(self, "read")
        if self.writer is not s.tag and self.writer is not None:
            s.feedback.reads(self, "read")
        return self.value

    def write(self, value: T) -> None:
        """Write it."""
        s = self.scheduler
        if s.left:
            s.left -= 1
        else:
            s.point(self, "write")
        self.writer = s.tag
        self.value = value
