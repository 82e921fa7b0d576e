"""One campaign at a time on an engine, in one corpus.

Two would take each other's findings out of the spool, count each other's runs, and write over
each other's logs.
"""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager

from harness.campaign.paths import CampaignPaths

_FILE = "lock"


class BusyError(Exception):
    """Another campaign has the folders; the message says what to do."""


@contextmanager
def claimed(paths: CampaignPaths, engine: str) -> Iterator[None]:
    """Have the folders of ``engine`` alone; the system gives them back however this ends.

    Raises:
        BusyError: another campaign has them.
        OSError: the disk refuses.
    """
    with (paths.log / _FILE).open("ab") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BusyError(
                f"another campaign on {engine} keeps its things in {paths.cases}; give this one "
                "another --corpus, or one campaign more --jobs"
            ) from None
        yield
