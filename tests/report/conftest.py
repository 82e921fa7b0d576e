from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import ModuleType

import pytest
from helpers import smallest_found

from harness.cases.minimise import Minimal
from harness.engine.registry import EngineRef
from harness.execute.run import RecordedRun
from harness.model.schedule import Schedule
from harness.model.trace import Event, Step, Trace
from harness.model.wording import describe_workload
from harness.report.about import About

ENGINES = Path(__file__).with_name("strand_engines.py")


def load_engines() -> ModuleType:
    spec = importlib.util.spec_from_file_location("report_strand_engines", ENGINES)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def engines() -> ModuleType:
    return load_engines()


@pytest.fixture(scope="session")
def find_minimal(engines: ModuleType) -> Callable[[str], tuple[Minimal, About]]:
    """The smallest case of an engine's fault, and what stands above it."""

    @cache
    def find(name: str) -> tuple[Minimal, About]:
        ref = EngineRef(name, lambda: getattr(engines, name))
        minimal = smallest_found(ref)
        about = About(
            minimal.finding.message,
            name,
            minimal.finding.kind.value,
            minimal.finding,
            minimal.workload.topology,
            describe_workload(minimal.workload, ref.spec),
        )
        return minimal, about

    return find


@pytest.fixture
def recorded_from() -> Callable[[str], RecordedRun]:
    """Builds a recorded run from lines: ``T0 begins finish A``, ``T0 load served 0 0``."""
    from harness.execute.run import Run

    def build(text: str) -> RecordedRun:
        steps: list[Step] = []
        events: list[Event] = []
        doing: dict[int, str] = {}
        for line in filter(None, map(str.strip, text.splitlines())):
            tag, _, rest = line.partition(" ")
            thread = int(tag[1:])
            words = rest.split()
            if len(words) == 4 and words[0] in _VERBS:
                verb, name, before, after = words
                op = doing.get(thread, "")
                steps.append(Step(len(steps), thread, op, f"run: {verb} {name}", 1, before, after))
                continue
            if rest.startswith("begins "):
                doing[thread] = rest.removeprefix("begins ")
            events.append(Event(len(steps), thread, rest))
        return RecordedRun(Run([], len(steps), False), Trace(steps, events), Schedule(), (), ())

    return build


_VERBS = ("load", "store", "lock", "unlock", "trylock", "fetch_add", "fetch_sub", "add")
