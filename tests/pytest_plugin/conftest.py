"""A case that the plugin is given, the engines it is about, and a watchdog that is quick."""

from __future__ import annotations

from pathlib import Path

import pytest
from helpers import smallest_found

from harness.cases.casefile import SavedCase, save
from harness.engine.registry import find
from harness.model.wording import describe_workload

SOURCE = Path(__file__).parent.parent / "report" / "strand_engines.py"


@pytest.fixture(scope="session")
def stranded() -> SavedCase:
    """A minimal case that strands a request in ``Strands``; expects nothing yet."""
    name = f"{SOURCE}:Strands"
    ref = find(name)
    found = smallest_found(ref)
    return SavedCase(
        ref.family,
        name,
        "stranded",
        found.finding.message,
        dict(found.workload.topology),
        describe_workload(found.workload, ref.spec),
        found.switches,
        {},
        found.finding.signature,
    )


@pytest.fixture
def pool(pytester):
    """Puts the engines into ``pool.py``."""
    pytester.path.joinpath("pool.py").write_text(SOURCE.read_text())


@pytest.fixture
def write(pytester, pool, stranded):
    """Writes the case with expectations, and the engines next to it."""

    def write(expect, name="stranded-1a2b3c"):
        case = stranded
        for engine, verdict in expect.items():
            case = case.expecting(engine, verdict)
        path = pytester.path / "corpus" / f"{name}.case.toml"
        save(case, path)
        return path

    return write


@pytest.fixture
def impatient(monkeypatch):
    """Makes the watchdog look twenty times a second."""
    monkeypatch.setattr("harness.runtime.watchdog.PERIOD", 0.05)
