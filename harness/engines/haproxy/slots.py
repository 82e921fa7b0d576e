"""How many slots does a server have, and who holds one?"""

from __future__ import annotations

from harness import Engine
from harness.engines.haproxy.state import Proxy, Server, Stream

FULLCONN = 4
"""Streams on the backend from which on a dynamic limit is at its maximum."""


class Slots(Engine):
    """The limits of servers and the slots given out.

    Attributes:
        px: the backend.
        servers: its servers.
    """

    px: Proxy
    servers: list[Server]

    def srv_dynamic_maxconn(self, srv: Server) -> int:
        """The limit in force on ``srv``.

        With a static limit nothing depends on the load, so it is not read.
        """
        if not srv.minconn:
            return srv.maxconn.read()
        beconn = self.px.beconn.read()
        maxconn = srv.maxconn.read()
        if beconn >= FULLCONN:
            return maxconn
        return max(srv.minconn, beconn * maxconn // FULLCONN)

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
