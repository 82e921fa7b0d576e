"""Runs the exploration that is tested."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from harness import Engine
from harness.engine.registry import EngineRef
from harness.execute.run import Run
from harness.model.workload import Workload
from harness.verify.exploration import Exploration


def ref_to(cls: type[Engine]) -> EngineRef:
    """A reference to ``cls``."""
    return EngineRef("engine", lambda: cls)


def exploration(cls: type[Engine], load: Workload, preemptions: int | None = None) -> Exploration:
    """An exploration of ``load``."""
    return Exploration(ref_to(cls), load, preemptions)


def explored(
    cls: type[Engine], load: Workload, look: Callable[[Engine], Any]
) -> Iterator[tuple[Exploration, Run, Any]]:
    """The runs that exploration makes, each with what ``look`` says of the engine at its end."""
    it = exploration(cls, load)
    while not it.done:
        run = it.next()
        yield it, run, look(it.session._engine)
