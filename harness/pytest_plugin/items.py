"""How does a case file become tests: one item for each engine that it expects something of?"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from harness.cases.casefile import SavedCase, load
from harness.cases.reading import CaseFileError
from harness.cases.replay import replay_saved
from harness.engine.registry import EngineNotFoundError
from harness.execute.run import EngineError
from harness.pytest_plugin.engines import NotAllowedError, executor_for
from harness.pytest_plugin.failures import as_expected, explanation
from harness.pytest_plugin.unused import note


class CaseFailedError(Exception):
    """A case is not as expected, or could not be replayed; the message explains it."""


class CaseFile(pytest.File):
    """A case file."""

    def collect(self) -> Iterable[CaseItem | DamagedItem]:
        """One item for each engine in ``expect``; one that fails where there can be none.

        An error of the collection would keep all other cases from being replayed.
        """
        try:
            case = load(self.path)
        except CaseFileError as error:
            yield DamagedItem.from_parent(self, name="damaged", why=str(error))
            return
        note(case.expect, self.config)
        if not case.expect:
            why = f"{self.path} expects nothing of any engine; name one in its table [expect]"
            yield DamagedItem.from_parent(self, name="expects nothing", why=why)
        for engine in case.expect:
            yield CaseItem.from_parent(self, name=engine, case=case)


class FileItem(pytest.Item):
    """Something to be said of a case file."""

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """The explanation without a traceback; of errors of our own, the traceback."""
        if isinstance(excinfo.value, CaseFailedError):
            return Explanation(str(excinfo.value), self.path)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[os.PathLike[str] | str, int | None, str]:
        """Where it is from and what it is called in reports."""
        return self.path, None, f"{self.path.name}::{self.name}"


class DamagedItem(FileItem):
    """A case file that can not be replayed on anything, or an engine that was named in vain."""

    def __init__(self, *, why: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._why = why

    def runtest(self) -> None:
        """Fail.

        Raises:
            CaseFailedError: always.
        """
        raise CaseFailedError(self._why)


class CaseItem(FileItem):
    """A case on one engine. Its name is the engine's."""

    def __init__(self, *, case: SavedCase, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.case = case
        self.expected = case.expect[self.name]

    def runtest(self) -> None:
        """Replay the case.

        Raises:
            CaseFailedError: the verdict is not the expected one, or there is none.
        """
        engine, case = self.name, self.case
        try:
            executor = executor_for(engine, self.config)
            with executor.guard():
                result = replay_saved(executor, case, engine)
        except NotAllowedError as error:
            pytest.skip(str(error))
        except (EngineNotFoundError, EngineError, CaseFileError) as error:
            text = f"{engine} was expected to give {self.expected!r}, but {error}"
            raise CaseFailedError(text) from error
        if not as_expected(result, self.expected):
            text = explanation(case, engine, executor.spec, self.expected, result, self.path)
            raise CaseFailedError(text)


@dataclass(frozen=True, slots=True)
class Crash:
    """What pytest's summary says of a failure.

    Attributes:
        path: the case file.
        lineno: 0, a case has no line that fails.
        message: one line.
    """

    path: str
    lineno: int
    message: str


class Explanation:
    """A failure's text, in the form in which pytest takes one that is not a traceback.

    Attributes:
        reprcrash: what the summary shows.
    """

    def __init__(self, text: str, path: Path) -> None:
        self._text = text
        self.reprcrash = Crash(str(path), 0, text.partition("\n")[0])

    def __str__(self) -> str:
        return self._text

    def toterminal(self, tw: Any) -> None:
        """Write it, the first line in red."""
        first, _, rest = self._text.partition("\n")
        tw.line(first, red=True, bold=True)
        tw.line(rest)
