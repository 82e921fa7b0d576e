"""Runs the exploration that is tested."""

from __future__ import annotations

from collections.abc import Iterator

from harness import Engine
from harness.engine.registry import EngineRef
from harness.model.workload import Workload
from harness.verify.exploration import Exploration
from harness.verify.following import Turn


def ref_to(cls: type[Engine]) -> EngineRef:
    """A reference to ``cls``."""
    return EngineRef("engine", lambda: cls)


def exploration(cls: type[Engine], load: Workload, preemptions: int | None = None) -> Exploration:
    """An exploration of ``load``."""
    return Exploration(ref_to(cls), load, preemptions)


def turns_of(cls: type[Engine], load: Workload) -> Iterator[tuple[Turn, ...]]:
    """The runs that exploration makes, each as the turns that were taken."""
    it = exploration(cls, load)
    while not it.done:
        it.next()
        yield tuple(it.turns())
