"""Is each engine that the user has named one that cases use?

With a mistyped name, or that of a class which has been renamed, all cases would be skipped, and
the run be green with nothing tested.
"""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from harness.engine.registry import EngineNotFoundError
from harness.model.hint import hint
from harness.pytest_plugin.engines import NotAllowedError, executor_for, in_file, same, spelled
from harness.pytest_plugin.plugin import INI, OPTION

_MET: pytest.StashKey[set[str]] = pytest.StashKey()


def note(engines: Iterable[str], config: pytest.Config) -> None:
    """Remember the engines that a collected case names."""
    config.stash.setdefault(_MET, set()).update(engines)


def complaints(config: pytest.Config) -> dict[str, str]:
    """What is wrong with engines that the user has named, a sentence for each of these.

    One on the command line is for the cases collected, and must be named by one of them. One in the
    configuration is for all cases, of which these may be some. It must exist, and it may be the one
    that was meant where a case is skipped.
    """
    met = config.stash.get(_MET, set())
    skipped = any(in_file(one) and not _allowed(one, config) for one in met)
    wrong: dict[str, str] = {}
    for name in config.getini(INI) if met else ():
        if not _used(name, met, config):
            why = _unused(name, met) if skipped else _missing(name, config)
            if why:
                wrong[name] = f"{INI} names {name}, but {why}"
    for name in config.getoption(OPTION):
        if not _used(name, met, config):
            wrong[name] = f"{OPTION} names {name}, but {_unused(name, met)}"
    return wrong


def _used(name: str, met: Iterable[str], config: pytest.Config) -> bool:
    return any(same(name, one, config) for one in met)


def _allowed(name: str, config: pytest.Config) -> bool:
    try:
        spelled(name, config)
    except NotAllowedError:
        return False
    return True


def _unused(name: str, met: Iterable[str]) -> str:
    known = sorted(met)
    they = f"they use {', '.join(known)}" if known else "no case was collected"
    return f"no case uses that engine; {hint(name, known, they)}"


def _missing(name: str, config: pytest.Config) -> str:
    try:
        executor_for(name, config)
    except EngineNotFoundError as error:
        return str(error)
    return ""
