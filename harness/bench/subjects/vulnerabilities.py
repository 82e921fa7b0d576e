"""Races behind published vulnerabilities, as collected for ConVul.

Meng, Zhu, Yun, Li, Cai, Yang, "CONVUL: an effective tool for detecting concurrency
vulnerabilities", ASE 2019.

Each is the pattern that the vulnerability's public description states, in as few accesses as
it takes; what surrounds it in the real program is left out.
"""

from __future__ import annotations

from harness import Atomic, Cell, Mutex
from harness.bench.subjects.program import Program


class Allocation(Atomic[bool]):
    """A piece of memory; its value is whether it was freed."""

    __slots__ = ()

    def __init__(self, name: str) -> None:
        super().__init__(name, False)

    def use(self) -> None:
        """Access it."""
        assert not self.load(), f"{self.name} is used after it was freed"

    def free(self) -> None:
        """Give it back."""
        assert not self.exchange(True), f"{self.name} is freed twice"


class Cve20093547(Program):
    """CVE-2009-3547: a pipe is opened after its last user let go of it: null dereference."""

    bodies = ("open", "release")

    def start(self) -> None:
        """A pipe with one user."""
        self.mutex = Mutex("mutex")
        self.pipe: Cell[int | None] = Cell("pipe", 0)

    def open(self) -> None:
        """Looks whether there is a pipe before it takes the mutex."""
        if self.pipe.read() is None:
            return
        with self.mutex:
            assert self.pipe.read() is not None, "null dereference"

    def release(self) -> None:
        """The last user leaves."""
        with self.mutex:
            self.pipe.write(None)


class Cve20131792(Program):
    """CVE-2013-1792: two keyrings are installed one after the other; who sees one uses both."""

    bodies = ("install", "use")

    def start(self) -> None:
        """None installed."""
        self.mutex = Mutex("mutex")
        self.user: Cell[int | None] = Cell("user keyring", None)
        self.session: Cell[int | None] = Cell("session keyring", None)

    def install(self) -> None:
        """Install both."""
        with self.mutex:
            self.user.write(1)
            self.session.write(2)

    def use(self) -> None:
        """The fast path without the mutex."""
        if self.user.read() is not None:
            assert self.session.read() is not None, "null dereference"


class Cve20157550(Program):
    """CVE-2015-7550: a key is found valid, then read; it can be revoked in between."""

    bodies = ("read", "revoke")

    def start(self) -> None:
        """A valid key."""
        self.semaphore = Mutex("key.sem")
        self.revoked = Cell("key.revoked", False)
        self.payload: Cell[str | None] = Cell("key.payload", "secret")

    def read(self) -> None:
        """Validates before it locks."""
        if self.revoked.read():
            return
        with self.semaphore:
            assert self.payload.read() is not None, "null dereference"

    def revoke(self) -> None:
        """Take the payload away."""
        with self.semaphore:
            self.revoked.write(True)
            self.payload.write(None)


class Cve20161973(Program):
    """CVE-2016-1973: users of a static instance are counted without a lock: use after free."""

    bodies = ("work", "work")

    def start(self) -> None:
        """An instance that nobody uses yet."""
        self.instance = Allocation("instance")
        self.users = Cell("users", 0)

    def work(self) -> None:
        """Count in, use it, count out; the last one frees it."""
        if self.instance.read():
            return
        self.users.write(self.users.read() + 1)
        self.instance.use()
        left = self.users.read() - 1
        self.users.write(left)
        if left == 0:
            self.instance.free()


class Cve20167911(Program):
    """CVE-2016-7911: a task's I/O context is looked up while the task exits: use after free."""

    bodies = ("get_priority", "leave")

    def start(self) -> None:
        """A task with an I/O context."""
        self.context = Allocation("context")
        self.task: Cell[Allocation | None] = Cell("task.context", self.context)

    def get_priority(self) -> None:
        """Look it up, then read it."""
        context = self.task.read()
        if context is not None:
            context.use()

    def leave(self) -> None:
        """The task exits."""
        self.task.write(None)
        self.context.free()


class Cve20169806(Program):
    """CVE-2016-9806: two readers find the same dump running and both end it: double free."""

    bodies = ("dump", "dump", "start_dump")

    def start(self) -> None:
        """A dump that runs."""
        self.mutex = Mutex("mutex")
        self.running = Cell("running", True)
        self.callback: Cell[Allocation] = Cell("callback", Allocation("message0"))

    def dump(self) -> None:
        """End the dump if it runs."""
        if self.running.read():
            message = self.callback.read()
            message.free()
            self.running.write(False)

    def start_dump(self) -> None:
        """Start another one once the last has ended."""
        with self.mutex:
            if not self.running.read():
                self.callback.write(Allocation("message1"))
                self.running.write(True)


class Cve20176346(Program):
    """CVE-2017-6346: two threads set up a socket's fan-out and both tear it down again."""

    bodies = ("add", "add")

    def start(self) -> None:
        """A socket without fan-out."""
        self.rollover: Cell[Allocation | None] = Cell("rollover", None)

    def add(self) -> None:
        """Set it up; the setup fails, so free what is there."""
        if self.rollover.read() is None:
            self.rollover.write(Allocation(f"rollover{self.me}"))
        rollover = self.rollover.read()
        if rollover is not None:
            rollover.free()
            self.rollover.write(None)


class Cve201715265(Program):
    """CVE-2017-15265: a port is in the list before it is finished; another thread deletes it."""

    bodies = ("create", "delete")

    def start(self) -> None:
        """No ports."""
        self.mutex = Mutex("ports.mutex")
        self.port: Cell[Allocation | None] = Cell("ports", None)

    def create(self) -> None:
        """Link a new port, then go on with it."""
        port = Allocation("port")
        with self.mutex:
            self.port.write(port)
        port.use()

    def delete(self) -> None:
        """Unlink and free the port, if there is one."""
        with self.mutex:
            port = self.port.read()
            self.port.write(None)
        if port is not None:
            port.free()
