"""What a workload can do to HAProxy's queue: streams, the CLI, health checks, timers."""

from __future__ import annotations

from typing import ClassVar

from harness import (
    Atomic,
    Ghost,
    Index,
    Int,
    Outcome,
    OwnRequest,
    Request,
    SpinLock,
    Topology,
    operation,
    takes,
)
from harness.engines.haproxy.state import Proxy, Queue, Server, State, Stream
from harness.engines.haproxy.streams import Streams

MAXPOLLEVENTS = (1, 2, 200)
"""Values of ``tune.maxpollevents``; the topology holds an index. 200 is the default."""


class HaproxyQueue(Streams):
    """The queue as it was in 1.8; each revision overrides what its commit changed.

    With ``priorities`` every second stream is of class 1, served after those of class 0.

    Left out of all revisions: offsets and look-back of priorities,
    ``maxqueue``, unlimited and tracked servers, ``option persist``, streams that are shut down
    from outside and the turn-around state (both need the stream's own state machine), balancing
    other than by round robin (and, late, ``leastconn``). A slow start has two steps, the first
    of them one slot wide. A server that is down refuses connections; one in maintenance does
    not. For a static limit ``minconn`` and ``maxconn`` change as one.
    """

    topology: ClassVar = {
        "threads": Int(1, 4),
        "servers": Int(1, 2),
        "maxconn": Int(1, 3),
        "minconn": Int(0, 1),
        "maxpoll": Int(0, len(MAXPOLLEVENTS) - 1),
        "redispatch": Int(0, 1),
        "backup": Int(0, 1),
        "slowstart": Int(0, 1),
        "priorities": Int(0, 1),
    }

    groups = 1

    def setup(self, topology: Topology) -> None:
        """Make the backend and its servers."""
        self.places = Ghost("places", 0)
        self.maxpollevents = MAXPOLLEVENTS[topology.maxpoll]
        self.redispatch = bool(topology.redispatch)
        self.slowstart = bool(topology.slowstart)
        self.priorities = bool(topology.priorities)
        self.px = Proxy()
        self.servers = []
        for index in range(topology.servers):
            backup = bool(topology.backup) and index == 1
            srv = Server(index, topology.minconn, topology.maxconn, backup=backup)
            self.servers.append(srv)
            self.resource(srv.name, capacity=topology.maxconn)
            self.publish_in_service(srv.served, index)
            for group in range(self.groups):
                self.add_queue(srv, group)
        for group in range(self.groups):
            self.add_queue(self.px, group)
        self.publish_in_service(self.px.served)
        px = self.px
        px.up = list(self.servers)
        px.usable = [srv for srv in px.up if not srv.backup]
        px.srv_act.value = px.tot_weight.value = len(px.usable)
        self.declare_who_serves()

    def add_queue(self, holder: Server | Proxy, group: int) -> None:
        """Give ``holder`` a queue, and publish its length."""
        sv = holder.index if isinstance(holder, Server) else None
        prefix = holder.name if self.groups == 1 else f"{holder.name}.tg{group}"
        name = f"{prefix}.queue"
        index = self.queue(name, served_by=())
        queue = Queue(index, name, sv, self.queue_lock(holder, name))
        holder.queues.append(queue)
        self.publish_queued(queue.length, index)
        if isinstance(holder, Server):
            holder.dequeuing.append(Atomic(f"{prefix}.dequeuing", 0))

    def queue_lock(self, holder: Server | Proxy, name: str) -> SpinLock:
        """The lock of a queue: that of its holder, before 16fbdda3c."""
        return holder.lock

    def find_server(self, index: int) -> Server | None:
        """The server of that number, unless it was deleted."""
        srv = self.servers[index]
        return None if srv.freed.value else srv

    # ----------------------------------------------------------------- streams

    @takes(target=Index("servers", optional=True))
    def arrive(self, request: Request, target: int) -> Outcome:
        """A new stream, balanced or, with ``target``, persistent to that server if it is up."""
        priority = request.index % 2 if self.priorities else 0
        stream = request.data = Stream(request, self.places, priority)
        self.px.beconn.fetch_add(1)
        if target >= 0:
            srv = self.find_server(target)
            if srv is not None and self.srv_currently_usable(srv):
                self.stream_set_target(stream, srv)
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

    # ------------------------------------------------------------------ timers

    @operation(request=OwnRequest())
    def poke(self, request: Request) -> None:
        """The task of a queued stream is woken although nobody picked it."""
        stream: Stream = request.data
        if stream.state is State.QUE:
            self.timer(stream)

    @operation(request=OwnRequest())
    def queue_timeout(self, request: Request) -> None:
        """The time of a stream in the queue is over."""
        stream: Stream = request.data
        if stream.state is State.QUE:
            stream.expired = True
            self.timer(stream)

    def timer(self, stream: Stream) -> None:
        """The task of a queued stream is woken by a timer (``TASK_WOKEN_TIMER``)."""
        self.wake(stream.request)

    @operation(server=Index("servers"))
    def warm_up(self, server: int) -> None:
        """The warm-up task of a server runs."""
        if (srv := self.find_server(server)) is not None:
            self.server_warmup(srv)

    # ------------------------------------------------------- health checks, CLI

    @operation(server=Index("servers"))
    def server_down(self, server: int) -> None:
        """The health check of a server fails for the last time."""
        if (srv := self.find_server(server)) is not None:
            self.srv_set_stopped(srv)

    @operation(server=Index("servers"))
    def server_up(self, server: int) -> None:
        """The health check of a server succeeds again."""
        if (srv := self.find_server(server)) is not None:
            self.srv_set_running(srv)

    @operation(server=Index("servers"))
    def set_maint(self, server: int) -> None:
        """``set server … state maint`` on the CLI."""
        if (srv := self.find_server(server)) is not None:
            self.srv_set_admin_flag(srv)

    @operation(server=Index("servers"))
    def set_ready(self, server: int) -> None:
        """``set server … state ready`` on the CLI."""
        if (srv := self.find_server(server)) is not None:
            self.srv_clr_admin_flag(srv)

    @operation(server=Index("servers"), value=Int(1, 3), agent=Int(0, 1))
    def set_maxconn(self, server: int, value: int, agent: int) -> None:
        """``set maxconn server`` on the CLI, or the same asked for by an agent check."""
        srv = self.find_server(server)
        if srv is None:
            return
        if agent:
            srv.lock.lock()  # it holds it while it looks at the whole of the agent's answer
            self.server_parse_maxconn_change_request(srv, value)
            srv.lock.unlock()
        else:
            self.cli_set_maxconn(srv, value)

    def cli_set_maxconn(self, srv: Server, value: int) -> None:
        """Part of ``set maxconn server``: like the agent, with the server's lock."""
        srv.lock.lock()
        self.server_parse_maxconn_change_request(srv, value)
        srv.lock.unlock()

    def server_parse_maxconn_change_request(self, srv: Server, value: int) -> None:
        """Change the limit, and let the server take what it can take now."""
        self.write_maxconn(srv, value)
        self.manage(srv)

    def write_maxconn(self, srv: Server, value: int) -> None:
        """Part of ``server_parse_maxconn_change_request``."""
        srv.maxconn.write(value)
        self.set_capacity(srv.index, value)
