"""``haproxy@5541d4995`` (2024-07): what if whoever queues a stream looks once more himself?"""

from __future__ import annotations

from harness.engines.haproxy.revisions.rddab05b98 import Revddab05b98
from harness.engines.haproxy.state import Pendconn, Status, Stream


class Rev5541d4995(Revddab05b98):
    """The last slot may have been given back between the check for room and the queueing.

    See ``HaproxyQueue`` for what is left out.
    """

    def srv_redispatch_connect(self, stream: Stream) -> Status:
        """Find the stream a server or a queue; if it is a server's, look at it again."""
        status = self.assign_server_and_queue(stream)
        if status is Status.QUEUED and stream.target is not None:
            self.manage(stream.target)
        return status

    def pendconn_must_try_again(self, p: Pendconn) -> bool:
        """Whether the stream just queued would wait for nobody; if so it is out again."""
        if not p.linked.load():
            return False
        holder = self.px if p.queue.sv is None else p.queue.sv
        if holder.served.load():
            return False
        if not self.pendconn_unlink(p):
            return False
        p.queue.idx.add(1)
        return True
