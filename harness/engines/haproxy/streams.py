"""What happens to a stream from its arrival to its end?"""

from __future__ import annotations

from harness import REJECTED, Outcome, admitted, queued
from harness.engines.haproxy.health import ServerStatus
from harness.engines.haproxy.state import Health, Server, State, Status, Stream

CONN_RETRIES = 1
"""How often a stream tries again after a failed connection; 3 by default in reality."""


class Streams(ServerStatus):
    """The states of a stream's backend side, run by the thread that owns it."""

    def process_stream(self, stream: Stream) -> Outcome:
        """Bring ``stream`` on as far as it can get without waiting."""
        if stream.state is State.QUE:
            if self.pendconn_dequeue(stream):
                stream.state = State.ASS if stream.assigned else State.REQ
            elif stream.expired:
                return self.reject(stream)
        while True:
            if stream.state is State.REQ:
                status = self.srv_redispatch_connect(stream)
                if status is Status.NOSRV:
                    return self.reject(stream)
                stream.state = State.QUE if status is Status.QUEUED else State.ASS
            if stream.state is State.QUE:
                assert stream.pend_pos is not None
                return queued(stream.pend_pos.queue.index)
            srv = stream.target
            assert srv is not None
            if self.connect_server(stream, srv):
                stream.state = State.EST
                return admitted(srv.index)
            self.give_back(stream.request)
            if not self.back_handle_st_cer(stream, srv):
                return self.reject(stream)

    def connect_server(self, stream: Stream, srv: Server) -> bool:
        """Connect to the assigned server. Refused by one that is down."""
        self.touch(srv)
        srv.cur_sess.fetch_add(1)
        stream.curr_sess = True
        return srv.health.read() is not Health.STOPPED

    def back_handle_st_cer(self, stream: Stream, srv: Server) -> bool:
        """The connection failed: try elsewhere if that is allowed; whether there is any hope."""
        srv.cur_sess.fetch_sub(1)
        stream.curr_sess = False
        hope = self.redispatch and stream.retries < CONN_RETRIES
        self.sess_change_server(stream, None)
        self.manage(srv)
        if hope:
            stream.retries += 1
            stream.direct = stream.assigned = False
            stream.state = State.REQ
        return hope

    def reject(self, stream: Stream) -> Outcome:
        """The client gets an error (503)."""
        self.end_stream(stream)
        return REJECTED

    def end_stream(self, stream: Stream) -> None:
        """The end of a stream, established or not."""
        if stream.state is State.EST:
            self.release(stream)
        stream.state = State.CLO
        self.px.beconn.fetch_sub(1)
        self.stream_free(stream)

    def release(self, stream: Stream) -> None:
        """An established stream gives its slot back and looks for somebody to take it."""
        srv = stream.target
        assert srv is not None
        stream.curr_sess = False
        srv.cur_sess.fetch_sub(1)
        self.sess_change_server(stream, None)
        self.manage(srv)

    def stream_free(self, stream: Stream) -> None:
        """Free ``stream``, after a second look at the queues of its server.

        A stream that leaves the queue just after it was picked still has the slot during that
        look, and gives it back after it, when nobody looks any more.
        """
        self.pendconn_free(stream)
        if stream.target is not None:
            self.manage(stream.target)
        srv = stream.srv_conn.read()
        if srv is not None:
            self.give_back(stream.request)
            self.sess_change_server(stream, None)
            self.after_late_release(srv)
        stream.freed.value = True

    def after_late_release(self, srv: Server) -> None:
        """Part of ``stream_free``: nothing, before dc9ce9c26."""
