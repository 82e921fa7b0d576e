"""2021: the queue gets a lock of its own, which is held ever more briefly, then only tried."""

from __future__ import annotations

from typing import ClassVar

from harness import Index, Int, SpinLock, Topology, operation
from harness.engines.haproxy.engine import HaproxyQueue
from harness.engines.haproxy.revisions.y2019 import Rev670119955
from harness.engines.haproxy.state import Pendconn, Proxy, Queue, Server, Stream


class Reve558043e1(Rev670119955):
    """Servers can be added (f99f77a50) and deleted at run time.

    With ``dynamic`` the servers were added before the workload begins. A server is deleted only
    in maintenance, unused and with empty queues. That waits until no other thread is at work;
    here it does nothing while one is.
    """

    topology: ClassVar = {**Rev670119955.topology, "dynamic": Int(0, 1)}

    forgets_minconn = True
    """Whether a new server's ``minconn`` is not set to ``maxconn`` where only that is given."""

    def setup(self, topology: Topology) -> None:
        """Make the backend and its servers."""
        super().setup(topology)
        if topology.dynamic and self.forgets_minconn:
            for srv in self.servers:
                srv.unapplied = True

    @operation(server=Index("servers"))
    def delete_server(self, server: int) -> None:
        """``del server`` on the CLI."""
        srv = self.find_server(server)
        if (
            srv is not None
            and not self.others_inside
            and srv.maint.value
            and not self.srv_in_use(srv)
        ):
            self.srv_detach(srv)
            srv.freed.value = True

    def srv_in_use(self, srv: Server) -> bool:
        """Part of ``del server``: whether some stream has a slot or waits. No thread runs."""
        return bool(srv.served.value or any(queue.length.value for queue in srv.queues))

    def srv_detach(self, srv: Server) -> None:
        """Part of ``del server``: take it off the backend. No thread runs."""


class Rev79a88ba3d(Reve558043e1):
    """``set maxconn`` no longer dequeues with the server's lock held, which dequeuing takes.

    The change itself takes it now. The agent check holds it already.
    """

    def cli_set_maxconn(self, srv: Server, value: int) -> None:
        """Part of ``set maxconn server``: without the server's lock."""
        self.server_parse_maxconn_change_request(srv, value)

    def write_maxconn(self, srv: Server, value: int) -> None:
        """Part of ``server_parse_maxconn_change_request``: under the lock."""
        srv.lock.lock()
        super().write_maxconn(srv, value)
        srv.lock.unlock()


class Rev7867cebf3(Rev79a88ba3d):
    """Who was grabbed by a server that came up goes to that server, and is not balanced again.

    With f9a7c442f: round robin is not spared when all streams of the backend wait. The caller is
    one of them and not in the queue, so that hardly ever happens.
    """

    def take_over_target(self, stream: Stream, p: Pendconn) -> None:
        """Part of ``pendconn_dequeue``: a target is an assignment, whoever set it."""
        target = p.target.read()
        if target is not None:
            self.stream_set_target(stream, target)
            stream.assigned = True

    def backend_has_queue(self) -> bool:
        """Part of ``assign_server``: others wait already, so no server needs to be asked."""
        length = self.backend_queue_length()
        return length != 0 and length != self.px.beconn.read()


class Rev0274286dd(Rev7867cebf3):
    """Who changes ``maxconn`` holds the server's lock, be it the CLI; dequeuing is told so."""

    cli_set_maxconn = HaproxyQueue.cli_set_maxconn
    write_maxconn = HaproxyQueue.write_maxconn

    def server_parse_maxconn_change_request(self, srv: Server, value: int) -> None:
        """Change the limit, and let the server take what it can take now."""
        self.write_maxconn(srv, value)
        if self.may_dequeue_tasks(srv):
            self.process_srv_queue_locked(srv)

    def process_srv_queue_locked(self, srv: Server) -> None:
        """``process_srv_queue`` for a caller that holds the server's lock."""
        px_ok = self.may_serve_backend(srv)
        self.px.queue.lock.lock()
        done = self.give_slots(srv, px_ok=px_ok)
        self.px.queue.lock.unlock()
        if done:
            self.count_dequeued(done)


class Rev9cef43aca(Rev0274286dd):
    """Slots are counted after the wake-up, those of the backend once at the end.

    Who was woken may have ended by then: ``px.served`` is too low by one for a moment.
    """

    def count_picked(self, srv: Server) -> None:
        """Part of ``pendconn_process_next_strm``: the caller counts."""

    def count_slot(self, srv: Server) -> None:
        """Part of ``process_srv_queue``: count the slot just given away."""
        srv.served.fetch_add(1)

    def count_dequeued(self, done: int) -> None:
        """Part of ``process_srv_queue``: count all slots given away for the backend."""
        self.px.totpend.add(-done)
        self.px.served.fetch_add(done)


class Rev16fbdda3c(Rev9cef43aca):
    """Queues have locks of their own."""

    server_parse_maxconn_change_request = HaproxyQueue.server_parse_maxconn_change_request
    redistribute_lock = HaproxyQueue.redistribute_lock
    redistribute_unlock = HaproxyQueue.redistribute_unlock

    def queue_lock(self, holder: Server | Proxy, name: str) -> SpinLock:
        """The lock of a queue."""
        return SpinLock(f"{name}.lock")


class Rev49667c14b(Rev16fbdda3c):
    """The backend's queue is locked only while it is looked at: other servers need it.

    Its picker works on, unprotected, while the owner sees itself unlinked and may free it.
    """

    def lock_queues(self, srv: Server) -> None:
        """Part of ``process_srv_queue``: the server's only."""
        srv.queue.lock.lock()

    def unlock_queues(self, srv: Server) -> None:
        """The counterpart of ``lock_queues``."""
        srv.queue.lock.unlock()

    def first_of_backend(self, px_queue: Queue) -> Pendconn | None:
        """Part of ``pendconn_process_next_strm``: its lock is held from here on, if it has one."""
        px_queue.lock.lock()
        pp = px_queue.head()
        if pp is None:
            px_queue.lock.unlock()
        return pp

    def unlock_backend(self, px_queue: Queue) -> None:
        """The counterpart of ``first_of_backend``, where that found a stream."""
        px_queue.lock.unlock()


class Revae0b12ee0(Rev49667c14b):
    """Who does not get the lock goes home: its holder will look again.

    Not everybody who holds it dequeues, though, and who does may have looked already.
    """

    def dequeue(self, srv: Server, *, px_ok: bool) -> int:
        """Part of ``process_srv_queue``: give the free slots away, round by round."""
        done = 0
        stop = False
        while self.goes_on(srv, done, stop=stop):
            maxconn = self.srv_dynamic_maxconn(srv)
            if srv.served.read() >= maxconn:
                break
            if not self.start_dequeuing(srv):
                break
            before = done
            while srv.served.read() < maxconn:
                px_queue = self.px.queue
                stop = not self.pendconn_process_next_strm(srv, srv.queue, px_queue, px_ok=px_ok)
                if stop:
                    break
                self.count_slot(srv)
                done += 1
                if self.enough(done):
                    break
            self.stop_dequeuing(srv)
            if done - before > self.maxpollevents:
                self.fail(
                    "process_srv_queue",
                    f"one thread dequeued {done - before} streams in a row; tune.maxpollevents "
                    f"is {self.maxpollevents}",
                )
        return done

    def goes_on(self, srv: Server, done: int, *, stop: bool) -> bool:
        """Part of ``process_srv_queue``: whether there may be something left to do."""
        return True

    def enough(self, done: int) -> bool:
        """Part of ``process_srv_queue``: whether one thread has dequeued enough."""
        return False

    def start_dequeuing(self, srv: Server) -> bool:
        """Part of ``process_srv_queue``: be the one who dequeues, unless somebody is."""
        return srv.queue.lock.trylock()

    def stop_dequeuing(self, srv: Server) -> None:
        """The counterpart of ``start_dequeuing``."""
        srv.queue.lock.unlock()


class Rev19c5581b4(Revae0b12ee0):
    """The loop ends when the queues are empty, even if there is room left."""

    def goes_on(self, srv: Server, done: int, *, stop: bool) -> bool:
        """Part of ``process_srv_queue``: whether there may be something left to do."""
        return not stop


class Rev87154e301(Rev19c5581b4):
    """A lock in the pendconn makes its owner wait for a picker that has unlinked it already.

    From the server's queue it is unlinked last, under the queue's lock.
    """

    def pick_from_backend(self, srv: Server, px_queue: Queue, pp: Pendconn) -> None:
        """Part of ``pendconn_process_next_strm``: take ``pp`` from the backend's queue."""
        pp.del_lock.lock()
        px_queue.unlink(pp)
        self.unlock_backend(px_queue)
        self.assign(srv, pp)
        pp.del_lock.unlock()
        self.count_out(px_queue)
        px_queue.idx.add(1)

    def pick_from_server(self, srv: Server, queue: Queue, p: Pendconn) -> None:
        """Part of ``pendconn_process_next_strm``: take ``p`` from the server's queue."""
        self.assign(srv, p)
        queue.unlink(p)
        self.count_out(queue)
        queue.idx.add(1)

    def still_linked(self, p: Pendconn) -> bool:
        """Part of ``pendconn_dequeue``: is it in the queue, or its picker not done?"""
        linked = super().still_linked(p)
        p.del_lock.lock()
        p.del_lock.unlock()
        return linked

    def pendconn_unlink(self, p: Pendconn) -> bool:
        """Take ``p`` out of its queue unless a picker was first; whether it was still in."""
        queue = p.queue
        queue.lock.lock()
        p.del_lock.lock()
        linked = p.linked.load()
        if linked:
            queue.unlink(p)
        p.del_lock.unlock()
        queue.lock.unlock()
        if linked:
            self.count_unlinked(queue)
            self.px.totpend.add(-1)
        return linked
