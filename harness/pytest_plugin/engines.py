"""Which engine is meant, and may it be imported?

A case file is data. An engine that it names by a file is imported only if the user has named
the same file and class on the command line or in the configuration.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from harness.engine.base import Engine
from harness.engine.registry import EngineNotFoundError, EngineRef, find
from harness.execute.opening import open_executor
from harness.execute.run import Steerable
from harness.pytest_plugin.plugin import INI, OPTION, UNASKED

_EXECUTORS: pytest.StashKey[dict[str, Steerable]] = pytest.StashKey()


class NotAllowedError(Exception):
    """A case names an engine in a file that the user has not allowed; the message says how."""


def executor_for(name: str, config: pytest.Config) -> Steerable:
    """What runs the engine that a case file calls ``name``; one for the whole session.

    Raises:
        NotAllowedError: it is in a file that the user has not allowed.
        EngineNotFoundError: there is none, or it can not be imported.
    """
    executors = config.stash.setdefault(_EXECUTORS, {})
    if name not in executors:
        executors[name] = open_executor(find(spelled(name, config) if in_file(name) else name))
    return executors[name]


def in_file(name: str) -> bool:
    """Whether ``name`` is ``path/to/file.py:ClassName``."""
    path, colon, _ = name.rpartition(":")
    return bool(colon) and path.endswith(".py")


def as_ref(engine: type[Engine] | EngineRef | str) -> EngineRef:
    """The engine that a test means: a class, a reference or a name.

    Raises:
        EngineNotFoundError: there is none of that name.
        TypeError: it is no engine.
    """
    __tracebackhide__ = True
    if isinstance(engine, EngineRef):
        return engine
    if isinstance(engine, str):
        try:
            return find(engine)
        except EngineNotFoundError as error:
            raise EngineNotFoundError(str(error)) from None
    if not (isinstance(engine, type) and issubclass(engine, Engine)):
        raise TypeError(f"{engine!r} is no engine; give a subclass of harness.Engine, or its name")
    return EngineRef(engine.__name__, lambda: engine)


def spelled(name: str, config: pytest.Config) -> str:
    """The absolute name of the engine in a file that the user allowed under ``name``.

    Raises:
        NotAllowedError: the user has not allowed it.
    """
    allowed: Sequence[str] = [*config.getoption(OPTION), *config.getini(INI)]
    for candidate in allowed:
        if same(name, candidate, config):
            existing = [p for p in _places(candidate, config) if p[0].is_file()]
            if existing:
                path, cls = sorted(existing)[0]
                return f"{path}:{cls}"
            return candidate
    raise NotAllowedError(
        f"the case names an engine in a file, {name}, {UNASKED}: "
        f"{OPTION} {name}, or a line in the ini option {INI}"
    )


def same(name: str, other: str, config: pytest.Config) -> bool:
    """Whether two names mean one engine; a file may be spelled in several ways."""
    if name == other or not (in_file(name) and in_file(other)):
        return name == other
    return not _places(name, config).isdisjoint(_places(other, config))


def _places(name: str, config: pytest.Config) -> set[tuple[Path, str]]:
    path, _, cls = name.rpartition(":")
    bases = (config.invocation_params.dir, config.rootpath)
    return {((base / path).resolve(), cls) for base in bases}
