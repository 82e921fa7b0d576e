"""What happens to the queues when a server goes down, comes up, or is put in maintenance?

Status changes run beside the streams: the stop of all other threads around them lasted from
3ff577e16 for two weeks only, and is not modelled.
"""

from __future__ import annotations

from harness.engines.haproxy.balance import Balance
from harness.engines.haproxy.state import Health, Pendconn, Queue, Server, UseAfterFreeError


class ServerStatus(Balance):
    """Changes of a server's health and administrative state.

    Attributes:
        redispatch: ``option redispatch``: who insists on a server that is gone may go elsewhere.
    """

    redispatch: bool

    # ------------------------------------------------------------------ changes

    def srv_set_stopped(self, srv: Server) -> None:
        """The checks say that ``srv`` is down."""
        srv.lock.lock()
        if srv.health.read() is Health.STOPPED:
            srv.lock.unlock()
            return
        srv.health.write(Health.STOPPED)
        self.propagate(srv, up=False)

    def srv_set_running(self, srv: Server) -> None:
        """The checks say that ``srv`` is up again."""
        srv.lock.lock()
        if srv.health.read() is not Health.STOPPED:
            srv.lock.unlock()
            return
        srv.health.write(Health.STARTING if self.slowstart else Health.RUNNING)
        self.propagate(srv, up=True)

    def srv_set_admin_flag(self, srv: Server) -> None:
        """``set server … state maint`` on the CLI."""
        srv.lock.lock()
        if srv.maint.read():
            srv.lock.unlock()
            return
        srv.maint.write(True)
        self.propagate(srv, up=False)

    def srv_clr_admin_flag(self, srv: Server) -> None:
        """``set server … state ready`` on the CLI."""
        srv.lock.lock()
        if not srv.maint.read():
            srv.lock.unlock()
            return
        srv.maint.write(False)
        self.propagate(srv, up=srv.health.read() is not Health.STOPPED)

    def server_warmup(self, srv: Server) -> None:
        """The warm-up task of a server that came up: it may be given more now."""
        srv.lock.lock()
        if srv.health.read() is Health.STARTING:
            srv.health.write(Health.RUNNING)
            self.refill(srv)
        srv.lock.unlock()

    def propagate(self, srv: Server, *, up: bool) -> None:
        """Tell the others of a change made under the server's lock, which is given back.

        Before 3ff577e16 this happens some time later, without the lock.
        """
        srv.lock.unlock()
        self.srv_update_status(srv, up=up)

    def srv_update_status(self, srv: Server, *, up: bool) -> None:
        """Act on a change of ``srv``."""
        self.srv_lb_propagate(srv)
        if up:
            moved = self.refill(srv)
            self.log_moved(srv, moved, self.told_up(moved))
        else:
            moved = self.pendconn_redistribute(srv)
            self.log_moved(srv, moved, self.told_down(moved))

    def log_moved(self, srv: Server, moved: int, told: int) -> None:
        """Write to the log how many streams were moved."""
        if told != moved:
            self.fail(
                "srv_update_status",
                f"the log says that {told} streams of {srv.name} were moved, but {moved} were",
            )

    def told_down(self, moved: int) -> int:
        """What the caller of ``pendconn_redistribute`` is told. Nothing until ef71f0194."""
        return moved

    def told_up(self, moved: int) -> int:
        """What the caller of ``refill`` is told."""
        return moved

    def srv_lb_propagate(self, srv: Server) -> None:
        """Balancing learns whether ``srv`` is to be chosen from now on."""
        px = self.px
        px.lbprm_lock.lock()
        up = (
            srv.health.read() is not Health.STOPPED and not srv.maint.read() and not srv.freed.value
        )
        px.up = [s for s in self.servers if (up if s is srv else s in px.up)]
        active = [s for s in px.up if not s.backup]
        px.srv_act.write(len(active))
        # The first backup server stands in while no active server is up.
        px.usable = active or px.up[:1]
        px.tot_weight.write(len(px.usable))
        self.declare_who_serves()
        px.lbprm_lock.unlock()

    def declare_who_serves(self) -> None:
        """For the verdicts: who may take from which queue from now on.

        Who waits for a server that is down may go elsewhere if ``option redispatch`` says so,
        or if the server is in maintenance, which is not known to end. Who ends on the server
        still looks into its queue.
        """
        usable = [srv.index for srv in self.px.usable]
        for queue in self.px.queues:
            self.set_served_by(queue.index, usable)
        for srv in self.servers:
            leaves = self.redispatch or srv.maint.value
            elsewhere = [srv.index, *usable] if leaves and usable else []
            for queue in srv.queues:
                self.set_served_by(queue.index, [srv.index] if srv in self.px.up else elsewhere)

    # ----------------------------------------------------------------- down: out

    def pendconn_redistribute(self, srv: Server) -> int:
        """``srv`` is gone: those in its queue are woken to look elsewhere; how many."""
        if not self.may_redistribute(srv):
            self.leave_waiting(srv)
            return 0
        xferred = 0
        for queue in srv.queues:
            self.redistribute_lock(queue)
            left = self.redistribute_queue(queue)
            self.redistribute_unlock(queue)
            if left:
                self.count_out(queue, left)
                self.px.totpend.add(-left)
            xferred += left
        return xferred

    def leave_waiting(self, srv: Server) -> None:
        """Part of ``pendconn_redistribute``: those in the queue of ``srv`` stay there."""
        waiting = [p.strm.request.name for queue in srv.queues for p in queue.tree.value]
        if waiting and srv.maint.value:
            self.fail(
                "pendconn_redistribute",
                f"{srv.name} goes into maintenance, and {' and '.join(waiting)} still wait for it",
            )

    def may_redistribute(self, srv: Server) -> bool:
        """Part of ``pendconn_redistribute``: only who insists on nothing may go elsewhere."""
        return self.redispatch

    def redistribute_lock(self, queue: Queue) -> None:
        """Part of ``pendconn_redistribute``."""
        queue.lock.lock()

    def redistribute_unlock(self, queue: Queue) -> None:
        """Part of ``pendconn_redistribute``."""
        queue.lock.unlock()

    def redistribute_queue(self, queue: Queue) -> int:
        """Part of ``pendconn_redistribute``: empty ``queue``, whose lock is held."""
        xferred = 0
        p = queue.head()
        while p is not None:
            following = queue.after(p)
            self.redistribute_one(queue, p)
            p = following
            xferred += 1
        return xferred

    def redistribute_one(self, queue: Queue, p: Pendconn) -> None:
        """Part of ``pendconn_redistribute``: take ``p`` out and wake its owner."""
        queue.unlink(p)
        self.release_from_server(p)
        self.wake_stream(p.strm)
        if p.freed.value:
            raise UseAfterFreeError(f"the pendconn of {p.strm.request.name} was freed")

    def release_from_server(self, p: Pendconn) -> None:
        """Part of ``pendconn_redistribute``: it is left to balancing to find a server."""
        p.assigned.value = p.direct.value = False

    # -------------------------------------------------------------------- up: in

    def refill(self, srv: Server) -> int:
        """``srv`` can take more than a moment ago; how many it was given."""
        return self.pendconn_grab_from_px(srv)

    def pendconn_grab_from_px(self, srv: Server) -> int:
        """Send streams of the backend's queue to ``srv``. They are given no slot yet."""
        xferred = 0
        if not self.may_serve_backend(srv):
            return 0
        queue = self.px.queue
        queue.lock.lock()
        maxconn = self.srv_dynamic_maxconn(srv)
        while self.already_served(srv) + xferred < maxconn:
            p = queue.head()
            if p is None:
                break
            queue.unlink(p)
            p.target.write(srv)
            self.wake_stream(p.strm)
            if p.freed.value:
                raise UseAfterFreeError(f"the pendconn of {p.strm.request.name} was freed")
            xferred += 1
        queue.lock.unlock()
        if xferred:
            self.count_out(queue, xferred)
            self.px.totpend.add(-xferred)
        return xferred

    def already_served(self, srv: Server) -> int:
        """Part of ``pendconn_grab_from_px``: what it subtracts from the limit."""
        return 0
