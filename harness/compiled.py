"""Which modules are compiled, and are the compiled ones those of the sources that lie here?

The hot modules are ordinary typed Python. Where there is a C compiler, installing harness has mypyc
translate them, which halves what a run costs; elsewhere they run as they are, with the same
results. An import takes a compiled module and passes over the source beside it. So that an edit
counts at once, and not after the next installation only, the library that holds the compiled code
bears a digest of the sources in its name: without a library of that name the sources run.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from hashlib import blake2b
from importlib.abc import MetaPathFinder
from importlib.machinery import EXTENSION_SUFFIXES, ModuleSpec
from importlib.util import spec_from_file_location
from pathlib import Path
from types import ModuleType

MODULES = (
    "campaign/even",
    "campaign/feedback",
    "campaign/population",
    "campaign/proposing",
    "codec/chance",
    "codec/codec",
    "codec/mutate",
    "codec/tail",
    "engine/request",
    "execute/activities",
    "execute/plan",
    "execute/python",
    "execute/run",
    "execute/session",
    "model/outcome",
    "model/schedule",
    "oracles/idle",
    "oracles/ledger",
    "oracles/order",
    "runtime/carrier",
    "runtime/cycle",
    "runtime/frames",
    "runtime/freeze",
    "runtime/hooks",
    "runtime/housekeeping",
    "runtime/scheduler",
    "runtime/spinning",
    "runtime/thread",
    "runtime/valuestack",
    "runtime/visible",
    "strategies/configuration",
    "strategies/foresight",
    "strategies/option",
    "sync/atomic",
    "sync/blocking",
    "sync/cell",
    "sync/lock",
    "sync/primitive",
)
"""What is on the path of every run.

With what proves endless loops, of which a campaign sees many. Not what such a proof has to see: it
reads the positions of suspended threads from their Python frames, and compiled code has none. So an
access that is several scheduling points (``Condition.wait``, say) stays as it is. So does the full
version of the decisions: those who are told of them find the engine's frame beneath its own.
"""

SWITCH = "HARNESS_PURE_PYTHON"
"""Environment variable: set to anything, the sources run."""

_HERE = Path(__file__).parent


def sources() -> dict[str, Path]:
    """The source file of each module of ``MODULES``, by its full name."""
    return {f"harness.{m.replace('/', '.')}": _HERE / f"{m}.py" for m in MODULES}


def group() -> str:
    """The name mypyc is given for the compiled modules; the library's is this and ``__mypyc``.

    It tells the sources of their whole layers: compiled code relies on the types of what it calls.
    """
    digest = blake2b(digest_size=8)
    for folder in sorted({module.partition("/")[0] for module in MODULES}):
        for path in sorted((_HERE / folder).glob("*.py")):
            digest.update(f"{folder}/{path.name}\n".encode() + path.read_bytes())
    return f"harness.compiled_{digest.hexdigest()}"


class _FromSource(MetaPathFinder):
    """Finds the sources of compiled modules before the compiled ones are found."""

    def __init__(self) -> None:
        self._sources = sources()

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        source = self._sources.get(fullname)
        return None if source is None else spec_from_file_location(fullname, source)


def _choose() -> bool:
    library = f"{group().rpartition('.')[2]}__mypyc{EXTENSION_SUFFIXES[0]}"
    if (_HERE / library).exists() and not os.environ.get(SWITCH):
        return True
    sys.meta_path.insert(0, _FromSource())
    return False


COMPILED = _choose()
"""Whether the compiled modules are in use; decided before any of them is imported."""
