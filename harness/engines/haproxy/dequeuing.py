"""Who takes streams out of the queues, when, and in which order?"""

from __future__ import annotations

from harness.engines.haproxy.pendconns import Pendconns
from harness.engines.haproxy.state import Pendconn, Queue, Server, UseAfterFreeError


class Dequeuing(Pendconns):
    """What a thread does that has, or may have, a free slot of a server to give away."""

    def may_dequeue_tasks(self, srv: Server) -> bool:
        """Whether a look at the queues of ``srv`` seems worth it. Racy reads throughout."""
        self.touch(srv)
        waiting = self.queue_length(srv) or (
            self.backend_queue_length() and self.srv_currently_usable(srv)
        )
        if not waiting:
            return False
        limit = self.srv_dynamic_maxconn(srv)
        return srv.cur_sess.read() < limit

    def manage(self, srv: Server) -> None:
        """Look whether ``srv`` can take streams from its queue or from the backend's."""
        if self.may_dequeue_tasks(srv):
            self.process_srv_queue(srv)

    def process_srv_queue(self, srv: Server) -> int:
        """Give the free slots of ``srv`` to queued streams; how many were given."""
        px_ok = self.may_serve_backend(srv)
        if px_ok and srv.backup and self.px.srv_act.value and self.px.queue.length.value:
            self.fail(
                "process_srv_queue",
                f"{srv.name}, a backup server, takes from the backend while an active one is up",
            )
        done = self.dequeue(srv, px_ok=px_ok)
        if done:
            self.count_dequeued(done)
        return done + self.after_dequeuing(srv, px_ok=px_ok)

    def after_dequeuing(self, srv: Server, *, px_ok: bool) -> int:
        """Part of ``process_srv_queue``: its end, nothing before cda7275ef."""
        return 0

    def may_serve_backend(self, srv: Server) -> bool:
        """Part of ``process_srv_queue``: whether ``srv`` may take from the backend's queue."""
        return self.srv_currently_usable(srv)

    def dequeue(self, srv: Server, *, px_ok: bool) -> int:
        """Part of ``process_srv_queue``: wait for the locks, give away every free slot."""
        self.lock_queues(srv)
        done = self.give_slots(srv, px_ok=px_ok)
        self.unlock_queues(srv)
        return done

    def give_slots(self, srv: Server, *, px_ok: bool) -> int:
        """Part of ``process_srv_queue``, with the locks held."""
        done = 0
        maxconn = self.srv_dynamic_maxconn(srv)
        while srv.served.read() < maxconn:
            if not self.pendconn_process_next_strm(srv, srv.queue, self.px.queue, px_ok=px_ok):
                break
            self.count_slot(srv)
            done += 1
        return done

    def lock_queues(self, srv: Server) -> None:
        """Part of ``process_srv_queue``: the backend's first, then the server's."""
        self.px.queue.lock.lock()
        srv.queue.lock.lock()

    def unlock_queues(self, srv: Server) -> None:
        """The counterpart of ``lock_queues``."""
        srv.queue.lock.unlock()
        self.px.queue.lock.unlock()

    def count_slot(self, srv: Server) -> None:
        """Part of ``process_srv_queue``: nothing, the picker has counted."""

    def count_dequeued(self, done: int) -> None:
        """Part of ``process_srv_queue``: nothing, the picker has counted."""

    def pendconn_process_next_strm(
        self, srv: Server, queue: Queue, px_queue: Queue, *, px_ok: bool
    ) -> bool:
        """Let ``srv`` pick the oldest stream from its queue and the backend's.

        Args:
            srv: the server; it has a free slot.
            queue: its queue; the lock must be held.
            px_queue: the backend's.
            px_ok: whether ``srv`` may take from that.

        Returns:
            Whether there was one.
        """
        p: Pendconn | None = None
        pp: Pendconn | None = None
        if queue.length.read():
            p = queue.head()
        if px_ok and px_queue.length.read():
            pp = self.first_of_backend(px_queue)
        if (p is None and pp is None) or not self.take_slot(srv):
            if pp is not None:
                self.unlock_backend(px_queue)
            return False
        if pp is not None and (p is None or pp.key() < p.key()):
            self.pick_from_backend(srv, px_queue, pp)
        else:
            assert p is not None
            if pp is not None:
                self.unlock_backend(px_queue)
            self.pick_from_server(srv, queue, p)
        return True

    def first_of_backend(self, px_queue: Queue) -> Pendconn | None:
        """Part of ``pendconn_process_next_strm``: its lock is held throughout."""
        return px_queue.head()

    def unlock_backend(self, px_queue: Queue) -> None:
        """The counterpart of ``first_of_backend``, where that found a stream."""

    def take_slot(self, srv: Server) -> bool:
        """Part of ``pendconn_process_next_strm``: the caller found a free one, and that counts."""
        return True

    def pick_from_backend(self, srv: Server, px_queue: Queue, pp: Pendconn) -> None:
        """Part of ``pendconn_process_next_strm``: take ``pp`` from the backend's queue."""
        px_queue.unlink(pp)
        self.unlock_backend(px_queue)
        self.count_out(px_queue)
        px_queue.idx.add(1)
        self.assign(srv, pp)

    def pick_from_server(self, srv: Server, queue: Queue, p: Pendconn) -> None:
        """Part of ``pendconn_process_next_strm``: take ``p`` from the server's queue."""
        queue.unlink(p)
        self.count_out(queue)
        queue.idx.add(1)
        self.assign(srv, p)

    def assign(self, srv: Server, p: Pendconn) -> None:
        """Part of ``pendconn_process_next_strm``: send ``p`` to ``srv``, with a slot.

        Raises:
            UseAfterFreeError: its owner ended it meanwhile. Looked for after the accesses,
                as each of them can be delayed.
        """
        stream = p.strm
        p.target.write(srv)
        if p.freed.value:
            raise UseAfterFreeError(f"the pendconn of {stream.request.name} was freed")
        p.assigned.value = True
        self.dispatch(stream.request, srv.index)
        self.count_picked(srv)
        stream.srv_conn.write(srv)
        self.wake_stream(stream)
        if stream.freed.value:
            raise UseAfterFreeError(f"the stream of {stream.request.name} was freed")

    def count_picked(self, srv: Server) -> None:
        """Part of ``pendconn_process_next_strm``: count the slot before its new holder runs."""
        srv.served.fetch_add(1)
        self.px.served.fetch_add(1)
        self.px.totpend.add(-1)
