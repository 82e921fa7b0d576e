"""What stands above a run that is shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from harness.model.finding import Finding


@dataclass(frozen=True, slots=True)
class About:
    """What a recorded run is about.

    Attributes:
        title: what the case is about, in one sentence.
        engine: the engine's name.
        verdict: what the run was judged to be.
        finding: what it is shown for; None if nothing was found.
        topology: field name → value.
        operations: those of all threads, e.g. ``T0 arrive A``.
    """

    title: str
    engine: str
    verdict: str
    finding: Finding | None
    topology: Mapping[str, int]
    operations: Sequence[str]
