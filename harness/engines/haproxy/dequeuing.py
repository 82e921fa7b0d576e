"""Who takes streams out of the queues, when, and in which order?"""

from __future__ import annotations

from harness.engines.haproxy.pendconns import Pendconns
from harness.engines.haproxy.state import Pendconn, Server, UseAfterFreeError


class Dequeuing(Pendconns):
    """What a thread does that has, or may have, a free slot of a server to give away."""

    def may_dequeue_tasks(self, srv: Server) -> bool:
        """Whether a look at the queues of ``srv`` seems worth it. Racy reads throughout."""
        if not srv.queue.length.read() and not self.px.queue.length.read():
            return False
        limit = self.srv_dynamic_maxconn(srv)
        return srv.cur_sess.read() < limit

    def manage(self, srv: Server) -> None:
        """Look whether ``srv`` can take streams from its queue or from the backend's."""
        if self.may_dequeue_tasks(srv):
            self.process_srv_queue(srv)

    def process_srv_queue(self, srv: Server) -> None:
        """Give the free slots of ``srv`` to queued streams."""
        raise NotImplementedError("how this is done alone is what most revisions differ in")

    def count_dequeued(self, done: int) -> None:
        """Part of ``process_srv_queue``: what it counts once, at its end.

        The streams were woken long before: one of them may have ended by now, and
        ``px.served`` is then too low by one for a moment.
        """
        if done:
            self.px.totpend.add(-done)
            self.px.served.fetch_add(done)

    def pendconn_process_next_strm(self, srv: Server) -> bool:
        """Let ``srv`` pick the oldest stream from its queue and the backend's.

        The lock of the server's queue must be held.

        Returns:
            Whether there was one. It was given the slot; the caller counts it.
        """
        p: Pendconn | None = None
        pp: Pendconn | None = None
        px_queue = self.px.queue
        if srv.queue.length.read():
            p = srv.queue.head()
        if px_queue.length.read():
            px_queue.lock.lock()
            pp = px_queue.head()
            if pp is None:
                px_queue.lock.unlock()
        if pp is not None and (p is None or pp.key() < p.key()):
            self.pick_from_backend(srv, pp)
            return True
        if p is None:
            return False
        if pp is not None:
            px_queue.lock.unlock()
        self.assign(srv, p)
        srv.queue.unlink(p)
        srv.queue.length.fetch_sub(1)
        srv.queue.idx.add(1)
        return True

    def pick_from_backend(self, srv: Server, pp: Pendconn) -> None:
        """Part of ``pendconn_process_next_strm``: take ``pp`` from the backend's queue.

        Its lock is held, and given back as soon as ``pp`` is out: other servers need it.
        """
        self.del_lock(pp)
        self.px.queue.unlink(pp)
        self.px.queue.lock.unlock()
        self.assign(srv, pp)
        self.del_unlock(pp)
        self.px.queue.length.fetch_sub(1)
        self.px.queue.idx.add(1)

    def assign(self, srv: Server, p: Pendconn) -> None:
        """Part of ``pendconn_process_next_strm``: send ``p`` to ``srv``, with a slot.

        Raises:
            UseAfterFreeError: its owner ended it meanwhile. Looked for after the accesses,
                as each of them can be delayed.
        """
        p.target.write(srv)
        stream = p.strm
        if p.freed:
            raise UseAfterFreeError(f"the pendconn of {stream.request.name} was freed")
        self.dispatch(stream.request, srv.index)
        stream.srv_conn.write(srv)
        self.wake(stream.request)
        if stream.freed:
            raise UseAfterFreeError(f"the stream of {stream.request.name} was freed")
