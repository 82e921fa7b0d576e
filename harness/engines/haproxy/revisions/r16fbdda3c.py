"""``haproxy@16fbdda3c`` (2021-06): what if whoever dequeues simply waits for the queue's lock?"""

from __future__ import annotations

from harness.engines.haproxy.engine import HaproxyQueue
from harness.engines.haproxy.state import Pendconn, Server


class Rev16fbdda3c(HaproxyQueue):
    """A blocking lock, no bound on a batch, nothing that keeps a pendconn alive.

    See ``HaproxyQueue`` for what is left out. The slot and ``px.served`` are counted after the
    wake-up, as since 9cef43aca; the backend's lock is given back early, as since 49667c14b.
    """

    def process_srv_queue(self, srv: Server) -> None:
        """Wait for the lock, then give away every free slot."""
        done = 0
        srv.queue.lock.lock()
        maxconn = self.srv_dynamic_maxconn(srv)
        while srv.served.read() < maxconn:
            if not self.pendconn_process_next_strm(srv):
                break
            srv.served.fetch_add(1)
            done += 1
        srv.queue.lock.unlock()
        self.count_dequeued(done)

    def del_lock(self, p: Pendconn) -> None:
        """Nothing: ``del_lock`` came with 87154e301.

        A picker that gave the backend's lock back works on without protection, while the
        owner sees itself unlinked, and may free the pendconn.
        """

    def del_unlock(self, p: Pendconn) -> None:
        """Nothing, see ``del_lock``."""
