"""Writing a file so that it is there whole or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO


def write_atomically(path: Path, data: bytes) -> None:
    """Write ``data`` to ``path``; a kill or a full disk leaves the old file, or none.

    Raises:
        OSError: the disk refuses; nothing is left behind.
    """
    with _replacing(path) as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def write_unforced(path: Path, data: bytes) -> None:
    """The same without waiting for the disk: only a crash of the machine may leave it torn.

    For what is written often, and read by those who skip what is torn.

    Raises:
        OSError: the disk refuses; nothing is left behind.
    """
    with _replacing(path) as file:
        file.write(data)


@contextmanager
def _replacing(path: Path) -> Iterator[IO[bytes]]:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
        os.chmod(name, 0o644)
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
