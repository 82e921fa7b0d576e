"""What does HAProxy's queue consist of? Servers, the backend, their queues, streams, pendconns.

Everything that more than one thread may touch without a common lock is a primitive; what one
thread owns, or what a lock protects throughout, is a plain attribute and says so.
"""

from __future__ import annotations

from bisect import bisect
from enum import Enum

from harness import Atomic, Cell, Ghost, Request, SpinLock, Statistic


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
    NOSRV = "there is no server"


class Health(Enum):
    """What the checks say of a server (``SRV_ST_*``)."""

    RUNNING = "running"
    STARTING = "starting"
    STOPPED = "stopped"


class Server:
    """A server: its limit, the slots given out, and the queues of streams that insist on it.

    Attributes:
        index: its number; also that of its resource.
        name: for traces.
        backup: it serves only while no active server is up. Constant.
        minconn: below ``maxconn``, the limit follows the load of the backend; 0 for a static
            limit. Constant.
        unapplied: its ``minconn`` was left at 0 although its limit is static: see 86207e782.
        maxconn: the limit; the CLI changes it under ``lock``, everybody reads it without.
        health: what the checks say; written under ``lock``, read without.
        maint: in maintenance, by the CLI; likewise.
        served: slots given out, by a picker or to an arrival.
        cur_sess: streams that called ``connect_server``.
        queueslength: streams in all its queues (from 583303c48 on).
        strms: streams whose target it is (from ca686e320 on).
        dequeuing: for each thread group, 1 while somebody dequeues (from b11495652 on).
        self_served, last_other: for each thread group, whose turn it is (from 26b3e5236 on).
        lock: serialises changes of the server; before 16fbdda3c its queue's lock, too.
        queues: one queue a thread group; one in all before 26b3e5236.
        freed: it was deleted.
    """

    __slots__ = (
        "backup",
        "cur_sess",
        "dequeuing",
        "freed",
        "health",
        "index",
        "last_other",
        "lock",
        "maint",
        "maxconn",
        "minconn",
        "name",
        "queues",
        "queueslength",
        "self_served",
        "served",
        "strms",
        "unapplied",
    )

    def __init__(self, index: int, minconn: int, maxconn: int, *, backup: bool) -> None:
        self.name = name = f"s{index}"
        self.index = index
        self.backup = backup
        self.minconn = minconn
        self.unapplied = False
        self.maxconn = Cell(f"{name}.maxconn", maxconn)
        self.health = Cell(f"{name}.health", Health.RUNNING)
        self.maint = Cell(f"{name}.maint", False)
        self.served = Atomic(f"{name}.served", 0)
        self.cur_sess = Atomic(f"{name}.cur_sess", 0)
        self.queueslength = Atomic(f"{name}.queueslength", 0)
        self.strms = Atomic(f"{name}.strms", 0)
        self.dequeuing: list[Atomic[int]] = []
        self.self_served: list[Atomic[int]] = []
        self.last_other: list[Atomic[int]] = []
        self.lock = SpinLock(f"{name}.lock")
        self.queues: list[Queue] = []
        self.freed = Ghost(f"{name}.freed", False)

    @property
    def queue(self) -> Queue:
        """Its only queue, as long as there is one."""
        return self.queues[0]


class Proxy:
    """The backend: what its servers share.

    Attributes:
        name: for traces.
        served: slots given out by all servers together.
        totpend: streams in all queues together; nothing is decided on it.
        queueslength: streams in all its own queues (from 583303c48 on).
        beconn: streams attached to the backend, in whatever state.
        srv_act: active servers that are up.
        tot_weight: servers that balancing may choose from.
        lbprm_lock: protects ``up``, ``usable`` and ``rr_next``.
        up: the servers that are up and not in maintenance.
        usable: those of them that balancing chooses from.
        rr_next: index of the server that round robin tries first.
        ready_srv: a server that has nothing to do (from cda7275ef on).
        lock: before 16fbdda3c its queue's lock.
        queues: one queue a thread group; one in all before 26b3e5236.
    """

    __slots__ = (
        "beconn",
        "lbprm_lock",
        "lock",
        "name",
        "queues",
        "queueslength",
        "ready_srv",
        "rr_next",
        "served",
        "srv_act",
        "tot_weight",
        "totpend",
        "up",
        "usable",
    )

    def __init__(self) -> None:
        self.name = "px"
        self.served = Atomic("px.served", 0)
        self.totpend = Statistic("px.totpend")
        self.queueslength = Atomic("px.queueslength", 0)
        self.beconn = Atomic("px.beconn", 0)
        self.srv_act = Cell("px.srv_act", 0)
        self.tot_weight = Cell("px.tot_weight", 0)
        self.lbprm_lock = SpinLock("px.lbprm.lock")
        self.up: list[Server] = []
        self.usable: list[Server] = []
        self.rr_next = 0
        self.ready_srv: Atomic[Server | None] = Atomic("px.ready_srv", None)
        self.lock = SpinLock("px.lock")
        self.queues: list[Queue] = []

    @property
    def queue(self) -> Queue:
        """Its only queue, as long as there is one."""
        return self.queues[0]


class Queue:
    """A queue of a server, or of the backend where ``sv`` is None.

    In HAProxy ``sv`` is a pointer. Here it is a number, so that no references go in a circle: what
    a run leaves behind is gone at once, and not looked for by the garbage collector.

    Attributes:
        index: its number for the harness.
        name: for traces.
        sv: number of the server whose it is.
        length: its length; when it changes, relative to the links, differs by revision.
        nbpend_max: the greatest length so far.
        idx: how many left it; for logs.
        lock: protects ``tree``.
        tree: the linked pendconns, the one to be served first in front.
    """

    __slots__ = ("idx", "index", "length", "lock", "name", "nbpend_max", "sv", "tree")

    def __init__(self, index: int, name: str, sv: int | None, lock: SpinLock) -> None:
        self.index = index
        self.name = name
        self.sv = sv
        self.length = Atomic(f"{name}.length", 0)
        self.nbpend_max = Atomic(f"{name}.nbpend_max", 0)
        self.idx = Statistic(f"{name}.idx")
        self.lock = lock
        self.tree: Ghost[tuple[Pendconn, ...]] = Ghost(f"{name}.tree", ())

    def head(self) -> Pendconn | None:
        """The first linked pendconn; ``lock`` must be held."""
        tree = self.tree.value
        return tree[0] if tree else None

    def after(self, p: Pendconn) -> Pendconn | None:
        """The pendconn linked after ``p``; ``lock`` must be held."""
        tree = self.tree.value
        place = tree.index(p) + 1
        return tree[place] if place < len(tree) else None

    def link(self, p: Pendconn) -> None:
        """Put ``p`` in its place; ``lock`` must be held."""
        p.linked.store(True)
        p.strm.take_place()
        tree = self.tree.value
        place = bisect(tree, p.key(), key=Pendconn.key)
        self.tree.value = (*tree[:place], p, *tree[place:])

    def unlink(self, p: Pendconn) -> None:
        """Take ``p`` out; ``lock`` must be held. Does nothing where it is out already."""
        p.linked.store(False)
        tree = self.tree.value
        if p in tree:
            self.tree.value = tuple(other for other in tree if other is not p)


class Stream:
    """A stream, owned by the thread it arrived on.

    Attributes:
        request: the harness' side of it.
        places: how many streams have been queued so far.
        age: its place in every queue. Given once, when it is first queued: one that is queued again
            keeps its place, and a loop that queues it again restores the state. -1 before.
        priority: class 0 is served before class 1.
        srv_conn: the server on which it holds a slot; a picker writes it too.
        target: the server it goes to.
        direct: it insists on ``target`` (persistence).
        assigned: ``target`` is settled.
        curr_sess: it is counted in ``cur_sess`` of ``target``.
        retries: failed attempts to connect.
        expired: its time in the queue is over.
        woken_by: why its task was woken, as bits (from 604846010 on).
        counters: whose statistics it writes to (from c24de077b on).
        pend_pos: its pendconn while it is queued.
        freed: ``stream_free`` has ended.
    """

    __slots__ = (
        "age",
        "assigned",
        "counters",
        "curr_sess",
        "direct",
        "expired",
        "freed",
        "pend_pos",
        "places",
        "priority",
        "request",
        "retries",
        "srv_conn",
        "state",
        "target",
        "woken_by",
    )

    def __init__(self, request: Request, places: Ghost[int], priority: int) -> None:
        self.request = request
        self.places = places
        self.age = -1
        self.priority = priority
        self.state = State.REQ
        self.srv_conn: Cell[Server | None] = Cell(f"{request.name}.srv_conn", None)
        self.target: Server | None = None
        self.direct = False
        self.assigned = False
        self.curr_sess = False
        self.retries = 0
        self.expired = False
        self.woken_by = 0
        self.counters: Server | None = None
        self.pend_pos: Pendconn | None = None
        self.freed = Ghost(f"{request.name}.freed", False)

    def take_place(self) -> None:
        """It is queued, behind all who are or were."""
        if self.age < 0:
            self.age = self.places.value
            self.places.value += 1


class Pendconn:
    """A stream's place in a queue; a new one each time the stream is queued.

    Attributes:
        strm: the stream.
        queue: the queue it was made for.
        assigned, direct: the stream's flags when it was queued; a picker changes them. Ghosts, as
            whether they are read in time is told apart by ``target`` already.
        target: the server that picked it.
        linked: whether it is in the queue's tree; written under the queue's lock.
        node: its links to its neighbours in the tree.
        del_lock: keeps it alive for a picker that has unlinked it already.
        freed: its owner has freed it.
    """

    __slots__ = (
        "assigned",
        "del_lock",
        "direct",
        "freed",
        "linked",
        "node",
        "queue",
        "strm",
        "target",
    )

    def __init__(self, strm: Stream, queue: Queue) -> None:
        name = f"{strm.request.name}.pendconn"
        self.strm = strm
        self.queue = queue
        self.assigned = Ghost(f"{name}.assigned", strm.assigned)
        self.direct = Ghost(f"{name}.direct", strm.direct)
        self.target: Cell[Server | None] = Cell(f"{name}.target", None)
        self.linked = Atomic(f"{name}.linked", False)
        self.node = Cell(f"{name}.node", None)
        self.del_lock = SpinLock(f"{name}.del_lock")
        self.freed = Ghost(f"{name}.freed", False)

    def key(self) -> tuple[int, int]:
        """Its order in a queue: the class, then the age."""
        return self.strm.priority, self.strm.age
