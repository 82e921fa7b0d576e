"""Which server does a stream go to, or in which queue does it wait?"""

from __future__ import annotations

from harness.engines.haproxy.dequeuing import Dequeuing
from harness.engines.haproxy.state import Server, Status, Stream


class Balance(Dequeuing):
    """Round robin, and the decision to connect or to queue."""

    def assign_server(self, stream: Stream) -> Status:
        """Look for a server with room; ``OK`` or ``FULL``."""
        slot = stream.srv_conn.read()
        if slot is not None:
            self.sess_change_server(stream, None)
        srv = None if self.backend_has_queue() else self.fwrr_get_next_server()
        if srv is None:
            return Status.FULL
        stream.target = srv
        stream.assigned = True
        if slot is srv:
            self.sess_change_server(stream, srv)
        elif slot is not None:
            self.manage(slot)
        return Status.OK

    def backend_has_queue(self) -> bool:
        """Part of ``assign_server``: others wait already, so no server needs to be asked.

        It does not apply when all streams of the backend wait, but the caller is one of
        ``beconn``, and not in the queue.
        """
        length = self.px.queue.length.read()
        return length != 0 and length != self.px.beconn.read()

    def fwrr_get_next_server(self) -> Server | None:
        """The next server in turn that has room and nobody waiting."""
        px = self.px
        px.lbprm_lock.lock()
        found: Server | None = None
        for i in range(len(self.servers)):
            srv = self.servers[(px.rr_next + i) % len(self.servers)]
            if not srv.queue.length.read() and not self.srv_is_full(srv):
                found = srv
                px.rr_next = (srv.index + 1) % len(self.servers)
                break
        px.lbprm_lock.unlock()
        return found

    def assign_server_and_queue(self, stream: Stream) -> Status:
        """Settle the server and take a slot there, or queue; ``OK`` or ``QUEUED``.

        The check for room and the counting of the slot are two steps: several arrivals can
        pass the check before one of them counts.
        """
        while True:
            if stream.assigned or self.assign_server(stream) is Status.OK:
                srv = stream.target
                assert srv is not None
                if stream.srv_conn.read() is srv:
                    return Status.OK
                if srv.queue.length.read() or self.srv_is_full(srv):
                    self.pendconn_add(stream)
                    return Status.QUEUED
                self.sess_change_server(stream, srv)
                return Status.OK
            p = self.pendconn_add(stream)
            if not self.pendconn_must_try_again(p):
                return Status.QUEUED
            self.pool_free(stream, p)

    def srv_redispatch_connect(self, stream: Stream) -> Status:
        """Find the stream a server or a queue; ``OK`` or ``QUEUED``."""
        return self.assign_server_and_queue(stream)
