"""Finding an engine by name, by entry point or in a file."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

from harness.engine.base import Engine
from harness.model.spec import EngineSpec

GROUP = "harness.engines"
"""Entry point group. The name is the engine's, e.g. ``pool`` or ``haproxy@b11495652``."""


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
    """All engines that installed packages announce, by name."""
    for entry in sorted(entry_points(group=GROUP), key=lambda e: e.name):
        yield EngineRef(entry.name, entry.load)


def find(name: str) -> EngineRef:
    """The engine called ``name``: an entry point, or ``path/to/file.py:ClassName``.

    Raises:
        EngineNotFoundError: there is none, or it can not be imported.
    """
    path, colon, cls = name.rpartition(":")
    if colon and path.endswith(".py"):
        ref = EngineRef(name, lambda: _from_file(Path(path), cls))
    else:
        names = {ref.name: ref for ref in installed()}
        if name not in names:
            close = get_close_matches(name, names, n=3, cutoff=0.4)
            hint = f"did you mean {' or '.join(close)}?" if close else "see `harness engines`."
            raise EngineNotFoundError(f"there is no engine called {name!r}; {hint}")
        ref = names[name]
    try:
        loaded: Any = ref.engine
    except EngineNotFoundError:
        raise
    except Exception as error:
        raise EngineNotFoundError(
            f"engine {name!r} can not be imported: {type(error).__name__}: {error}"
        ) from error
    if not (isinstance(loaded, type) and issubclass(loaded, Engine)):
        raise EngineNotFoundError(f"{name!r} is not a subclass of harness.Engine")
    return ref


def _from_file(path: Path, cls: str) -> type[Engine]:
    if not path.is_file():
        raise EngineNotFoundError(f"there is no file {path}; give path/to/file.py:ClassName")
    module_name = f"harness_engine_{path.stem}"
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
