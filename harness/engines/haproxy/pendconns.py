"""How does a stream enter a queue, and how does it leave one by itself?"""

from __future__ import annotations

from harness.engines.haproxy.slots import Slots
from harness.engines.haproxy.state import Pendconn, Stream


class Pendconns(Slots):
    """What the owner of a stream does with its pendconn."""

    def pendconn_add(self, stream: Stream) -> Pendconn:
        """Queue ``stream``: on its server when it has one, on the backend otherwise.

        The length grows first. Whoever looks at it sees somebody coming, but finds nobody
        linked yet.
        """
        srv = stream.target if stream.assigned else None
        queue = self.px.queue if srv is None else srv.queue
        p = Pendconn(stream, queue)
        stream.pend_pos = p
        length = queue.length.fetch_add(1) + 1
        highest = queue.nbpend_max.load()
        while length > highest and not queue.nbpend_max.compare_exchange(highest, length):
            highest = queue.nbpend_max.load()
        queue.lock.lock()
        queue.link(p)
        queue.lock.unlock()
        self.px.totpend.add(1)
        return p

    def pendconn_must_try_again(self, p: Pendconn) -> bool:
        """Whether the stream just queued must come out again: never, before 5541d4995."""
        return False

    def pendconn_dequeue(self, stream: Stream) -> bool:
        """The owner was woken while queued: is it out of the queue?

        The queue's lock is taken just to look. A stream that is woken for nothing thus holds
        it for a moment and has no reason to look at the queue afterwards.

        Returns:
            Whether it is out; then ``assigned`` tells whether a server picked it.
        """
        p = stream.pend_pos
        assert p is not None
        p.queue.lock.lock()
        linked = p.linked.load()
        p.queue.lock.unlock()
        # A picker from the backend's queue may not be done with it.
        self.del_lock(p)
        self.del_unlock(p)
        if linked:
            return False
        stream.assigned = p.assigned
        stream.direct = p.direct
        target = p.target.read()
        if target is not None:
            stream.target = target
            stream.assigned = True
        self.pool_free(stream, p)
        return True

    def pendconn_unlink(self, p: Pendconn) -> bool:
        """Take ``p`` out of its queue unless a picker was first; whether it was still in."""
        queue = p.queue
        queue.lock.lock()
        self.del_lock(p)
        linked = p.linked.load()
        if linked:
            queue.unlink(p)
        self.del_unlock(p)
        queue.lock.unlock()
        if linked:
            queue.length.fetch_sub(1)
            self.px.totpend.add(-1)
        return linked

    def pendconn_free(self, stream: Stream) -> None:
        """The stream ends: its pendconn, if it has one, leaves the queue and goes."""
        p = stream.pend_pos
        if p is not None:
            self.pendconn_unlink(p)
            self.pool_free(stream, p)

    def pool_free(self, stream: Stream, p: Pendconn) -> None:
        """Free the pendconn."""
        p.freed = True
        stream.pend_pos = None

    def del_lock(self, p: Pendconn) -> None:
        """Wait for, or be, the picker of ``p``."""
        p.del_lock.lock()

    def del_unlock(self, p: Pendconn) -> None:
        """The counterpart of ``del_lock``."""
        p.del_lock.unlock()
