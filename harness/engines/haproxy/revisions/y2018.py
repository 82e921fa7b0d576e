"""2018: threads come to the queue, then a tree, then status changes from the checks' threads."""

from __future__ import annotations

from harness.engines.haproxy.engine import HaproxyQueue
from harness.engines.haproxy.state import (
    Pendconn,
    Queue,
    Server,
    Stream,
    UseAfterFreeError,
)


class Rev18(HaproxyQueue):
    """1.8: who picks a stream changes it, and frees its pendconn, whatever its owner does."""

    def pendconn_dequeue(self, stream: Stream) -> bool:
        """The owner was woken while queued: has somebody taken its pendconn away?"""
        p = stream.pend_pos
        assert p is not None
        if p.linked.load():
            return False
        stream.pend_pos = None
        stream.assigned, stream.direct = p.assigned.value, p.direct.value
        self.take_over_target(stream, p)
        return True

    def pendconn_free(self, stream: Stream) -> None:
        """The stream ends: its pendconn leaves the queue and goes, unless a picker did that."""
        p = stream.pend_pos
        if p is not None and p.linked.load():
            self.pendconn_unlink(p)
            self.pool_free(stream, p)

    def pick_from_backend(self, srv: Server, px_queue: Queue, pp: Pendconn) -> None:
        """Part of ``pendconn_process_next_strm``: the picker frees the pendconn."""
        super().pick_from_backend(srv, px_queue, pp)
        self.take_away(pp)

    def pick_from_server(self, srv: Server, queue: Queue, p: Pendconn) -> None:
        """Part of ``pendconn_process_next_strm``: the picker frees the pendconn."""
        super().pick_from_server(srv, queue, p)
        self.take_away(p)

    def redistribute_one(self, queue: Queue, p: Pendconn) -> None:
        """Part of ``pendconn_redistribute``: so does who empties the queue."""
        super().redistribute_one(queue, p)
        self.take_away(p)

    def take_away(self, p: Pendconn) -> None:
        """Free the pendconn of somebody else's stream."""
        if p.freed.value:
            raise UseAfterFreeError(f"the pendconn of {p.strm.request.name} is freed twice")
        p.freed.value = True


class Rev5cd4bbd7a(HaproxyQueue):
    """The pendconn holds what a picker has to say; only its owner changes the stream, frees it.

    An unlinked pendconn is taken for finished, though, whoever is still working on it.
    """

    def pendconn_link(self, p: Pendconn) -> None:
        """Part of ``pendconn_add``: count it and link it, under the lock."""
        queue = p.queue
        queue.lock.lock()
        queue.length.fetch_add(1)
        queue.link(p)
        queue.lock.unlock()

    def already_served(self, srv: Server) -> int:
        """Part of ``pendconn_grab_from_px``: those the server serves already count."""
        return srv.served.read()

    def told_down(self, moved: int) -> int:
        """What the caller of ``pendconn_redistribute`` is told: the count stays at 0."""
        return 0


class Reva8694654b(Rev5cd4bbd7a):
    """A backup server leaves the backend's queue alone while an active server is up."""

    def may_serve_backend(self, srv: Server) -> bool:
        """Part of ``process_srv_queue``: backup servers only in need."""
        return super().may_serve_backend(srv) and (not srv.backup or not self.px.srv_act.read())


class Rev3ff577e16(Reva8694654b):
    """Status changes are acted on at once, with the server's lock held."""

    def propagate(self, srv: Server, *, up: bool) -> None:
        """Tell the others of a change before the server's lock is given back."""
        self.srv_update_status(srv, up=up)
        srv.lock.unlock()


class Rev0355dabd7(Rev3ff577e16):
    """A tree in place of the list. The walk over it looks for the next from a node it removed."""

    def redistribute_queue(self, queue: Queue) -> int:
        """Part of ``pendconn_redistribute``: go on from the one just taken out."""
        xferred = 0
        p = queue.head()
        while p is not None:
            following = queue.after(p)
            self.redistribute_one(queue, p)
            p.node.read()
            if p.freed.value:
                raise UseAfterFreeError("the walk goes on from a pendconn that was freed")
            p = following
            xferred += 1
        return xferred


class Revdeca26c45(Rev0355dabd7):
    """Redistribution relies on the server's lock that its caller holds."""

    def redistribute_lock(self, queue: Queue) -> None:
        """Part of ``pendconn_redistribute``: nothing to do."""

    def redistribute_unlock(self, queue: Queue) -> None:
        """Part of ``pendconn_redistribute``: nothing to do."""
