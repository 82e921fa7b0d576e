"""A queue that is right but for one thing, to hold searches against: no false alarms, please."""

from __future__ import annotations

from harness.engines.haproxy.revisions.y2024 import Revb11495652
from harness.engines.haproxy.state import Pendconn, Server, Status, Stream


class Control(Revb11495652):
    """b11495652 with two more precautions; no real revision.

    Who queues himself on the backend looks at every server. Who finds somebody dequeuing leaves
    word, and that one looks again. What is left is the over-admission of arrivals, whose check
    and count are two steps. True of arrivals, ends and wake-ups for nothing.
    """

    def after_queueing(self, stream: Stream, p: Pendconn) -> Status:
        """Part of ``assign_server_and_queue``: look at every server, do not balance again."""
        for srv in self.servers:
            self.process_srv_queue(srv)
        return Status.QUEUED

    def dequeue(self, srv: Server, *, px_ok: bool) -> int:
        """Part of ``process_srv_queue``: once more for each time that word was left."""
        done = 0
        word_left = True
        while word_left and self.start_dequeuing(srv):
            done += self.give_slots(srv, px_ok=px_ok)
            word_left = srv.dequeuing[0].exchange(0) == 2
            srv.queue.lock.unlock()
        return done

    def start_dequeuing(self, srv: Server) -> bool:
        """Part of ``process_srv_queue``: be the one who dequeues, or leave word."""
        flag = srv.dequeuing[0]
        while not flag.compare_exchange(0, 1):
            if flag.value == 2 or flag.compare_exchange(1, 2):  # value: what that exchange saw
                return False
        srv.queue.lock.lock()
        return True
