"""How does a stream enter a queue, and how does it leave one by itself?"""

from __future__ import annotations

from harness.engines.haproxy.slots import Slots
from harness.engines.haproxy.state import Pendconn, Queue, Stream, UseAfterFreeError


class Pendconns(Slots):
    """What the owner of a stream does with its pendconn."""

    def pendconn_add(self, stream: Stream) -> Pendconn:
        """Queue ``stream``: on its server when it has one, on the backend otherwise."""
        srv = stream.target if stream.assigned else None
        queue = self.own_queue(self.px if srv is None else srv)
        p = Pendconn(stream, queue)
        stream.pend_pos = p
        self.pendconn_link(p)
        self.px.totpend.add(1)
        return p

    def pendconn_link(self, p: Pendconn) -> None:
        """Part of ``pendconn_add``: link it, then count it."""
        queue = p.queue
        queue.lock.lock()
        queue.link(p)
        queue.lock.unlock()
        queue.length.fetch_add(1)

    def pendconn_dequeue(self, stream: Stream) -> bool:
        """The owner was woken while queued: is it out of the queue?

        Returns:
            Whether it is out; then ``assigned`` tells whether a server picked it.
        """
        p = stream.pend_pos
        assert p is not None
        if self.still_linked(p):
            return False
        stream.assigned = p.assigned.value
        stream.direct = p.direct.value
        self.take_over_target(stream, p)
        self.pool_free(stream, p)
        return True

    def still_linked(self, p: Pendconn) -> bool:
        """Part of ``pendconn_dequeue``: is it in the queue?

        The queue's lock is taken just to look. A stream that is woken for nothing thus holds
        it for a moment and has no reason to look at the queue afterwards.
        """
        p.queue.lock.lock()
        linked = p.linked.load()
        p.queue.lock.unlock()
        return linked

    def take_over_target(self, stream: Stream, p: Pendconn) -> None:
        """Part of ``pendconn_dequeue``: go where a server that picked ``p``, or grabbed it, is.

        Who picks sets ``assigned`` too; who grabs, when a server comes up, does not.
        """
        target = p.target.read()
        if target is not None:
            self.stream_set_target(stream, target)

    def pendconn_cond_unlink(self, p: Pendconn) -> bool:
        """Take ``p`` out of its queue if it is in; whether it was.

        Looked at without the lock: it may be out, while who took it out still works on it.
        """
        return p.linked.load() and self.pendconn_unlink(p)

    def pendconn_unlink(self, p: Pendconn) -> bool:
        """Take ``p`` out of its queue; whether it was in, as far as it knows.

        Somebody else may have taken it out since ``pendconn_cond_unlink`` looked; its length
        is then counted down twice.
        """
        queue = p.queue
        queue.lock.lock()
        queue.unlink(p)
        queue.length.fetch_sub(1)
        queue.lock.unlock()
        self.px.totpend.add(-1)
        return True

    def pendconn_free(self, stream: Stream) -> None:
        """The stream ends: its pendconn, if it has one, leaves the queue and goes."""
        p = stream.pend_pos
        if p is not None:
            self.pendconn_cond_unlink(p)
            self.pool_free(stream, p)

    def pool_free(self, stream: Stream, p: Pendconn) -> None:
        """Free the pendconn."""
        if p.freed.value:
            raise UseAfterFreeError(f"the pendconn of {stream.request.name} is freed twice")
        p.freed.value = True
        stream.pend_pos = None

    def count_out(self, queue: Queue, left: int = 1) -> None:
        """``left`` streams were taken out of ``queue`` by somebody who does not own them."""
        queue.length.fetch_sub(left)

    def count_unlinked(self, queue: Queue) -> None:
        """A stream was taken out of ``queue`` by its owner."""
        queue.length.fetch_sub(1)

    def wake_stream(self, stream: Stream) -> None:
        """Wake the task of a queued stream: a resource is there (``TASK_WOKEN_RES``)."""
        self.wake(stream.request)
