"""How does a suite of its own replay a corpus: ``harness_replay(path, engine)``."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from harness.cases.casefile import SUFFIX, SavedCase, load
from harness.cases.reading import CaseFileError
from harness.cases.replay import replay_saved
from harness.engine.base import Engine
from harness.engine.registry import EngineRef
from harness.execute.opening import open_executor
from harness.pytest_plugin.engines import as_ref, in_file
from harness.pytest_plugin.failures import OK, as_expected, explanation, together


@dataclass(frozen=True, slots=True)
class Replayed:
    """What came of a corpus that is as expected.

    Attributes:
        cases: how many were replayed.
        verdicts: how often each verdict was given.
    """

    cases: int
    verdicts: Mapping[str, int]


class ReplayCorpus(Protocol):
    """What the fixture ``harness_replay`` gives."""

    def __call__(
        self, path: str | os.PathLike[str], engine: type[Engine] | EngineRef | str
    ) -> Replayed:
        """See ``replay_corpus``."""


def replay_corpus(path: str | os.PathLike[str], engine: type[Engine] | EngineRef | str) -> Replayed:
    """Replay a case file, or every case file below a directory.

    A case that expects nothing of this engine is expected to be ``ok`` on it. What a case
    expects of an engine in a file holds for a class of the same name.

    Args:
        path: a case file or a directory.
        engine: a class, a reference or a name.

    Raises:
        AssertionError: a verdict is not as expected, a file is damaged or does not fit the
            engine, or there is no case at all; the message shows the interleaving.
        EngineNotFoundError: there is no engine of that name.
        EngineError: the engine can not be run.
    """
    __tracebackhide__ = True
    ref = as_ref(engine)
    executor = open_executor(ref)
    root = Path(path)
    files = sorted(root.rglob(f"*{SUFFIX}")) if root.is_dir() else [root]
    if not files:
        raise AssertionError(f"there is no case file (*{SUFFIX}) below {root}")
    verdicts: Counter[str] = Counter()
    failures = []
    for file in files:
        try:
            case = load(file)
            known_as = name_in(case, ref)
            with executor.guard():
                result = replay_saved(executor, case, known_as)
        except CaseFileError as error:
            failures.append(str(error) if str(file) in str(error) else f"{file}: {error}")
            continue
        verdicts[result.verdict] += 1
        expected = case.expect.get(known_as, OK)
        if not as_expected(result, expected):
            text = explanation(case, ref.name, executor.spec, expected, result, file)
            failures.append(f"{file.name}: {text}")
    if failures:
        total = f"{len(failures)} of {len(files)} cases are not as expected"
        raise AssertionError(f"{total}\n\n{together(failures)}" if len(files) > 1 else failures[0])
    return Replayed(len(files), dict(verdicts))


def name_in(case: SavedCase, ref: EngineRef) -> str:
    """What a case that expects something of an engine calls it; else its own name."""
    if ref.name in case.expect:
        return ref.name
    for name in case.expect:
        if in_file(name) and name.rpartition(":")[2] == ref.name:
            return name
    return ref.name
