"""Which engine a case is replayed on.

A case file is data: an engine in a file that it names (``path/to/file.py:Class``) is only
imported when the user names it too, with ``--engine``.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from harness.cases.casefile import SUFFIX, SavedCase
from harness.cases.reading import CaseFileError
from harness.engine.registry import EngineRef, find


class CasePath(click.Path):
    """A case file, or a folder of them where that will do."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        """The path, unless it is a file that nobody would call a case."""
        path = Path(os.fsdecode(super().convert(value, param, ctx)))
        if path.is_file() and path.suffix != ".toml":
            self.fail(f"{path} is no case file; the name of one ends in {SUFFIX}", param, ctx)
        return path


case_argument = click.argument("case", type=CasePath(exists=True, dir_okay=False))

cases_argument = click.argument("cases", nargs=-1, required=True, type=CasePath(exists=True))

engine_option = click.option(
    "--engine", help="Replay on this engine instead of the ones the case names."
)


def engine_for(case: SavedCase, given: str | None, path: Path) -> EngineRef:
    """The engine to show or minimise a case on: the one given, or the one it was found on.

    Raises:
        CaseFileError: the case names code in a file.
        EngineNotFoundError: there is no such engine.
    """
    return find(given or _safe(case.found_on, path))


def engines_for(case: SavedCase, given: str | None, path: Path) -> Sequence[EngineRef]:
    """The engines to replay a case on: the one given, or all it has expectations for.

    A case without any is of interest for the engine it was found on.

    Raises:
        CaseFileError: the case names code in a file.
        EngineNotFoundError: there is no such engine.
    """
    if given:
        return [find(given)]
    return [find(_safe(name, path)) for name in case.expect or [case.found_on]]


def case_files(paths: Sequence[Path]) -> list[Path]:
    """The case files among ``paths``, folders searched.

    Raises:
        CaseFileError: there are none.
    """
    found: list[Path] = []
    for path in paths:
        found += sorted(path.rglob(f"*{SUFFIX}")) if path.is_dir() else [path]
    if not found:
        raise CaseFileError(f"there is no *{SUFFIX} file below {', '.join(map(str, paths))}")
    return found


def _safe(name: str, path: Path) -> str:
    if ".py:" in name:
        raise CaseFileError(
            f"{path} names code in a file ({name}), which is not run unasked; "
            f"add --engine {shlex.quote(name)} if you trust it"
        )
    return name
