"""``haproxy@b11495652`` (2024-09): what if a flag of its own says that somebody dequeues?"""

from __future__ import annotations

from harness.engines.haproxy.revisions.r5541d4995 import Rev5541d4995
from harness.engines.haproxy.state import Pendconn, Server, Status, Stream


class Revb11495652(Rev5541d4995):
    """The lock alone does not say that its holder dequeues: it may only link, or look.

    See ``HaproxyQueue`` for what is left out.
    """

    def process_srv_queue(self, srv: Server) -> None:
        """Give the free slots away, unless somebody is dequeuing: that one will do it."""
        done = 0
        stop = False
        while not stop and (done < self.maxpollevents or not srv.served.read()):
            maxconn = self.srv_dynamic_maxconn(srv)
            if srv.served.read() >= maxconn:
                break
            if srv.dequeuing.exchange(1):
                break
            srv.queue.lock.lock()
            while srv.served.read() < maxconn:
                stop = not self.pendconn_process_next_strm(srv)
                if stop:
                    break
                srv.served.fetch_add(1)
                done += 1
                if done >= self.maxpollevents:
                    break
            srv.dequeuing.store(0)
            srv.queue.lock.unlock()
        self.count_dequeued(done)


class Revb11495652NoRecheck(Revb11495652):
    """``haproxy@b11495652-no-recheck``: with what 5541d4995 added taken out again.

    No real revision: does the flag make the look of whoever queues superfluous?
    """

    def srv_redispatch_connect(self, stream: Stream) -> Status:
        """Find the stream a server or a queue."""
        return self.assign_server_and_queue(stream)

    def pendconn_must_try_again(self, p: Pendconn) -> bool:
        """Whether the stream just queued must come out again: never."""
        return False
