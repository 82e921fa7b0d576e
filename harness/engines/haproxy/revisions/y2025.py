"""2025: the marked server, one queue a thread group, and what came with them."""

from __future__ import annotations

from typing import ClassVar

from harness import Atomic, Int, Outcome, Request, Topology, queued
from harness.engines.haproxy.revisions.y2024 import Revcda7275ef
from harness.engines.haproxy.state import (
    Pendconn,
    Proxy,
    Queue,
    Server,
    State,
    Stream,
)

MAX_SELF_USE_QUEUE = 9
"""Streams that a thread takes from its own group's queue before those of others get a turn."""

TIMER, RES = 1, 2
"""Why a task was woken: a timer, a resource that is there."""


class Rev659d5f657(Revcda7275ef):
    """The one more stream after the mark is counted for the backend."""

    def one_more(self, srv: Server, *, px_ok: bool) -> int:
        """Part of ``process_srv_queue``: try one more stream. Without the server's lock."""
        done = super().one_more(srv, px_ok=px_ok)
        if done:
            self.count_dequeued(done)
        return done


class Rev583303c48(Rev659d5f657):
    """The length of all queues of a server, or of the backend, is counted beside each queue's.

    Not everywhere: a stream that leaves by itself is not counted out.
    """

    def setup(self, topology: Topology) -> None:
        """Make the backend and its servers."""
        super().setup(topology)
        holders: list[Server | Proxy] = [*self.servers, self.px]
        for holder in holders:
            self.publish_queued(holder.queueslength, *(q.index for q in holder.queues))

    def pendconn_link(self, p: Pendconn) -> None:
        """Part of ``pendconn_add``: both lengths grow first."""
        self.holder(p.queue).queueslength.fetch_add(1)
        super().pendconn_link(p)

    def count_out(self, queue: Queue, left: int = 1) -> None:
        """``left`` streams were taken out of ``queue`` by somebody who does not own them."""
        super().count_out(queue, left)
        self.holder(queue).queueslength.fetch_sub(left)

    def queue_length(self, srv: Server) -> int:
        """How many wait for ``srv``, read without a lock."""
        return srv.queueslength.read()

    def backend_queue_length(self) -> int:
        """How many wait for any server, read without a lock."""
        return self.px.queueslength.read()


class Rev26b3e5236(Rev583303c48):
    """One queue for each thread group; after nine streams of the own one the others have a turn.

    Meant is one stream of another group then. But only own streams are counted, so the others'
    go first until there are none. Threads belong to the groups in turn.
    """

    topology: ClassVar = {**Rev583303c48.topology, "groups": Int(1, 2)}

    def setup(self, topology: Topology) -> None:
        """Make the backend and its servers."""
        self.groups = topology.groups
        super().setup(topology)
        for srv in self.servers:
            for group in range(self.groups):
                srv.self_served.append(Atomic(f"{srv.name}.tg{group}.self_served", 0))
                srv.last_other.append(Atomic(f"{srv.name}.tg{group}.last_other", group))

    @property
    def tgid(self) -> int:
        """The group of the thread that executes, from 0."""
        return self.current_thread % self.groups

    def own_queue(self, holder: Server | Proxy) -> Queue:
        """The queue of ``holder`` that the current thread adds to, and finds its limit by."""
        return holder.queues[self.tgid]

    def dequeue(self, srv: Server, *, px_ok: bool) -> int:
        """Part of ``process_srv_queue``: give the free slots away, group by group."""
        done = 0
        own = self.tgid
        non_empty = self.all_groups()
        while non_empty and (done < self.maxpollevents or not srv.served.read()):
            maxconn = self.srv_dynamic_maxconn(srv)
            if srv.served.read() >= maxconn:
                break
            group, to_dequeue = self.whose_turn(srv, own, non_empty)
            if srv.dequeuing[group].exchange(1):
                non_empty.discard(group)
                continue
            queue, px_queue = srv.queues[group], self.px.queues[group]
            queue.lock.lock()
            while to_dequeue > 0 and srv.served.read() < maxconn:
                if not self.pendconn_process_next_strm(srv, queue, px_queue, px_ok=px_ok):
                    non_empty.discard(group)
                    break
                to_dequeue -= 1
                if group == own:
                    srv.self_served[own].fetch_add(1)
                done += 1
                if done >= self.maxpollevents:
                    break
            srv.dequeuing[group].store(0)
            queue.lock.unlock()
        return done

    def all_groups(self) -> set[int]:
        """Part of ``process_srv_queue``: the groups whose queues may hold something."""
        return set(range(self.groups))

    def whose_turn(self, srv: Server, own: int, non_empty: set[int]) -> tuple[int, int]:
        """Part of ``process_srv_queue``: which group, and how many streams of it at most."""
        served = srv.self_served[own].load() % (MAX_SELF_USE_QUEUE + 1)
        others = non_empty - {own}
        if others and (served == MAX_SELF_USE_QUEUE or own not in non_empty):
            last = srv.last_other[own].load()
            while True:
                group = min(others, key=lambda g: (g - last - 1) % self.groups)
                if srv.last_other[own].compare_exchange(last, group):
                    return group, 1
                last = srv.last_other[own].value  # what the failed exchange saw
        return own, MAX_SELF_USE_QUEUE - served % MAX_SELF_USE_QUEUE

    def one_more(self, srv: Server, *, px_ok: bool) -> int:
        """Part of ``process_srv_queue``: try one more stream, of any group."""
        for queue, px_queue in zip(srv.queues, self.px.queues, strict=True):
            if self.one_of(srv, queue, px_queue, px_ok=px_ok):
                self.count_dequeued(1)
                return 1
        return 0

    def one_of(self, srv: Server, queue: Queue, px_queue: Queue, *, px_ok: bool) -> bool:
        """Part of ``process_srv_queue``: try one more stream, without the queue's lock."""
        return self.pendconn_process_next_strm(srv, queue, px_queue, px_ok=px_ok)


class Rev604846010(Rev26b3e5236):
    """A task acts on the reasons it was woken for; a resource is not among those it knows.

    Woken by a timer only, and nothing having expired, a stream has nothing to do.
    """

    known = TIMER

    def wake_stream(self, stream: Stream) -> None:
        """Wake the task of a queued stream: a resource is there (``TASK_WOKEN_RES``)."""
        super().wake_stream(stream)
        stream.woken_by |= RES

    def timer(self, stream: Stream) -> None:
        """The task of a queued stream is woken by a timer (``TASK_WOKEN_TIMER``)."""
        super().timer(stream)
        stream.woken_by |= TIMER

    def resume(self, request: Request) -> Outcome | None:
        """The task of a stream runs."""
        stream: Stream = request.data
        events, stream.woken_by = stream.woken_by & self.known, 0
        if stream.state is State.QUE and events == TIMER and not stream.expired:
            assert stream.pend_pos is not None
            return queued(stream.pend_pos.queue.index)
        return super().resume(request)


class Revc880c32b1(Rev604846010):
    """A slot of a server is given back last, when nothing of it is used any more."""

    def sess_change_server(self, stream: Stream, new: Server | None) -> None:
        """Give back the slot that ``stream`` holds; that on ``new`` was taken before."""
        old = stream.srv_conn.read()
        if old is new:
            if old is not None:
                old.served.fetch_sub(1)
            return
        if old is not None:
            self.px.served.fetch_sub(1)
            stream.srv_conn.write(None)
            old.served.fetch_sub(1)
        if new is not None:
            self.px.served.fetch_add(1)
            stream.srv_conn.write(new)


class Rev9fe72bba3(Revc880c32b1):
    """``leastconn`` looks for its server without taking it out of the tree."""

    topology: ClassVar = {**Revc880c32b1.topology, "leastconn": Int(0, 1)}

    def setup(self, topology: Topology) -> None:
        """Make the backend and its servers."""
        super().setup(topology)
        self.leastconn = bool(topology.leastconn)

    def backend_has_queue(self) -> bool:
        """Part of ``assign_server``: with leastconn that says nothing of the servers."""
        return not self.leastconn and super().backend_has_queue()

    def get_next_server(self, avoid: Server | None) -> Server | None:
        """Part of ``assign_server``: ask the balancing algorithm."""
        if self.leastconn:
            return self.fwlc_get_next_server(avoid)
        return super().get_next_server(avoid)

    def fwlc_get_next_server(self, avoid: Server | None) -> Server | None:
        """A server with few connections that has room, rather not ``avoid``.

        The servers stand for one element of the tree: the order among equals is arbitrary.
        """
        px = self.px
        px.lbprm_lock.lock()
        found: Server | None = None
        avoided: Server | None = None
        unusable = i = 0
        while len(px.usable) > unusable:
            srv = px.usable[i % len(px.usable)]
            if self.srv_is_full(srv):
                unusable += self.skips_full
            elif srv is avoid:
                avoided = srv
                unusable += self.skips_avoided
            else:
                found = srv
                break
            i = (i + 1) % len(px.usable)
        px.lbprm_lock.unlock()
        return found or avoided

    skips_full = 0
    """Whether the scan counts a full server as seen."""

    skips_avoided = 0
    """Whether the scan counts the server to avoid as seen."""


class Rev99f5be563(Rev9fe72bba3):
    """The one more stream after the mark is taken with the queue's lock."""

    def one_of(self, srv: Server, queue: Queue, px_queue: Queue, *, px_ok: bool) -> bool:
        """Part of ``process_srv_queue``: try one more stream."""
        queue.lock.lock()
        found = super().one_of(srv, queue, px_queue, px_ok=px_ok)
        queue.lock.unlock()
        return found


class Rev6be02d1c6(Rev99f5be563):
    """``leastconn`` counts the full servers it meets, and stops when it has seen all."""

    skips_full = 1


class Rev099c1b244(Rev6be02d1c6):
    """Who leaves a queue by himself is counted out of both lengths."""

    def count_unlinked(self, queue: Queue) -> None:
        """A stream was taken out of ``queue`` by its owner."""
        self.holder(queue).queueslength.fetch_sub(1)
        super().count_unlinked(queue)


class Reve28e647fe(Rev099c1b244):
    """``leastconn`` counts the server to avoid, too."""

    skips_avoided = 1


class Revc24de077b(Reve28e647fe):
    """A stream keeps a pointer to the statistics of its server, set with its target.

    Where a picked stream takes its target over, it is forgotten.
    """

    def stream_set_target(self, stream: Stream, srv: Server | None) -> None:
        """``stream`` goes to ``srv`` from now on, and writes to its statistics."""
        super().stream_set_target(stream, srv)
        stream.counters = srv

    def take_over_target(self, stream: Stream, p: Pendconn) -> None:
        """Part of ``pendconn_dequeue``: only the target."""
        counters = stream.counters
        super().take_over_target(stream, p)
        stream.counters = counters

    def connect_server(self, stream: Stream, srv: Server) -> bool:
        """Connect to the assigned server, and count that in its statistics."""
        if stream.counters is not srv:
            # Not by assert, whose text pytest would write anew.
            whose = stream.counters.name if stream.counters else "nobody"
            raise AssertionError(
                f"{stream.request.name} goes to {srv.name}, but its statistics are those of {whose}"
            )
        return super().connect_server(stream, srv)


class Rev021a0681b(Revc24de077b):
    """A picked stream takes the statistics over with the target."""

    take_over_target = Reve28e647fe.take_over_target


class Rev0144426df(Rev021a0681b):
    """The mark is reset in one step, if it is that of the server, and when that is deleted."""

    def unmark(self, srv: Server) -> None:
        """Part of ``srv_update_status``: reset the mark of ``srv``."""
        self.px.ready_srv.compare_exchange(srv, None)

    def srv_detach(self, srv: Server) -> None:
        """Part of ``del server``: take it off the backend. No thread runs."""
        super().srv_detach(srv)
        if self.px.ready_srv.value is srv:
            self.px.ready_srv.value = None


class Reve9d34f991(Rev0144426df):
    """Who finds himself picked gives the queue's lock back."""

    def leave_picked(self, queue: Queue) -> None:
        """Part of ``assign_server_and_queue``: a picker was first."""
        queue.lock.unlock()
