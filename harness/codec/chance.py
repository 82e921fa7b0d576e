"""Draws of one out of a few, at less cost than those of ``Random``; an input takes a dozen.

Those draw bits until they fit, against a bias of 2**-53 times the number of options.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import TypeVar

T = TypeVar("T")


def below(random: Random, n: int) -> int:
    """A whole number from 0 to ``n - 1``."""
    return int(random.random() * n)


def one_of(random: Random, options: Sequence[T]) -> T:
    """One of them."""
    return options[below(random, len(options))]
