"""Atomic integers and references.

The scheduling point is written out in every method: a shared helper would cost a call at each
access, a third of the whole access.
"""

from __future__ import annotations

from typing import Generic, TypeVar

from mypy_extensions import mypyc_attr

from harness.runtime.active import active
from harness.sync.primitive import Primitive

T = TypeVar("T")


@mypyc_attr(allow_interpreted_subclasses=True)
class Atomic(Primitive, Generic[T]):
    """An atomic variable.

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

    def load(self) -> T:
        """Atomic load."""
        s = self.scheduler
        if s.left:
            s.left -= 1
        else:
            s.point(self, "load")
        if self.writer is not s.tag and self.writer is not None:
            s.feedback.reads(self, "load")
        return self.value

    def read(self) -> T:
        """Plain, racy read of the same variable."""
        s = self.scheduler
        if s.left:
            s.left -= 1
        else:
            s.point(self, "read")
        if self.writer is not s.tag and self.writer is not None:
            s.feedback.reads(self, "read")
        return self.value

    def store(self, value: T) -> None:
        """Atomic store."""
        s = self.scheduler
        if s.left:
            s.left -= 1
        else:
            s.point(self, "store")
        self.writer = s.tag
        self.value = value

    def exchange(self, value: T) -> T:
        """Store ``value`` and return what was there."""
        s = self.scheduler
        if s.left:
            s.left -= 1
        else:
            s.point(self, "exchange")
        if self.writer is not s.tag and self.writer is not None:
            s.feedback.reads(self, "exchange")
        self.writer = s.tag
        old = self.value
        self.value = value
        return old

    def compare_exchange(self, expected: T, desired: T) -> bool:
        """Store ``desired`` if the value equals ``expected``; whether it did."""
        s = self.scheduler
        if s.left:
            s.left -= 1
        else:
            s.point(self, "compare_exchange")
        if self.writer is not s.tag and self.writer is not None:
            s.feedback.reads(self, "compare_exchange")
        if self.value != expected:
            return False
        self.writer = s.tag
        self.value = desired
        return True

    def fetch_add(self: Atomic[int], n: int = 1) -> int:
        """Add ``n`` and return what was there before."""
        s = self.scheduler
        if s.left:
            s.left -= 1
        else:
            s.point(self, "fetch_add")
        if self.writer is not s.tag and self.writer is not None:
            s.feedback.reads(self, "fetch_add")
        self.writer = s.tag
        old = self.value
        self.value = old + n
        return old

    def fetch_sub(self: Atomic[int], n: int = 1) -> int:
        """Subtract ``n`` and return what was there before."""
        s = self.scheduler
        if s.left:
            s.left -= 1
        else:
            s.point(self, "fetch_sub")
        if self.writer is not s.tag and self.writer is not None:
            s.feedback.reads(self, "fetch_sub")
        self.writer = s.tag
        old = self.value
        self.value = old - n
        return old

    def fetch_or(self: Atomic[int], bits: int) -> int:
        """Set ``bits`` and return what was there before."""
        s = self.scheduler
        if s.left:
            s.left -= 1
        else:
            s.point(self, "fetch_or")
        if self.writer is not s.tag and self.writer is not None:
            s.feedback.reads(self, "fetch_or")
        self.writer = s.tag
        old = self.value
        self.value = old | bits
        return old

    def fetch_and(self: Atomic[int], bits: int) -> int:
        """Keep only ``bits`` and return what was there before."""
        s = self.scheduler
        if s.left:
            s.left -= 1
        else:
            s.point(self, "fetch_and")
        if self.writer is not s.tag and self.writer is not None:
            s.feedback.reads(self, "fetch_and")
        self.writer = s.tag
        old = self.value
        self.value = old & bits
        return old


@mypyc_attr(allow_interpreted_subclasses=True)
class Statistic(Primitive):
    """A counter that is only ever added to, for people to look at.

    It can not be read by the engine, so it can not influence it; that is why a proof of an
    endless loop may ignore it although its value never repeats.
    """

    __slots__ = ("value",)

    def __init__(self, name: str) -> None:
        # Not through super(): primitives are made anew in every run.
        self.name = name
        self.scheduler = active.scheduler
        self.writer = None
        self.value = 0

    def add(self, n: int = 1) -> None:
        """Add ``n``."""
        s = self.scheduler
        if s.left:
            s.left -= 1
        else:
            s.point(self, "add")
        self.value += n

    def frozen_state(self) -> tuple[object, ...]:
        """Nothing: it can not influence what happens next."""
        return (self.name,)
