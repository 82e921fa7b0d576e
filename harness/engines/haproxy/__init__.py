"""HAProxy's server queue and backend queue, as of several revisions of its history.

From the bottom up: ``state`` (the data), ``slots`` (limits and who holds a slot), ``pendconns``
(what the owner of a queued stream does), ``dequeuing`` (who empties queues), ``balance``
(which server or queue), ``engine`` (a stream's life, the operations), ``revisions`` (what
differs from commit to commit). Functions carry the names they have in HAProxy; the code is
written from a description of what they do. Where one was split, the parts say so.
"""

from harness.engines.haproxy.revisions import (
    REVISIONS,
    Rev16fbdda3c,
    Rev5541d4995,
    Revb11495652,
    Revb11495652NoRecheck,
    Revddab05b98,
)

__all__ = [
    "REVISIONS",
    "Rev16fbdda3c",
    "Rev5541d4995",
    "Revb11495652",
    "Revb11495652NoRecheck",
    "Revddab05b98",
]
