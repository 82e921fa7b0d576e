"""Uniform random walk: at every decision each option is equally likely.

The baseline of the literature. It is not uniform over interleavings (see ``urw``), and a bug
that needs one thread to stay behind for k events is found with probability 2^-k.
"""

from __future__ import annotations

from harness.strategies.base import Point, Strategy


class Uniform(Strategy):
    """Any option, each as likely as the others."""

    name = "uniform"

    def choose(self, point: Point) -> int:
        """See ``Strategy.choose``."""
        return int(self.random.random() * len(point.options))
