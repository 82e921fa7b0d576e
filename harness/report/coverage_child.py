"""What runs in the process of its own in which coverage is measured?

Started by ``coverage.measure`` as ``python -m harness.report.coverage_child REQUEST ANSWER``;
both are JSON files.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import coverage

from harness.cases.casefile import load
from harness.cases.reading import CaseFileError
from harness.cases.replay import replay_saved
from harness.engine.registry import EngineNotFoundError, find
from harness.execute.opening import open_executor
from harness.execute.run import EngineError


def main(request: Path, answer: Path) -> None:
    """Do what ``request`` asks and write ``answer``: results, or ``error`` with a message."""
    asked = json.loads(request.read_text(encoding="utf-8"))
    # The same modules must be found here as there.
    sys.path[:] = asked["sys_path"]
    try:
        given = _measured(asked)
    except (EngineNotFoundError, EngineError, coverage.CoverageException) as error:
        given = {"error": str(error)}
    answer.write_text(json.dumps(given), encoding="utf-8")


def _measured(asked: Mapping[str, Any]) -> dict[str, Any]:
    measuring = coverage.Coverage(
        data_file=None,
        config_file=False,
        branch=True,
        concurrency=["greenlet"],
        include=[_pattern(path) for path in asked["files"]],
    )
    measuring.start()
    try:
        replayed, skipped = _replay_all(asked["engine"], asked["cases"])
    finally:
        measuring.stop()
    with tempfile.TemporaryDirectory(prefix="harness-coverage-") as folder:
        out = Path(folder) / "coverage.json"
        measuring.json_report(outfile=str(out))
        result = json.loads(out.read_text(encoding="utf-8"))
    if asked["html"] is not None:
        measuring.html_report(directory=asked["html"], title=f"harness: {asked['engine']}")
    return {"coverage": result, "replayed": replayed, "skipped": skipped}


def _replay_all(engine: str, cases: Sequence[str]) -> tuple[int, list[tuple[str, str]]]:
    executor = open_executor(find(engine))
    replayed = 0
    skipped = []
    for path in cases:
        try:
            case = load(Path(path))
            with executor.guard():
                replay_saved(executor, case)
            replayed += 1
        except CaseFileError as error:
            skipped.append((path, str(error)))
    return replayed, skipped


def _pattern(path: str) -> str:
    """A coverage pattern that matches this path: brackets would be taken for a set."""
    return path.replace("[", "?").replace("]", "?")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
