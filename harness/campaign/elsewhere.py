"""Does a case give the same run in another process?

Python orders a set of texts by their hashes, which differ from process to process. An engine that
goes by that order gives one run here as often as one likes, and another one tomorrow in pytest.

``python -m harness.campaign.elsewhere ENGINE CASE`` is that other process. It prints the run's
digest.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from harness.cases.casefile import load
from harness.cases.replay import replay_saved
from harness.engine.registry import find
from harness.execute.opening import open_executor

_SEED = "PYTHONHASHSEED"

_SECONDS = 60
"""For a start and one run. What takes longer is no answer."""


def digest_elsewhere(engine: str, case: Path) -> str:
    """The digest of a case's run in a process in which hashes of texts are other ones.

    Args:
        engine: its name.
        case: the case file.

    Returns:
        The digest; empty when there was no answer.
    """
    seed = "2" if os.environ.get(_SEED) == "1" else "1"
    command = [sys.executable, "-m", "harness.campaign.elsewhere", engine, str(case)]
    try:
        ended = subprocess.run(
            command,
            env={**os.environ, _SEED: seed},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
            start_new_session=True,  # Ctrl-C is for the campaign
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    # The engine may print, too; what is printed last is the digest.
    return ended.stdout.split()[-1] if ended.returncode == 0 and ended.stdout.strip() else ""


def main() -> None:
    """Replay the case that the command line names."""
    engine, case = sys.argv[1:]
    executor = open_executor(find(engine))
    with executor.guard():
        replayed = replay_saved(executor, load(Path(case)))
    print(replayed.recorded.trace.digest())


if __name__ == "__main__":
    main()
