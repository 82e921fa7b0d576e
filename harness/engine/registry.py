"""Finding an engine by name, by entry point or in a file."""

from __future__ import annotations

import importlib.util
import os
import sys
import sysconfig
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from traceback import extract_tb
from typing import Any

from harness.engine.base import Engine
from harness.model.hint import close_to, hint
from harness.model.spec import EngineSpec

GROUP = "harness.engines"
"""Entry point group.

The name is an engine's, e.g. ``pool``, and the object its class; or it is a family's, e.g.
``haproxy``, and the object a mapping from revisions to classes: ``haproxy@b11495652`` and so on.
"""


FROM_FILE = "harness_engine_"
"""What the name of a module that is an engine's file begins with."""


class EngineNotFoundError(Exception):
    """No engine can be had under that name; the message says why and what to do."""


@dataclass(frozen=True)
class EngineRef:
    """An engine that can be selected.

    Attributes:
        name: how it is selected on the command line.
        load: imports it and returns its class.
    """

    name: str
    load: Callable[[], type[Engine]]

    @property
    def family(self) -> str:
        """The folder its cases live in: the name without revision, path and extension."""
        base = self.name.rpartition(":")[2] if ".py:" in self.name else self.name
        return base.partition("@")[0].lower()

    @cached_property
    def engine(self) -> type[Engine]:
        """The engine's class."""
        return self.load()

    @cached_property
    def spec(self) -> EngineSpec:
        """What its cases look like."""
        return self.engine.spec(self.family, self.name)


def installed() -> Iterator[EngineRef]:
    """All engines that installed packages announce, by name; imports the families.

    What can not be imported is among them under the name of its entry point.
    """
    for entry in sorted(_entries().values(), key=lambda e: e.name):
        try:
            announced = _told("imported", entry.name, entry.load)
        except EngineNotFoundError:
            announced = None
        if isinstance(announced, Mapping):
            yield from _revisions(entry.name, announced)
        else:
            yield EngineRef(entry.name, entry.load)


def find(name: str) -> EngineRef:
    """The engine called ``name``: announced by a package, or ``path/to/file.py:ClassName``.

    Raises:
        EngineNotFoundError: there is none, it can not be imported, or it declares nonsense.
    """
    path, colon, cls = name.rpartition(":")
    if colon and path.endswith(".py"):
        ref = EngineRef(name, lambda: _from_file(Path(path), cls))
    else:
        ref = _announced(name)
    loaded = _told("imported", name, lambda: ref.engine)
    if not (isinstance(loaded, type) and issubclass(loaded, Engine)):
        raise EngineNotFoundError(f"{name!r} is not a subclass of harness.Engine")
    _told("used", name, lambda: ref.spec)
    return ref


def _announced(name: str) -> EngineRef:
    """The engine of that name among the entry points; imports no other family that is unlike it."""
    entries = _entries()
    entry = entries.get(name) or entries.get(name.partition("@")[0])
    if entry is not None:
        refs = _refs(entry)
        if name in refs:
            return refs[name]
    if name.endswith(".py"):
        raise EngineNotFoundError(f"{name} is a file; say which class in it: {name}:ClassName")
    raise EngineNotFoundError(f"there is no engine called {name!r}; {_meant(name, entries)}")


def _meant(name: str, entries: Mapping[str, EntryPoint]) -> str:
    """What somebody may have meant who wrote ``name``, of what can be selected."""
    otherwise = "see `harness engines`."
    family, at, revision = name.partition("@")
    close = close_to(family, entries, 1)
    if not close:
        return otherwise
    try:
        known = list(_refs(entries[close[0]]))
    except EngineNotFoundError:
        known = close
    name = f"{close[0]}{at}{revision}"
    # Of a commit people type the beginning.
    begun = [one for one in known if one.startswith(name)] if at else []
    return hint(name, begun or known, otherwise)


def _refs(entry: EntryPoint) -> dict[str, EngineRef]:
    """What an entry point announces, by name; imports it."""
    announced = _told("imported", entry.name, entry.load)
    if isinstance(announced, Mapping):
        return {ref.name: ref for ref in _revisions(entry.name, announced)}
    return {entry.name: EngineRef(entry.name, entry.load)}


def _entries() -> dict[str, EntryPoint]:
    return {entry.name: entry for entry in entry_points(group=GROUP)}


def _revisions(family: str, engines: Mapping[str, type[Engine]]) -> Iterator[EngineRef]:
    for revision in engines:
        yield EngineRef(f"{family}@{revision}", partial(engines.__getitem__, revision))


def _told(done: str, name: str, do: Callable[[], Any]) -> Any:
    """What ``do`` gives; whatever the engine's code raises instead, becomes a sentence."""
    try:
        return do()
    except (KeyboardInterrupt, EngineNotFoundError):
        raise
    except BaseException as error:  # a module may call sys.exit()
        raise EngineNotFoundError(
            f"engine {name!r} can not be {done}: {type(error).__name__}: {error}{_where(error)}"
        ) from error


def _where(error: BaseException) -> str:
    """The line of the user's code that an error comes from, if there is one."""
    places = [
        f"{frame.filename}:{frame.lineno}"
        for frame in extract_tb(error.__traceback__)
        if _theirs(frame.filename)
    ]
    if isinstance(error, SyntaxError) and error.filename:
        places.append(f"{error.filename}:{error.lineno}")
    return f" (at {places[-1]})" if places else ""


def _theirs(file: str) -> bool:
    """Whether a file is neither ours nor Python's, which lead to the user's code and back."""
    ours, library = str(Path(__file__).parent.parent), sysconfig.get_path("stdlib")
    installed_there = file.startswith(sysconfig.get_path("purelib"))
    return not file.startswith((ours, "<")) and (
        installed_there or not file.startswith(library + os.sep)
    )


def _from_file(path: Path, cls: str) -> type[Engine]:
    if not path.is_file():
        raise EngineNotFoundError(f"there is no file {path}; give path/to/file.py:ClassName")
    folder = str(path.resolve().parent)
    if folder not in sys.path:
        sys.path.append(folder)  # it may import what lies beside it
    module_name = FROM_FILE + path.stem
    spec = importlib.util.spec_from_file_location(module_name, path.resolve())
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[module_name] = module
    spec.loader.exec_module(module)
    if not hasattr(module, cls):
        engines = [
            n
            for n, v in vars(module).items()
            if isinstance(v, type) and issubclass(v, Engine) and v is not Engine
        ]
        raise EngineNotFoundError(
            f"{path} has no class {cls!r}; it defines {', '.join(engines) or 'no engine'}"
        )
    found: type[Engine] = getattr(module, cls)
    return found
