"""Does a case give the same run in another process?

Python orders a set of texts by their hashes, which differ from process to process. An engine that
goes by that order gives one run here as often as one likes, and another one tomorrow in pytest.

``python -m harness.campaign.elsewhere ENGINE CASE...`` is that other process. It prints the
digests of the runs. There is one for all cases, since to start it takes longer than they do.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from harness.cases.casefile import load
from harness.cases.replay import replay_saved
from harness.children import command
from harness.engine.base import Engine
from harness.engine.modules import engine_modules
from harness.engine.registry import find
from harness.execute.opening import open_executor

_SEED = "PYTHONHASHSEED"

_SECONDS = 60
"""For a start and all runs. What takes longer is no answer."""


def digests_elsewhere(engine: str, cases: Sequence[Path]) -> list[str]:
    """The digests of cases' runs in a process in which hashes of texts are other ones.

    Args:
        engine: its name.
        cases: the case files.

    Returns:
        The digests, in the same order; empty when there was no answer.
    """
    seed = "2" if os.environ.get(_SEED) == "1" else "1"
    try:
        ended = subprocess.run(
            command("harness.campaign.elsewhere", engine, *map(str, cases)),
            env={**os.environ, _SEED: seed},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
            start_new_session=True,  # Ctrl-C is for the campaign
        )
    except (OSError, subprocess.TimeoutExpired):
        return []
    return ended.stdout.split() if ended.returncode == 0 else []


def sources(engine: type[Engine]) -> dict[str, bytes]:
    """What the files of an engine say now: where they were edited, another process runs others."""
    files = [module.__file__ for module in engine_modules(engine) if module.__file__]
    return {file: Path(file).read_bytes() for file in files if Path(file).exists()}


def main() -> None:
    """Replay the cases that the command line names."""
    answer = os.dup(1)
    os.dup2(2, 1)  # the engine may print, too
    engine, *cases = sys.argv[1:]
    executor = open_executor(find(engine))
    with executor.guard():
        replays = [replay_saved(executor, load(Path(case))) for case in cases]
    digests = [replayed.recorded.trace.digest() for replayed in replays]
    os.write(answer, " ".join(digests).encode())


if __name__ == "__main__":
    main()
