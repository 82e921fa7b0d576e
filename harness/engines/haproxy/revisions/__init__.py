"""The history of HAProxy's queue, a class a commit, in files by the year they end with.

Each class overrides what its real commit changed in the class before it, and no more, so that the
newest is the sum of all. ``HISTORY`` is in the order in which they were committed.
"""

from harness.engines.haproxy.engine import HaproxyQueue
from harness.engines.haproxy.revisions import y2018, y2019, y2021, y2024, y2025, y2026

_NAMES = {"Rev18": "1.8", "Revb11495652NoRecheck": "b11495652-no-recheck"}

HISTORY: dict[str, type[HaproxyQueue]] = {
    _NAMES.get(name, name.removeprefix("Rev")): cls
    for module in (y2018, y2019, y2021, y2024, y2025, y2026)
    for name, cls in vars(module).items()
    if isinstance(cls, type) and issubclass(cls, HaproxyQueue) and cls.__module__ == module.__name__
}
"""Revision → class, oldest first."""
