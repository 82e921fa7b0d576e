"""The revisions of HAProxy's queue, one file each, oldest first.

``r16fbdda3c`` → ``rddab05b98`` → ``r5541d4995`` → ``rb11495652``: each overrides what its real
commit changed in the one before it, and no more.
"""

from harness.engines.haproxy.engine import HaproxyQueue
from harness.engines.haproxy.revisions.r16fbdda3c import Rev16fbdda3c
from harness.engines.haproxy.revisions.r5541d4995 import Rev5541d4995
from harness.engines.haproxy.revisions.rb11495652 import (
    Revb11495652,
    Revb11495652NoRecheck,
)
from harness.engines.haproxy.revisions.rddab05b98 import Revddab05b98

REVISIONS: dict[str, type[HaproxyQueue]] = {
    "haproxy@16fbdda3c": Rev16fbdda3c,
    "haproxy@ddab05b98": Revddab05b98,
    "haproxy@5541d4995": Rev5541d4995,
    "haproxy@b11495652": Revb11495652,
    "haproxy@b11495652-no-recheck": Revb11495652NoRecheck,
}
"""Engine name → class, oldest first."""

__all__ = [
    "REVISIONS",
    "Rev16fbdda3c",
    "Rev5541d4995",
    "Revb11495652",
    "Revb11495652NoRecheck",
    "Revddab05b98",
]
