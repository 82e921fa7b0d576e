"""Which lines and branches of an engine does a corpus reach?

The cases are replayed in a process of their own: there the engine is imported while coverage
measures, so that its definitions count, and nothing of the caller's own measuring interferes.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from harness.children import command
from harness.engine.base import Engine
from harness.engine.modules import engine_modules
from harness.engine.registry import EngineRef
from harness.model.wording import counted
from harness.report.functions import unreached_functions

CHILD = "harness.report.coverage_child"


class CoverageError(Exception):
    """Coverage can not be measured; the message says why."""


@dataclass(frozen=True, slots=True)
class FileCoverage:
    """What was reached of one file.

    Attributes:
        path: the file.
        percent: of its lines and branches that were reached.
        missing_lines: statements that were never executed.
        missing_branches: jumps that were never made, from line to line; a negative target is
            the end of the function that begins at that line.
        unreached: qualified names of functions that were never entered.
    """

    path: Path
    percent: float
    missing_lines: Sequence[int]
    missing_branches: Sequence[tuple[int, int]]
    unreached: Sequence[str]


@dataclass(frozen=True, slots=True)
class CoverageReport:
    """What a corpus reached of an engine.

    Attributes:
        engine: its name.
        cases: how many cases were replayed.
        skipped: cases that could not be: path and reason.
        percent: of all lines and branches that were reached.
        files: each file of the engine.
        html: the first page of the HTML report, if one was asked for.
    """

    engine: str
    cases: int
    skipped: Sequence[tuple[Path, str]]
    percent: float
    files: Sequence[FileCoverage]
    html: Path | None


def measure(
    engine_ref: EngineRef, case_paths: Sequence[Path], html_dir: Path | None = None
) -> CoverageReport:
    """Replay cases on an engine and measure what they reach of it.

    Args:
        engine_ref: the engine, by a name under which ``find`` finds it.
        case_paths: case files.
        html_dir: where to write an HTML report; None for none.

    Raises:
        CoverageError: the engine can not be found or run in a process of its own.
    """
    files = engine_files(engine_ref.engine)
    with tempfile.TemporaryDirectory(prefix="harness-coverage-") as folder:
        request, answer = Path(folder) / "request.json", Path(folder) / "answer.json"
        asked = {
            "engine": engine_ref.name,
            "cases": [str(path) for path in case_paths],
            "files": [str(path) for path in files],
            "html": str(html_dir) if html_dir is not None else None,
            "sys_path": sys.path,
        }
        request.write_text(json.dumps(asked), encoding="utf-8")
        done = subprocess.run(
            command(CHILD, str(request), str(answer)),
            env=_environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            errors="replace",
            check=False,
        )
        if not answer.exists():
            last = (done.stderr.strip().splitlines() or ["no message"])[-1]
            raise CoverageError(f"measuring ended with exit code {done.returncode}: {last}")
        given = json.loads(answer.read_text(encoding="utf-8"))
    if "error" in given:
        raise CoverageError(given["error"])
    return _report(engine_ref.name, files, given, html_dir)


def engine_files(engine: type[Engine]) -> list[Path]:
    """The source files that make an engine up, by name."""
    sources = [Path(m.__file__).resolve() for m in engine_modules(engine) if m.__file__]
    return sorted({path for path in sources if path.suffix == ".py"})


def render(report: CoverageReport) -> Table:
    """A table of what was not reached, file by file."""
    files = [file.path for file in report.files]
    root = Path(os.path.commonpath([path.parent for path in files])) if files else Path()
    replayed = f"{counted(report.cases, 'case')} {'reaches' if report.cases == 1 else 'reach'}"
    table = Table(
        "file",
        "reached",
        "lines never executed",
        "branches not taken",
        "functions never entered",
        title=f"{report.engine}: {replayed} {report.percent:.0f} %",
        title_justify="left",
        caption_justify="left",
        box=SIMPLE_HEAD,
        pad_edge=False,
    )
    for column in table.columns:
        column.overflow = "fold"
    table.columns[1].justify = "right"
    for file in report.files:
        table.add_row(
            Text(str(file.path.relative_to(root))),
            Text(f"{file.percent:.0f} %", style=_style(file.percent)),
            Text(_ranges(file.missing_lines)),
            Text(", ".join(_branch(a, b) for a, b in _telling_branches(file))),
            Text("\n".join(file.unreached)),
        )
    if report.skipped:
        skipped = f"{counted(len(report.skipped), 'case')} could not be replayed on it"
        table.caption = f"{skipped}, e.g. {report.skipped[0][0].name}: {report.skipped[0][1]}"
    return table


def _environment() -> dict[str, str]:
    """Ours, without what makes coverage start by itself, with the core that knows greenlets."""
    ours = {k: v for k, v in os.environ.items() if not k.startswith(("COVERAGE_", "COV_CORE_"))}
    return {**ours, "COVERAGE_CORE": "ctrace", "PYTHONIOENCODING": "utf-8"}


def _report(
    engine: str, files: Sequence[Path], given: Mapping[str, Any], html_dir: Path | None
) -> CoverageReport:
    measured = {Path(path).resolve(): data for path, data in given["coverage"]["files"].items()}
    return CoverageReport(
        engine,
        given["replayed"],
        [(Path(path), why) for path, why in given["skipped"]],
        float(given["coverage"]["totals"]["percent_covered"]),
        [_file(path, measured[path]) for path in files if path in measured],
        html_dir / "index.html" if html_dir is not None else None,
    )


def _file(path: Path, data: Mapping[str, Any]) -> FileCoverage:
    return FileCoverage(
        path,
        float(data["summary"]["percent_covered"]),
        data["missing_lines"],
        [(a, b) for a, b in data["missing_branches"]],
        unreached_functions(
            path.read_text(encoding="utf-8"), data["executed_lines"], data["missing_lines"]
        ),
    )


def _style(percent: float) -> str:
    return "green" if percent >= 90 else "yellow" if percent >= 60 else "red"


def _ranges(lines: Sequence[int]) -> str:
    """``1-3, 7`` for 1, 2, 3, 7."""
    runs: list[list[int]] = []
    for line in sorted(lines):
        if runs and line == runs[-1][1] + 1:
            runs[-1][1] = line
        else:
            runs.append([line, line])
    return ", ".join(f"{a}-{b}" if a < b else f"{a}" for a, b in runs)


def _telling_branches(file: FileCoverage) -> list[tuple[int, int]]:
    """The branches not taken from lines that were executed; the others go without saying."""
    never = set(file.missing_lines)
    return [(start, end) for start, end in file.missing_branches if start not in never]


def _branch(start: int, end: int) -> str:
    return f"{start}→{'exit' if end < 0 else end}"
