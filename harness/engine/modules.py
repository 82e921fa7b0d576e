"""Which modules make an engine up: what to measure, and what to instrument."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType

from harness.engine.base import Engine
from harness.engine.registry import FROM_FILE


def engine_modules(engine: type[Engine]) -> list[ModuleType]:
    """The modules of an engine that have been imported, by name.

    They are the modules of its class and bases, those of ``harness.engine`` left out, and the
    modules of the same packages from which these take names, directly or through each other;
    for an engine in a file of its own, the modules of its folder. Other modules of the package,
    such as other revisions of the engine, are not part of it.
    """
    found: dict[str, ModuleType] = {}
    open_ones = [cls.__module__ for cls in engine.__mro__]
    places = {_place(name) for name in open_ones if _own(name)} - {None}
    while open_ones:
        name = open_ones.pop()
        module = sys.modules.get(name)
        if name in found or module is None or not _own(name):
            continue
        found[name] = module
        open_ones += [used for used in _used_by(module) if places & {_place(used), _folder(used)}]
    return [found[name] for name in sorted(found)]


def _own(module: str) -> bool:
    """Whether a module is the engine author's."""
    return not f"{module}.".startswith(("builtins.", "harness.engine.", "typing.", "abc."))


def _place(name: str) -> str | Path | None:
    """What a module and its helpers share: the package, or the folder of an engine's file."""
    if name.startswith(FROM_FILE):
        return _folder(name)
    package: str | None = getattr(sys.modules.get(name), "__package__", None)
    return package or None


def _folder(name: str) -> Path | None:
    file = getattr(sys.modules.get(name), "__file__", None)
    return Path(file).resolve().parent if file else None


def _used_by(module: ModuleType) -> set[str]:
    """Modules whose names, or which themselves, a module has in its namespace."""
    used = set()
    for value in vars(module).values():
        name = value.__name__ if isinstance(value, ModuleType) else _origin(value)
        if isinstance(name, str):
            used.add(name)
    return used


def _origin(value: object) -> object:
    return getattr(value, "__module__", None) if callable(value) else None
