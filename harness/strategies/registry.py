"""The strategies by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from random import Random

from harness.strategies.base import Strategy
from harness.strategies.pct import Pct
from harness.strategies.pos import Pos
from harness.strategies.rff import Rff
from harness.strategies.sticky import Sticky
from harness.strategies.surw import Surw
from harness.strategies.uniform import Uniform
from harness.strategies.untried import Untried, UntriedPairs
from harness.strategies.urw import Urw

STRATEGIES: Mapping[str, Callable[[Random], Strategy]] = {
    "uniform": Uniform,
    "sticky": Sticky,
    "pct2": partial(Pct, depth=2),
    "pct3": partial(Pct, depth=3),
    "pos": Pos,
    "urw": Urw,
    "surw": Surw,
    "rff": lambda random: Rff(random, Pos(random)),
    "rff-surw": lambda random: Rff(random, Surw(random)),
    "untried": lambda random: Untried(random, UntriedPairs(random, Surw(random))),
}

DEFAULT = "untried"
"""What decides where a campaign leaves a run to a strategy."""
