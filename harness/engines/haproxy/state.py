"""What does HAProxy's queue consist of? Servers, the backend, their queues, streams, pendconns.

Everything that more than one thread may touch without a common lock is a primitive; what one
thread owns, or what a lock protects throughout, is a plain attribute and says so.
"""

from __future__ import annotations

from bisect import insort
from enum import Enum

from harness import Atomic, Cell, Request, SpinLock, Statistic


class UseAfterFreeError(Exception):
    """Memory was touched that its owner had freed: in C, corruption or a crash."""


class State(Enum):
    """Where the backend side of a stream is (``SC_ST_*``)."""

    REQ = "wants a connection"
    QUE = "queued"
    ASS = "server assigned"
    EST = "established"
    CLO = "closed"


class Status(Enum):
    """What came of looking for a server (``SRV_STATUS_*``)."""

    OK = "a server was assigned"
    FULL = "no server has room"
    QUEUED = "queued"


class Server:
    """A server: its limit, the slots given out, and the queue of streams that insist on it.

    Attributes:
        index: its number; also that of its resource and of its queue.
        minconn: below ``maxconn``, the limit follows the load of the backend; 0 for a static
            limit. Constant.
        maxconn: the limit; the CLI changes it under ``lock``, everybody reads it without.
        served: slots given out, by a picker or to an arrival.
        cur_sess: streams that called ``connect_server``.
        dequeuing: 1 while somebody dequeues (from b11495652 on).
    """

    __slots__ = ("cur_sess", "dequeuing", "index", "lock", "maxconn", "minconn", "queue", "served")

    def __init__(self, index: int, minconn: int, maxconn: int) -> None:
        name = f"s{index}"
        self.index = index
        self.minconn = minconn
        self.maxconn = Cell(f"{name}.maxconn", maxconn)
        self.served = Atomic(f"{name}.served", 0)
        self.cur_sess = Atomic(f"{name}.cur_sess", 0)
        self.dequeuing = Atomic(f"{name}.dequeuing", 0)
        self.lock = SpinLock(f"{name}.lock")
        self.queue = Queue(index, f"{name}.queue", self)


class Proxy:
    """The backend: what its servers share.

    Attributes:
        served: slots given out by all servers together.
        totpend: streams in all queues together; nothing is decided on it.
        beconn: streams attached to the backend, in whatever state.
        lbprm_lock: protects ``rr_next``, the server that round robin tries first.
    """

    __slots__ = ("beconn", "lbprm_lock", "queue", "rr_next", "served", "totpend")

    def __init__(self, servers: int) -> None:
        self.served = Atomic("px.served", 0)
        self.totpend = Statistic("px.totpend")
        self.beconn = Atomic("px.beconn", 0)
        self.lbprm_lock = SpinLock("px.lbprm.lock")
        self.rr_next = 0
        self.queue = Queue(servers, "px.queue", None)


class Queue:
    """The queue of a server, or of the backend where ``sv`` is None.

    Attributes:
        length: its length, counted up before the pendconn is linked and down after it left.
        nbpend_max: the greatest length so far.
        idx: how many left it; for logs.
        lock: protects ``tree``.
        tree: the linked pendconns, oldest stream first.
    """

    __slots__ = ("idx", "index", "length", "lock", "name", "nbpend_max", "sv", "tree")

    def __init__(self, index: int, name: str, sv: Server | None) -> None:
        self.index = index
        self.name = name
        self.sv = sv
        self.length = Atomic(f"{name}.length", 0)
        self.nbpend_max = Atomic(f"{name}.nbpend_max", 0)
        self.idx = Statistic(f"{name}.idx")
        self.lock = SpinLock(f"{name}.lock")
        self.tree: list[Pendconn] = []

    def head(self) -> Pendconn | None:
        """The oldest linked pendconn; ``lock`` must be held."""
        return self.tree[0] if self.tree else None

    def link(self, p: Pendconn) -> None:
        """Put ``p`` in its place; ``lock`` must be held."""
        p.linked.store(True)
        insort(self.tree, p, key=Pendconn.key)

    def unlink(self, p: Pendconn) -> None:
        """Take ``p`` out; ``lock`` must be held."""
        p.linked.store(False)
        self.tree.remove(p)


class Stream:
    """A stream, owned by the thread it arrived on.

    Attributes:
        request: the harness' side of it.
        age: its place in every queue. Given once, on arrival: a stream that is queued again
            keeps its place, and a loop that queues it again restores the state.
        srv_conn: the server on which it holds a slot; a picker writes it too.
        target: the server it goes to.
        direct: it insists on ``target`` (persistence).
        assigned: ``target`` is settled.
        curr_sess: it is counted in ``cur_sess`` of ``target``.
        pend_pos: its pendconn while it is queued.
        freed: ``stream_free`` has ended.
    """

    __slots__ = (
        "age",
        "assigned",
        "curr_sess",
        "direct",
        "freed",
        "pend_pos",
        "request",
        "srv_conn",
        "state",
        "target",
    )

    def __init__(self, request: Request, age: int) -> None:
        self.request = request
        self.age = age
        self.state = State.REQ
        self.srv_conn: Cell[Server | None] = Cell(f"{request.name}.srv_conn", None)
        self.target: Server | None = None
        self.direct = False
        self.assigned = False
        self.curr_sess = False
        self.pend_pos: Pendconn | None = None
        self.freed = False


class Pendconn:
    """A stream's place in a queue; a new one each time the stream is queued.

    Attributes:
        strm: the stream.
        queue: the queue it was made for.
        assigned, direct: the stream's flags when it was queued.
        target: the server that picked it.
        linked: whether it is in the queue's tree; written under the queue's lock.
        del_lock: keeps it alive for a picker that has unlinked it already.
        freed: its owner has freed it.
    """

    __slots__ = ("assigned", "del_lock", "direct", "freed", "linked", "queue", "strm", "target")

    def __init__(self, strm: Stream, queue: Queue) -> None:
        name = f"{strm.request.name}.pendconn"
        self.strm = strm
        self.queue = queue
        self.assigned = strm.assigned
        self.direct = strm.direct
        self.target: Cell[Server | None] = Cell(f"{name}.target", None)
        self.linked = Atomic(f"{name}.linked", False)
        self.del_lock = SpinLock(f"{name}.del_lock")
        self.freed = False

    def key(self) -> int:
        """Its order in a queue."""
        return self.strm.age
