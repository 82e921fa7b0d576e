"""HAProxy's server queue and backend queue, commit by commit from 2018 to 2026.

From the bottom up: ``state`` (the data), ``slots`` (limits and who holds a slot), ``pendconns``
(what the owner of a queued stream does), ``dequeuing`` (who empties queues), ``balance``
(which server or queue), ``health`` (servers that go and come), ``streams`` (a stream's life),
``engine`` (what a workload can do), ``revisions`` (what differs from commit to commit), ``pairs``
(which bug each fix mended). Functions carry the names they have in HAProxy; the code is
written from a description of what they do. Where one was split, the parts say so.
"""

from harness.engines.haproxy.revisions import HISTORY

__all__ = ["HISTORY"]
