"""Typed, bounded parameters: what the decoder may draw for a topology field or an operation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Int:
    """An integer from ``low`` to ``high``, both included.

    At most 256 values: the byte decoder spends one byte on a parameter.
    """

    low: int
    high: int

    def __post_init__(self) -> None:
        if not self.low <= self.high < self.low + 256:
            raise ValueError(f"Int({self.low}, {self.high}) must hold 1 to 256 values")

    @property
    def lowest(self) -> int:
        """The lowest value."""
        return self.low

    def bounds(self, topology: Mapping[str, int]) -> tuple[int, int]:
        """The lowest value and the number of values (the topology plays no part)."""
        return self.low, self.high - self.low + 1


@dataclass(frozen=True, slots=True)
class Index:
    """An index below the topology field ``of``; with ``optional`` also -1, "none of them"."""

    of: str
    optional: bool = False

    @property
    def lowest(self) -> int:
        """The lowest value."""
        return -1 if self.optional else 0

    def bounds(self, topology: Mapping[str, int]) -> tuple[int, int]:
        """The lowest value and the number of values under ``topology``."""
        return self.lowest, topology[self.of] - self.lowest


@dataclass(frozen=True, slots=True)
class OwnRequest:
    """One of the requests that arrived earlier on the same thread, counted from 0."""


Param = Int | Index | OwnRequest
