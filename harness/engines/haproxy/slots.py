"""How many slots does a server have, and who holds one?"""

from __future__ import annotations

from harness import Engine
from harness.engines.haproxy.state import Health, Proxy, Queue, Server, Stream, UseAfterFreeError

FULLCONN = 4
"""Streams on the backend from which on a dynamic limit is at its maximum."""


class Slots(Engine):
    """The limits of servers and the slots given out.

    Attributes:
        px: the backend.
        servers: its servers.
        slowstart: whether a server that comes up gets its full limit only after a while.
    """

    px: Proxy
    servers: list[Server]
    slowstart: bool

    def holder(self, queue: Queue) -> Server | Proxy:
        """Whose queue it is."""
        return self.px if queue.sv is None else self.servers[queue.sv]

    def srv_currently_usable(self, srv: Server) -> bool:
        """Whether ``srv`` is up and not in maintenance. Racy reads."""
        self.touch(srv)
        return srv.health.read() is not Health.STOPPED and not srv.maint.read()

    def srv_dynamic_maxconn(self, srv: Server) -> int:
        """The limit in force on ``srv``.

        With a static limit nothing depends on the load, so it is not read.
        """
        if srv.minconn or srv.unapplied:
            beconn = self.px.beconn.read()
            limit = srv.maxconn.read()
            if beconn < FULLCONN:
                limit = max(srv.minconn, beconn * limit // FULLCONN)
        else:
            limit = srv.maxconn.read()
        if self.slowstart and srv.health.read() is Health.STARTING:
            return 1  # the first step of the warm-up; there is but one more
        return limit

    def srv_is_full(self, srv: Server) -> bool:
        """Whether an arrival finds no slot on ``srv``.

        The limit is unsigned, so is the comparison: ``served`` passing through -1 reads as
        full here, and as free in the loop that dequeues.
        """
        limit = self.srv_dynamic_maxconn(srv)
        return not 0 <= srv.served.read() < limit

    def sess_change_server(self, stream: Stream, new: Server | None) -> None:
        """Give back the slot that ``stream`` holds, and take one on ``new``.

        Taking is not tied to the check that found room: see ``assign_server_and_queue``.
        """
        old = stream.srv_conn.read()
        if old is new:
            return
        if old is not None:
            old.served.fetch_sub(1)
            self.px.served.fetch_sub(1)
            stream.srv_conn.write(None)
        if new is not None:
            new.served.fetch_add(1)
            self.px.served.fetch_add(1)
            stream.srv_conn.write(new)

    def stream_set_target(self, stream: Stream, srv: Server | None) -> None:
        """``stream`` goes to ``srv`` from now on."""
        stream.target = srv

    def queue_length(self, srv: Server) -> int:
        """How many wait for ``srv``, read without a lock."""
        return srv.queue.length.read()

    def backend_queue_length(self) -> int:
        """How many wait for any server, read without a lock."""
        return self.px.queue.length.read()

    def own_queue(self, holder: Server | Proxy) -> Queue:
        """The queue of ``holder`` that the current thread adds to, and finds its limit by."""
        return holder.queue

    def touch(self, srv: Server) -> None:
        """An access to ``srv`` follows.

        Raises:
            UseAfterFreeError: it was deleted.
        """
        if srv.freed.value:
            raise UseAfterFreeError(f"{srv.name} was deleted")
