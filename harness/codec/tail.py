"""The random tail that continues a schedule whose bytes are used up: a sticky random walk.

Gaps between switches are geometrically distributed, so at each decision the walk stays on its
thread with a fixed probability; the input chooses the mean gap. All random bytes come from one
fixed pool, the gaps already translated: a tail is two slices and costs no generator.
"""

from __future__ import annotations

from hashlib import shake_128
from math import log
from typing import Final

MEAN_GAPS: Final = (2, 4, 8, 16)
"""Mean gaps an input can choose from, in decisions. Longer ones find less (docs/bench.md)."""

DENSE_GAPS: Final = (0.5, 1, 2, 4)
"""Mean gaps of tails that are made to be thinned out."""

LENGTH: Final = 192
"""Deviations in a tail; after them the default policy goes on."""

DENSE_LENGTH: Final = 384
"""Deviations in one that is thinned out."""

_POOL_SIZE: Final = 1 << 16
_POOL: Final = shake_128(b"harness tail").digest(_POOL_SIZE + DENSE_LENGTH)


def _quantiles(mean: float) -> bytes:
    """A table from a uniform byte to a geometrically distributed gap, at most 254."""
    stay = mean / (mean + 1)
    return bytes(min(254, int(log(1 - (i + 0.5) / 256) / log(stay))) for i in range(256))


_GAPS: Final = tuple(_POOL.translate(_quantiles(mean)) for mean in (*MEAN_GAPS, *DENSE_GAPS))


def tail(rate: int, seed: int) -> tuple[bytes, bytes]:
    """Gaps and choices of a tail.

    Args:
        rate: index into ``MEAN_GAPS``, and from its end on into ``DENSE_GAPS``.
        seed: 32 bits; the lower half chooses the gaps, the upper half the choices.
    """
    first = seed & 0xFFFF
    second = seed >> 16 & 0xFFFF
    length = LENGTH if rate < len(MEAN_GAPS) else DENSE_LENGTH
    return _GAPS[rate][first : first + length], _POOL[second : second + length]


def filler(seed: int, n: int) -> bytes:
    """``n`` pool bytes for a workload whose bytes are missing."""
    first = seed & 0xFFFF
    return (_POOL[first : first + n] * (n // DENSE_LENGTH + 1))[:n]
