"""2022 to 2024: a bound on a batch, a re-check after queueing, a flag, servers that go."""

from __future__ import annotations

from harness import Index, operation, relax
from harness.engines.haproxy.revisions.y2021 import Rev87154e301
from harness.engines.haproxy.state import Pendconn, Queue, Server, Status, Stream


class Revddab05b98(Rev87154e301):
    """A bound on how much one thread dequeues in a row."""

    def goes_on(self, srv: Server, done: int, *, stop: bool) -> bool:
        """Part of ``process_srv_queue``: whether there may be something left to do.

        With nobody in service one more round is due: nobody else would dequeue.
        """
        return not stop and (done < self.maxpollevents or not srv.served.read())

    def enough(self, done: int) -> bool:
        """Part of ``process_srv_queue``: whether one thread has dequeued enough."""
        return done >= self.maxpollevents


class Rev86207e782(Revddab05b98):
    """A server added at run time has a static limit where no ``minconn`` is given."""

    forgets_minconn = False


class Rev5541d4995(Rev86207e782):
    """Who has queued himself looks again: the last slot may have been given back meanwhile."""

    def srv_redispatch_connect(self, stream: Stream) -> Status:
        """Find the stream a server or a queue; if it is a server's, look at it again."""
        status = self.assign_server_and_queue(stream)
        if status is Status.QUEUED and stream.target is not None:
            self.manage(stream.target)
        return status

    def after_queueing(self, stream: Stream, p: Pendconn) -> Status:
        """Part of ``assign_server_and_queue``: on the backend; ``FULL`` means to balance again."""
        if not self.pendconn_must_try_again(p):
            return Status.QUEUED
        self.pool_free(stream, p)
        return Status.FULL

    def pendconn_must_try_again(self, p: Pendconn) -> bool:
        """Whether the stream just queued would wait for nobody; if so it is out again."""
        if not p.linked.load():
            return False
        if self.holder(p.queue).served.load():
            return False
        if not self.pendconn_unlink(p):
            return False
        p.queue.idx.add(1)
        return True


class Revb11495652(Rev5541d4995):
    """A flag says that somebody dequeues: who holds the lock may only link, or look."""

    def start_dequeuing(self, srv: Server) -> bool:
        """Part of ``process_srv_queue``: be the one who dequeues, unless somebody is."""
        if srv.dequeuing[0].exchange(1):
            return False
        srv.queue.lock.lock()
        return True

    def stop_dequeuing(self, srv: Server) -> None:
        """The counterpart of ``start_dequeuing``."""
        srv.dequeuing[0].store(0)
        srv.queue.lock.unlock()


class Revb11495652NoRecheck(Revb11495652):
    """``haproxy@b11495652-no-recheck``: with what 5541d4995 added taken out again.

    No real revision: does the flag make the look of whoever queues superfluous?
    """

    srv_redispatch_connect = Rev86207e782.srv_redispatch_connect
    after_queueing = Rev86207e782.after_queueing


class Revb500e84e2(Revb11495652):
    """``shutdown sessions server`` waits until no other thread is at work, holding a lock.

    Who waits for that lock is at work. The streams in service, which it ends, are left alone here.
    """

    @operation(server=Index("servers"))
    def shutdown_sessions(self, server: int) -> None:
        """``shutdown sessions server`` on the CLI."""
        srv = self.find_server(server)
        if srv is not None:
            srv.lock.lock()
            self.srv_shutdown_streams(srv)
            srv.lock.unlock()

    def srv_shutdown_streams(self, srv: Server) -> None:
        """End what ``srv`` serves, with all other threads stopped (``thread_isolate``)."""
        self.isolating += 1
        while self.others_inside >= self.isolating:
            relax()
        self.isolating -= 1

    isolating = 0
    """Threads that wait for all others: they do not wait for each other."""


class Revb8e3b0a18(Revb500e84e2):
    """Each stream ends itself when it is told to; no thread waits for the others."""

    def srv_shutdown_streams(self, srv: Server) -> None:
        """Tell the streams that ``srv`` serves to end."""


class Rev1385e33eb(Revb8e3b0a18):
    """Maintenance empties the server's queue even without ``option redispatch``.

    As committed, it is without that option that a stream is then left to balancing. With it, a
    stream keeps its server, and connects to it without a slot.
    """

    def may_redistribute(self, srv: Server) -> bool:
        """Part of ``pendconn_redistribute``: in maintenance everybody must go."""
        return srv.maint.read() or super().may_redistribute(srv)

    def release_from_server(self, p: Pendconn) -> None:
        """Part of ``pendconn_redistribute``: it is left to balancing to find a server, or not."""
        if not self.redispatch:
            super().release_from_server(p)


class Rev1d403caf8(Rev1385e33eb):
    """``shutdown sessions server`` empties the queue, too.

    It helps those who entered the queue of a server just after it went. Nothing else does, in any
    revision.
    """

    def srv_shutdown_streams(self, srv: Server) -> None:
        """Tell the streams that ``srv`` serves to end, and those in its queue to look elsewhere."""
        super().srv_shutdown_streams(srv)
        self.pendconn_redistribute(srv)


class Rev53f52e67a(Rev1d403caf8):
    """When the last server goes, the backend's queue is emptied as well."""

    def pendconn_redistribute(self, srv: Server) -> int:
        """``srv`` is gone: streams are woken to look elsewhere; how many, for the log."""
        xferred = super().pendconn_redistribute(srv)
        if self.px.tot_weight.read():
            return xferred
        px_xferred = 0
        for queue in self.px.queues:
            queue.lock.lock()
            left = 0
            p = queue.head()
            while p is not None:
                following = queue.after(p)
                queue.unlink(p)
                self.wake_stream(p.strm)
                p = following
                left += 1
            queue.lock.unlock()
            if left:
                self.count_out(queue, left)
                self.px.totpend.add(-left)
            px_xferred += left
        return xferred + px_xferred


class Revca275d99c(Rev53f52e67a):
    """Round robin is spared only while somebody is in service."""

    def backend_has_queue(self) -> bool:
        """Part of ``assign_server``: others wait already, so no server needs to be asked."""
        length = self.backend_queue_length()
        return length != 0 and self.px.served.read() != 0 and length != self.px.beconn.read()


class Revdc9ce9c26(Revca275d99c):
    """Who gives a slot back while it is freed looks for somebody to take it."""

    def after_late_release(self, srv: Server) -> None:
        """Part of ``stream_free``: look at the queues of ``srv``."""
        self.manage(srv)


class Rev111ea83ed(Revdc9ce9c26):
    """A server that comes up takes streams from both queues, and gives each a slot.

    How many it took is not told.
    """

    def refill(self, srv: Server) -> int:
        """``srv`` can take more than a moment ago; how many it was given."""
        return self.process_srv_queue(srv)

    def told_up(self, moved: int) -> int:
        """What the caller of ``refill`` is told."""
        return 0


class Rev5b8899b6c(Rev111ea83ed):
    """It is told how many streams a server took when it came up."""

    told_up = Revdc9ce9c26.told_up


class Rev3372a2ea0(Rev5b8899b6c):
    """A slot is counted by compare-and-exchange, below the limit and before it is used."""

    def has_slot(self, srv: Server) -> bool:
        """Part of ``assign_server_and_queue``: take a slot if there is one and nobody waits."""
        if self.own_queue(srv).length.read():
            return False
        served = srv.served.read()
        while 0 <= served < self.srv_dynamic_maxconn(srv):
            if srv.served.compare_exchange(served, served + 1):
                return True
            served = srv.served.value  # what the failed exchange saw
        return False

    def take_slot(self, srv: Server) -> bool:
        """Part of ``pendconn_process_next_strm``: take a slot for whoever is first."""
        served = srv.served.load()
        maxconn = self.srv_dynamic_maxconn(srv)
        while served < maxconn:
            if srv.served.compare_exchange(served, served + 1):
                return True
            served = srv.served.value  # what the failed exchange saw
        return False

    def count_slot(self, srv: Server) -> None:
        """Part of ``process_srv_queue``: nothing, the slot was taken before."""

    def sess_change_server(self, stream: Stream, new: Server | None) -> None:
        """Give back the slot that ``stream`` holds; that on ``new`` was taken before."""
        old = stream.srv_conn.read()
        if old is not None:
            old.served.fetch_sub(1)
        if old is new:
            return
        if old is not None:
            self.px.served.fetch_sub(1)
            stream.srv_conn.write(None)
        if new is not None:
            self.px.served.fetch_add(1)
            stream.srv_conn.write(new)


class Revcda7275ef(Rev3372a2ea0):
    """A server with nothing to do marks itself; who queues himself takes the marked server.

    Replaces the loop of 5541d4995 for the backend's queue. A server marks itself only where
    somebody calls ``process_srv_queue``, that is where a queue did not look empty.
    """

    def after_dequeuing(self, srv: Server, *, px_ok: bool) -> int:
        """Part of ``process_srv_queue``: its end; how many more streams were given a slot."""
        px = self.px
        if srv.served.read() or px.served.read() or px.ready_srv.load() is not None:
            return 0
        px.ready_srv.store(srv)
        # Somebody may have queued himself before he could see the mark.
        return self.one_more(srv, px_ok=px_ok)

    def one_more(self, srv: Server, *, px_ok: bool) -> int:
        """Part of ``process_srv_queue``: try one more stream. Without the server's lock."""
        return self.pendconn_process_next_strm(srv, srv.queue, self.px.queue, px_ok=px_ok)

    def after_queueing(self, stream: Stream, p: Pendconn) -> Status:
        """Part of ``assign_server_and_queue``: on the backend; ``OK`` with the marked server."""
        if self.px.ready_srv.read() is None:
            return Status.QUEUED
        srv = self.px.ready_srv.exchange(None)
        if srv is None or not self.take_first_slot(srv):
            return Status.QUEUED  # somebody is in service, and will dequeue
        queue = p.queue
        queue.lock.lock()
        if not p.linked.load():
            self.leave_picked(queue)
            srv.served.fetch_sub(1)
            return Status.QUEUED
        if srv.backup and self.px.srv_act.value:
            self.fail(
                "assign_server_and_queue",
                f"{srv.name}, a backup server, is taken while an active one is up",
            )
        queue.unlink(p)
        queue.lock.unlock()
        self.count_unlinked(queue)
        queue.idx.add(1)
        self.px.totpend.add(-1)
        self.pool_free(stream, p)
        stream.assigned = True
        self.stream_set_target(stream, srv)
        self.sess_change_server(stream, srv)
        return Status.OK

    def take_first_slot(self, srv: Server) -> bool:
        """Part of ``assign_server_and_queue``: take a slot of ``srv`` if nobody has one."""
        self.touch(srv)
        while srv.served.load() == 0:
            if srv.served.compare_exchange(0, 1):
                return True
        return False

    def leave_picked(self, queue: Queue) -> None:
        """Part of ``assign_server_and_queue``: a picker was first. The lock is forgotten."""

    def srv_update_status(self, srv: Server, *, up: bool) -> None:
        """Act on a change of ``srv``: one that is not running is not ready."""
        super().srv_update_status(srv, up=up)
        if not up:
            self.unmark(srv)

    def unmark(self, srv: Server) -> None:
        """Part of ``srv_update_status``: looked at and reset in two steps."""
        if self.px.ready_srv.read() is srv:
            self.px.ready_srv.store(None)
