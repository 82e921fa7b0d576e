"""2019 and 2020: what was wrong with the locks of 2018."""

from __future__ import annotations

from harness.engines.haproxy.engine import HaproxyQueue
from harness.engines.haproxy.revisions.y2018 import Rev3ff577e16, Revdeca26c45
from harness.engines.haproxy.state import Pendconn, Server


class Revbff005ae5(Revdeca26c45):
    """The walk over the tree looks for the next node before it removes one."""

    redistribute_queue = Rev3ff577e16.redistribute_queue


class Rev5e83d996c(Revbff005ae5):
    """Who dequeues takes the locks in the order in which a server that comes up takes them."""

    def lock_queues(self, srv: Server) -> None:
        """Part of ``process_srv_queue``: the server's first, then the backend's."""
        srv.queue.lock.lock()
        self.px.queue.lock.lock()

    def unlock_queues(self, srv: Server) -> None:
        """The counterpart of ``lock_queues``."""
        self.px.queue.lock.unlock()
        srv.queue.lock.unlock()


class Rev9ada03069(Rev5e83d996c):
    """Whether a pendconn is still linked is looked at again once the lock is held."""

    def pendconn_unlink(self, p: Pendconn) -> bool:
        """Take ``p`` out of its queue unless a picker was first; whether it was still in."""
        queue = p.queue
        queue.lock.lock()
        linked = p.linked.load()
        if linked:
            queue.unlink(p)
            queue.length.fetch_sub(1)
        queue.lock.unlock()
        if linked:
            self.px.totpend.add(-1)
        return linked


class Rev82cd5c13a(Rev9ada03069):
    """Round robin is spared when somebody waits for the backend: all servers must be full."""

    def backend_has_queue(self) -> bool:
        """Part of ``assign_server``: others wait already, so no server needs to be asked."""
        return self.backend_queue_length() != 0


class Revfac0f645d(Rev82cd5c13a):
    """Whether a pendconn is linked is asked under the lock only."""

    def pendconn_cond_unlink(self, p: Pendconn) -> bool:
        """Take ``p`` out of its queue if it is in; whether it was."""
        return self.pendconn_unlink(p)


class Revef71f0194(Revfac0f645d):
    """The log says how many streams were redistributed."""

    told_down = HaproxyQueue.told_down


class Revb7ba1d901(Revef71f0194):
    """The look without the lock is back, to spare the lock."""

    pendconn_cond_unlink = Rev82cd5c13a.pendconn_cond_unlink


class Rev96bca33d7(Revb7ba1d901):
    """Counters change outside of the lock.

    They were reached through a pointer that could be null in between; 5472aa50f mended that. There
    is no such pointer here.
    """

    def pendconn_link(self, p: Pendconn) -> None:
        """Part of ``pendconn_add``: the length grows first.

        Whoever looks at it sees somebody coming, but finds nobody linked yet.
        """
        queue = p.queue
        length = queue.length.fetch_add(1) + 1
        highest = queue.nbpend_max.load()
        while length > highest and not queue.nbpend_max.compare_exchange(highest, length):
            highest = queue.nbpend_max.load()
        queue.lock.lock()
        queue.link(p)
        queue.lock.unlock()

    def pendconn_unlink(self, p: Pendconn) -> bool:
        """Take ``p`` out of its queue unless a picker was first; whether it was still in."""
        queue = p.queue
        queue.lock.lock()
        linked = p.linked.load()
        if linked:
            queue.unlink(p)
        queue.lock.unlock()
        if linked:
            self.count_unlinked(queue)
            self.px.totpend.add(-1)
        return linked


class Rev670119955(Rev96bca33d7):
    """The look without the lock is gone again."""

    pendconn_cond_unlink = Revfac0f645d.pendconn_cond_unlink
