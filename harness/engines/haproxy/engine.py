"""What happens to a stream from its arrival to its end, and what the CLI does to a server?"""

from __future__ import annotations

from typing import ClassVar

from harness import (
    Index,
    Int,
    Outcome,
    OwnRequest,
    Request,
    Topology,
    admitted,
    operation,
    queued,
    takes,
)
from harness.engines.haproxy.balance import Balance
from harness.engines.haproxy.state import Proxy, Server, State, Status, Stream

MAXPOLLEVENTS = (1, 2, 200)
"""Values of ``tune.maxpollevents``; the topology holds an index. 200 is the default."""


class HaproxyQueue(Balance):
    """The streams' side of the engine; revisions add how queues are emptied.

    Left out of all revisions: priorities and offsets, ``maxqueue``, unlimited servers, slow
    start, redispatch and failed connects, server state changes, backup and tracked servers,
    queue timeouts (``abort`` takes the same path), other balancing algorithms than round
    robin, thread groups. For a static limit ``minconn`` and ``maxconn`` change as one.
    """

    topology: ClassVar = {
        "threads": Int(2, 4),
        "servers": Int(1, 2),
        "maxconn": Int(1, 3),
        "minconn": Int(0, 1),
        "maxpoll": Int(0, len(MAXPOLLEVENTS) - 1),
    }

    def setup(self, topology: Topology) -> None:
        """Make the backend and its servers."""
        count = topology.servers
        self.arrivals = 0
        self.maxpollevents = MAXPOLLEVENTS[topology.maxpoll]
        self.px = Proxy(count)
        self.servers = [Server(i, topology.minconn, topology.maxconn) for i in range(count)]
        for srv in self.servers:
            self.resource(f"s{srv.index}", capacity=topology.maxconn)
            self.queue(srv.queue.name, served_by=[srv.index])
            self.publish_in_service(srv.served, srv.index)
            self.publish_queued(srv.queue.length, srv.index)
        self.queue(self.px.queue.name, served_by=list(range(count)))
        self.publish_in_service(self.px.served)
        self.publish_queued(self.px.queue.length, count)

    # -------------------------------------------------------------- operations

    @takes(target=Index("servers", optional=True))
    def arrive(self, request: Request, target: int) -> Outcome:
        """A new stream, balanced or, with ``target``, persistent to that server."""
        stream = request.data = Stream(request, self.arrivals)
        self.arrivals += 1
        self.px.beconn.fetch_add(1)
        if target >= 0:
            stream.target = self.servers[target]
            stream.direct = stream.assigned = True
        return self.process_stream(stream)

    def resume(self, request: Request) -> Outcome | None:
        """The task of a stream runs. Only a queued one has something to do."""
        stream: Stream = request.data
        return self.process_stream(stream) if stream.state is State.QUE else None

    def finish(self, request: Request) -> None:
        """A stream in service ends."""
        self.end_stream(request.data)

    def abort(self, request: Request) -> None:
        """The client leaves, wherever the stream is."""
        self.end_stream(request.data)

    @operation(request=OwnRequest())
    def poke(self, request: Request) -> None:
        """The task of a queued stream is woken although nobody picked it."""
        stream: Stream = request.data
        if stream.state is State.QUE:
            self.wake(request)

    @operation(server=Index("servers"), value=Int(1, 3))
    def set_maxconn(self, server: int, value: int) -> None:
        """``set maxconn server`` on the CLI."""
        srv = self.servers[server]
        srv.lock.lock()
        srv.maxconn.write(value)
        self.set_capacity(server, value)
        self.manage(srv)
        srv.lock.unlock()

    # ------------------------------------------------------- a stream's states

    def process_stream(self, stream: Stream) -> Outcome:
        """Bring ``stream`` on as far as it can get without waiting."""
        if stream.state is State.QUE and self.pendconn_dequeue(stream):
            stream.state = State.ASS if stream.assigned else State.REQ
        if stream.state is State.REQ:
            status = self.srv_redispatch_connect(stream)
            stream.state = State.QUE if status is Status.QUEUED else State.ASS
        if stream.state is State.QUE:
            assert stream.pend_pos is not None
            return queued(stream.pend_pos.queue.index)
        return self.connect_server(stream)

    def connect_server(self, stream: Stream) -> Outcome:
        """Connect to the assigned server."""
        assert stream.target is not None
        stream.target.cur_sess.fetch_add(1)
        stream.curr_sess = True
        stream.state = State.EST
        return admitted(stream.target.index)

    def end_stream(self, stream: Stream) -> None:
        """The end of a stream, established or still queued."""
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
        if stream.srv_conn.read() is not None:
            self.sess_change_server(stream, None)
        stream.freed = True
