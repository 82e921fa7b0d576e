"""What does pytest learn from harness: case files are tests, and two fixtures.

pytest imports this module in every project of the environment, so it imports nothing of the
layers below until there is a case file or a fixture to serve.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from harness.pytest_plugin.exploring import Explore
    from harness.pytest_plugin.replaying import ReplayCorpus

SUFFIX = ".case.toml"
"""That of ``harness.cases.casefile``, which is not worth importing to look for it."""

OPTION = "--harness-engine"
INI = "harness_engines"

UNASKED = "which is not imported unless you allow it"
"""Part of what is said of a case that is skipped."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare which engines in files case files may name."""
    group = parser.getgroup("harness", "harness: regression cases of queue engines")
    group.addoption(
        OPTION,
        action="append",
        default=[],
        metavar="PATH.py:CLASS",
        help="engine in a file that case files may name; without this it is not imported",
    )
    parser.addini(INI, f"engines in files that case files may name, as {OPTION}", type="linelist")


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Collect case files."""
    if not file_path.name.endswith(SUFFIX):
        return None
    from harness.pytest_plugin.items import CaseFile

    collected: CaseFile = CaseFile.from_parent(parent, path=file_path)
    return collected


@pytest.hookimpl(trylast=True)  # what was deselected does not come back, and this is not
def pytest_collection_modifyitems(
    session: pytest.Session, config: pytest.Config, items: list[pytest.Item]
) -> None:
    """Fail where engines were named in vain; an error of the collection would upset xdist."""
    partial = config.getoption("lf", False)  # files without a failure are not even read then
    if partial or not (config.getoption(OPTION) or config.getini(INI)):
        return
    from harness.pytest_plugin.items import DamagedItem
    from harness.pytest_plugin.unused import complaints

    items[:0] = [
        DamagedItem.from_parent(session, name=name, why=why)
        for name, why in complaints(config).items()
    ]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say that cases were skipped, lest a suite without them pass for one that holds."""
    skipped = [r for r in terminalreporter.stats.get("skipped", ()) if UNASKED in r.longreprtext]
    if skipped:
        count = "1 case was" if len(skipped) == 1 else f"{len(skipped)} cases were"
        terminalreporter.section("harness", yellow=True)
        terminalreporter.line(
            f"{count} NOT replayed: engines in files are only imported if you name them with "
            f"{OPTION} or in the ini option {INI}; -rs lists them"
        )


@pytest.fixture(scope="session")
def harness_replay() -> ReplayCorpus:
    """Replay a case file, or all below a directory, on an engine.

    ``harness_replay(path, engine)``; see ``harness.pytest_plugin.replaying``.
    """
    from harness.pytest_plugin.replaying import replay_corpus

    return replay_corpus


@pytest.fixture(scope="session")
def harness_explore() -> Explore:
    """Look for findings in an engine with random runs.

    ``harness_explore(engine, runs=1000, seed=0, strategy="")``; see
    ``harness.pytest_plugin.exploring``.
    """
    from harness.pytest_plugin.exploring import explore

    return explore
