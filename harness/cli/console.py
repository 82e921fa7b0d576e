"""Output and errors: for people on a terminal or in a pipe, or JSON for machines."""

from __future__ import annotations

import json
import os
import shlex
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, redirect_stdout
from functools import wraps
from pathlib import Path
from typing import NoReturn, ParamSpec, TextIO

import click
from rich.console import Console, RenderableType

from harness.campaign.claim import BusyError
from harness.campaign.collector import NondeterministicEngineError
from harness.cases.casefile import SUFFIX
from harness.cases.reading import CaseFileError
from harness.engine.registry import EngineNotFoundError
from harness.execute.run import EngineError
from harness.report.coverage import CoverageError

P = ParamSpec("P")

CLEAN, FINDINGS, WRONG_USE, INCONCLUSIVE, INTERRUPTED = 0, 1, 2, 3, 130
"""Exit codes: nothing found or all as expected; findings; wrong use or bad input; nothing can be
said; Ctrl-C."""

out = Console(highlight=False, soft_wrap=False)
err = Console(stderr=True, highlight=False)

_wide = Console(highlight=False, width=1_000)
"""For lines that nobody looks at on a terminal."""

as_json = click.option("--json", "json_", is_flag=True, help="Print JSON for machines.")


def print_table(table: RenderableType) -> None:
    """Print a table, cut to the width of a terminal only where there is one.

    Elsewhere names are to be searched for, and columns to be taken apart.
    """
    (out if out.is_terminal else _wide).print(table)


def tell_folder(folder: Path) -> None:
    """Say how the last column of a table of findings names files."""
    name = f"{folder}/<revision>-<finding>-<case>{SUFFIX}"
    out.print(f"\nthe cases are {name}", markup=False, soft_wrap=True)


def point_to(case: Path, engine: str, *commands: str) -> None:
    """Say how to go on with a case, in lines that can be copied."""
    words = [str(case), "--engine", engine] if ".py:" in engine else [str(case)]
    for command in commands:
        verb = {"show": "see", "minimize": "shrink"}.get(command, command)
        line = f"{f'{verb} one:':<12}harness {command} {shlex.join(words)}"
        out.print(line, markup=False, soft_wrap=True)


def complain(message: str) -> None:
    """One sentence on standard error, on one line whatever it quotes."""
    err.print(f"harness: {' '.join(message.split())}", markup=False, soft_wrap=True)


def fail(message: str, code: int = WRONG_USE) -> NoReturn:
    """End with one sentence on standard error."""
    complain(message)
    sys.exit(code)


_stdout: list[TextIO] = []
"""Where JSON goes while an engine's own prints go to standard error."""


def print_json(document: object) -> None:
    """Print a document, in which there may be paths, as JSON."""
    text = json.dumps(document, indent=2, default=os.fspath)
    click.echo(text, file=_stdout[-1] if _stdout else None)


@contextmanager
def _only_json() -> Iterator[None]:
    """Whatever engine code prints must not get among the JSON."""
    _stdout.append(sys.stdout)
    try:
        with redirect_stdout(sys.stderr):
            yield
    finally:
        _stdout.pop()


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except (BusyError, CaseFileError, EngineNotFoundError, EngineError, CoverageError) as error:
        fail(str(error))
    except NondeterministicEngineError as error:
        fail(str(error), FINDINGS)
    except BrokenPipeError:
        raise  # click's: whoever reads has had enough
    except OSError as error:
        fail(f"{error.strerror or error}: {error.filename or 'the disk'}; nothing was lost")
    except KeyboardInterrupt:
        fail("interrupted", INTERRUPTED)


def plain_errors(command: Callable[P, None]) -> Callable[P, None]:
    """A user's mistake gives one sentence and exit code 2, never a traceback."""

    @wraps(command)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> None:
        with _told(), _only_json() if kwargs.get("json_") else nullcontext():
            command(*args, **kwargs)

    return guarded
