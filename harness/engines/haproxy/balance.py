"""Which server does a stream go to, or in which queue does it wait?"""

from __future__ import annotations

from harness.engines.haproxy.dequeuing import Dequeuing
from harness.engines.haproxy.state import Pendconn, Server, Status, Stream


class Balance(Dequeuing):
    """Round robin, and the decision to connect or to queue."""

    def assign_server(self, stream: Stream) -> Status:
        """Look for a server with room; ``OK``, ``FULL`` or ``NOSRV``."""
        prev = stream.target
        if prev is not None:
            self.touch(prev)
        slot = stream.srv_conn.read()
        if slot is not None:
            self.sess_change_server(stream, None)
        self.stream_set_target(stream, None)
        if not self.px.tot_weight.read():
            return Status.NOSRV
        srv = None if self.backend_has_queue() else self.get_next_server(prev)
        if srv is None:
            return Status.FULL
        self.stream_set_target(stream, srv)
        stream.assigned = True
        if slot is srv:
            self.sess_change_server(stream, srv)
        elif slot is not None:
            self.manage(slot)
        return Status.OK

    def backend_has_queue(self) -> bool:
        """Part of ``assign_server``: whether others waiting already spare the search."""
        return False

    def get_next_server(self, avoid: Server | None) -> Server | None:
        """Part of ``assign_server``: ask the balancing algorithm."""
        return self.fwrr_get_next_server()

    def fwrr_get_next_server(self) -> Server | None:
        """The next server in turn that has room and nobody waiting."""
        px = self.px
        px.lbprm_lock.lock()
        found: Server | None = None
        turn = sorted(px.usable, key=lambda srv: (srv.index - px.rr_next) % len(self.servers))
        for srv in turn:
            if not self.queue_length(srv) and not self.srv_is_full(srv):
                found = srv
                px.rr_next = (srv.index + 1) % len(self.servers)
                break
        px.lbprm_lock.unlock()
        return found

    def assign_server_and_queue(self, stream: Stream) -> Status:
        """Settle the server and take a slot there, or queue; ``OK``, ``QUEUED`` or ``NOSRV``."""
        while True:
            if not stream.assigned:
                status = self.assign_server(stream)
                if status is Status.NOSRV:
                    return status
            if stream.assigned:
                return self.take_slot_or_queue(stream)
            status = self.after_queueing(stream, self.pendconn_add(stream))
            if status is not Status.FULL:
                return status

    def after_queueing(self, stream: Stream, p: Pendconn) -> Status:
        """Part of ``assign_server_and_queue``: on the backend; ``FULL`` means to balance again."""
        return Status.QUEUED

    def take_slot_or_queue(self, stream: Stream) -> Status:
        """Part of ``assign_server_and_queue``: its server is settled; ``OK`` or ``QUEUED``."""
        srv = stream.target
        assert srv is not None
        if stream.srv_conn.read() is srv:
            return Status.OK
        if not self.has_slot(srv):
            self.pendconn_add(stream)
            return Status.QUEUED
        self.sess_change_server(stream, srv)
        return Status.OK

    def has_slot(self, srv: Server) -> bool:
        """Part of ``assign_server_and_queue``: whether there is a slot.

        The check and the counting of the slot are two steps: several arrivals can pass the
        check before one of them counts.
        """
        return not self.own_queue(srv).length.read() and not self.srv_is_full(srv)

    def srv_redispatch_connect(self, stream: Stream) -> Status:
        """Find the stream a server or a queue; ``OK``, ``QUEUED`` or ``NOSRV``."""
        return self.assign_server_and_queue(stream)
