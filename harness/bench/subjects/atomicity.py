"""Small programs of SCTBench and its sources whose steps should be indivisible and are not.

Written from their published descriptions. Left out are those of SCTBench in which every
schedule shows the bug (``arithmetic_prog``, ``fsbench``, ``phase01``, ``sync01``, ``sync02``):
they can not tell two schedulers apart.
"""

from __future__ import annotations

from harness import Atomic, Cell, Mutex, relax
from harness.bench.subjects.program import Program

ROUNDS = 5
"""Turns that a producer and a consumer have."""


class Lazy01(Program):
    """SCTBench lazy01: two threads add 1 and 2 under a lock; a third must not see their sum."""

    bodies = ("one", "two", "check")

    def start(self) -> None:
        """A counter and its lock."""
        self.lock = Mutex("lock")
        self.data = Cell("data", 0)

    def one(self) -> None:
        """Add 1."""
        with self.lock:
            self.data.write(self.data.read() + 1)

    def two(self) -> None:
        """Add 2."""
        with self.lock:
            self.data.write(self.data.read() + 2)

    def check(self) -> None:
        """Fails when both others came first."""
        with self.lock:
            assert self.data.read() < 3


class Account(Program):
    """SCTBench account: a deposit, a withdrawal, and an auditor whose formula is wrong."""

    bodies = ("deposit", "withdraw", "audit")

    def start(self) -> None:
        """A balance of 10."""
        self.lock = Mutex("lock")
        self.balance = Cell("balance", 10)
        self.deposited = Cell("deposited", False)
        self.withdrawn = Cell("withdrawn", False)

    def deposit(self) -> None:
        """Add 2."""
        with self.lock:
            self.balance.write(self.balance.read() + 2)
            self.deposited.write(True)

    def withdraw(self) -> None:
        """Take 3."""
        with self.lock:
            self.balance.write(self.balance.read() - 3)
            self.withdrawn.write(True)

    def audit(self) -> None:
        """Checks only once both have happened, with the deposit subtracted."""
        with self.lock:
            if self.deposited.read() and self.withdrawn.read():
                assert self.balance.read() == 10 - 2 - 3


class Stack(Program):
    """SCTBench stack: once something was ever pushed the popper believes there is something."""

    bodies = ("push", "pop")

    def start(self) -> None:
        """An empty stack."""
        self.lock = Mutex("lock")
        self.top = Cell("top", 0)
        self.pushed = Cell("pushed", False)

    def push(self) -> None:
        """Push some."""
        for _ in range(ROUNDS):
            with self.lock:
                self.top.write(self.top.read() + 1)
                self.pushed.write(True)

    def pop(self) -> None:
        """Pop as many: fails when it overtakes."""
        for _ in range(ROUNDS):
            with self.lock:
                if self.pushed.read():
                    top = self.top.read()
                    assert top > 0, "underflow"
                    self.top.write(top - 1)


class Queue(Program):
    """SCTBench queue: handed over by flags; the consumer counts its turns, not what it took."""

    bodies = ("produce", "consume")

    def start(self) -> None:
        """An empty queue; it is the producer's turn."""
        self.lock = Mutex("lock")
        self.items: list[int] = []
        self.stored = [-1] * ROUNDS
        self.may_put = Cell("may_put", True)
        self.may_take = Cell("may_take", False)

    def produce(self) -> None:
        """Put the first one unasked, the others when it is the turn."""
        with self.lock:
            self.put(0)
        for i in range(1, ROUNDS):
            with self.lock:
                if self.may_put.read():
                    self.put(i)
                    self.may_put.write(False)
                    self.may_take.write(True)

    def put(self, i: int) -> None:
        """Put item ``i``."""
        self.items.append(i * i)
        self.stored[i] = i * i

    def consume(self) -> None:
        """What is taken in turn i must be what was stored as the i-th."""
        for i in range(ROUNDS):
            with self.lock:
                if self.may_take.read():
                    assert self.items.pop(0) == self.stored[i]
                    self.may_take.write(False)
                    self.may_put.write(True)


class CircularBuffer(Program):
    """SCTBench circular_buffer: flags say whose turn it is, and both count turns they missed."""

    bodies = ("send", "receive")

    def start(self) -> None:
        """An empty buffer; it is the sender's turn."""
        self.lock = Mutex("lock")
        self.buffer = [Cell(f"buffer{i}", -1) for i in range(ROUNDS)]
        self.first = Cell("first", 0)
        self.next = Cell("next", 0)
        self.may_send = Cell("may_send", True)
        self.may_receive = Cell("may_receive", False)

    def send(self) -> None:
        """Send the turn's number."""
        for i in range(ROUNDS):
            with self.lock:
                if self.may_send.read():
                    at = self.next.read()
                    self.buffer[at].write(i)
                    self.next.write((at + 1) % ROUNDS)
                    self.may_send.write(False)
                    self.may_receive.write(True)

    def receive(self) -> None:
        """What is received in turn i must be i."""
        for i in range(ROUNDS):
            with self.lock:
                if self.may_receive.read():
                    at = self.first.read()
                    self.first.write((at + 1) % ROUNDS)
                    assert self.buffer[at].read() == i
                    self.may_receive.write(False)
                    self.may_send.write(True)


class TokenRing(Program):
    """SCTBench token_ring: three threads pass a value on, a fourth wants all copies equal."""

    bodies = ("first", "second", "third", "check")

    def start(self) -> None:
        """Three copies."""
        self.lock = Mutex("lock")
        self.x = [Cell(f"x{i}", 1) for i in range(3)]

    def first(self) -> None:
        """The token changes here."""
        with self.lock:
            self.x[0].write((self.x[2].read() + 1) % 4)

    def second(self) -> None:
        """Copy it."""
        with self.lock:
            self.x[1].write(self.x[0].read())

    def third(self) -> None:
        """Copy it."""
        with self.lock:
            self.x[2].write(self.x[1].read())

    def check(self) -> None:
        """Fails when the token is on its way."""
        with self.lock:
            assert self.x[0].read() == self.x[1].read() == self.x[2].read()


class BluetoothDriver(Program):
    """The Bluetooth driver of KISS (Qadeer, Wu, PLDI 2004): requests against removal.

    A request looks at the stopping flag and then counts itself in; the driver can be stopped
    in between.
    """

    bodies = ("request", "stop")

    def start(self) -> None:
        """The driver itself holds one reference."""
        self.pending = Atomic("pending", 1)
        self.stopping = Cell("stopping", False)
        self.drained = Cell("drained", False)
        self.stopped = Cell("stopped", False)

    def request(self) -> None:
        """Do I/O, unless the driver is stopping."""
        if self.stopping.read():
            return
        self.pending.fetch_add(1)
        assert not self.stopped.read(), "I/O on a stopped driver"
        self.release()

    def stop(self) -> None:
        """Refuse new requests, wait for the old ones, stop."""
        self.stopping.write(True)
        self.release()
        while not self.drained.read():
            relax()
        self.stopped.write(True)

    def release(self) -> None:
        """Whoever goes last says so."""
        if self.pending.fetch_sub(1) == 1:
            self.drained.write(True)


class Airline(Program):
    """The airline of IBM's concurrency benchmark: agents sell until the flag says stop.

    An agent that has looked at the flag sells its ticket even if the last one has gone since.
    """

    seats = 3
    bodies = ("sell",) * 5

    def start(self) -> None:
        """Nothing sold."""
        self.sold = Atomic("sold", 0)
        self.full = Cell("full", False)

    def sell(self) -> None:
        """Sell one ticket."""
        if self.full.read():
            return
        sold = self.sold.fetch_add(1) + 1
        assert sold <= self.seats, "oversold"
        if sold == self.seats:
            self.full.write(True)


class Singleton(Program):
    """The lazily created singleton: test, create, publish, without a lock."""

    bodies = ("get",) * 3

    def start(self) -> None:
        """Not created."""
        self.instance: Cell[int | None] = Cell("instance", None)
        self.created = Atomic("created", 0)

    def get(self) -> None:
        """Whoever finds none creates it; there must be one."""
        if self.instance.read() is None:
            assert self.created.fetch_add(1) == 0, "created twice"
            self.instance.write(self.me)


class ReadWriteLock(Program):
    """SV-COMP read_write_lock, wrong variant: a reader looks for writers, then counts itself in.

    Whoever finds the lock taken goes home.
    """

    bodies = ("write", "write", "read", "read")

    def start(self) -> None:
        """Nobody inside."""
        self.guard = Mutex("guard")
        self.writing = Cell("writing", False)
        self.reading = Cell("reading", 0)
        self.x = Cell("x", 0)

    def write(self) -> None:
        """Change x twice, alone."""
        with self.guard:
            if self.writing.read() or self.reading.read():
                return
            self.writing.write(True)
        self.x.write(self.me + 1)
        self.x.write(0)
        self.writing.write(False)

    def read(self) -> None:
        """No writer should be in here."""
        if self.writing.read():
            return
        with self.guard:
            self.reading.write(self.reading.read() + 1)
        assert self.x.read() == self.x.read(), "changed while being read"
        with self.guard:
            self.reading.write(self.reading.read() - 1)


class Accumulate(Program):
    """Increments that are lost: threads add to a plain counter, the last one checks the sum."""

    bodies = ("add",) * 3

    def start(self) -> None:
        """Nothing added."""
        self.sum = Cell("sum", 0)
        self.done = Atomic("done", 0)

    def add(self) -> None:
        """Read, add, write."""
        self.sum.write(self.sum.read() + 1)
        if self.done.fetch_add(1) + 1 == len(self.bodies):
            assert self.sum.read() == len(self.bodies), "an increment was lost"
