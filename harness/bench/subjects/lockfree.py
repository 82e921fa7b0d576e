"""Data structures without locks whose bugs take several switches in the right places."""

from __future__ import annotations

from harness import Atomic, Mutex, relax
from harness.bench.subjects.program import Program


class Nodes(Program):
    """What programs that hand out numbered nodes share: nobody may hold another one's node."""

    def hold(self, node: int) -> None:
        """Take ``node``; fails if somebody has it."""
        assert not self.held[node].exchange(True), f"node {node} is held twice"

    def let_go(self, node: int) -> None:
        """Give ``node`` back."""
        self.held[node].store(False)

    def make_nodes(self, count: int) -> None:
        """``count`` nodes that nobody holds."""
        self.held = [Atomic(f"held{i}", False) for i in range(count)]


class AbaStack(Nodes):
    """A linked stack that recycles its nodes: compare-and-swap can not tell A from A again.

    One thread stops between reading the top with its successor and swapping; another pops two
    nodes and pushes the first back. The swap then makes a node the top that is in use.
    """

    bodies = ("pop_once", "pop_two_push_one")

    def start(self) -> None:
        """Node 0 on 1 on 2."""
        self.make_nodes(3)
        self.top = Atomic("top", 0)
        self.below = [Atomic(f"below{i}", i + 1 if i < 2 else -1) for i in range(3)]

    def pop(self) -> int:
        """The top node; -1 when there is none."""
        while True:
            node = self.top.load()
            if node < 0:
                return -1
            if self.top.compare_exchange(node, self.below[node].load()):
                self.hold(node)
                return node

    def push(self, node: int) -> None:
        """Put a node back on top."""
        self.let_go(node)
        while True:
            top = self.top.load()
            self.below[node].store(top)
            if self.top.compare_exchange(top, node):
                return

    def pop_once(self) -> None:
        """Take two in a row: the second may be one that is in use."""
        self.pop()
        self.pop()

    def pop_two_push_one(self) -> None:
        """Makes the top what it was, with something else below."""
        first = self.pop()
        self.pop()
        if first >= 0:
            self.push(first)


class WorkStealQueue(Nodes):
    """A work-stealing deque (after Cilk's THE protocol; CHESS has several wrong ones).

    The owner takes from the tail, a thief from the head. This thief looks at the tail before
    it claims the head, and it has to be the other way round.
    """

    bodies = ("own", "steal")
    items = 2

    def start(self) -> None:
        """All items are there."""
        self.make_nodes(self.items)
        self.lock = Mutex("lock")
        self.head = Atomic("head", 0)
        self.tail = Atomic("tail", self.items)

    def own(self) -> None:
        """Take all from the tail."""
        for _ in range(self.items):
            tail = self.tail.load() - 1
            self.tail.store(tail)
            if self.head.load() <= tail:
                self.hold(tail)
                continue
            self.tail.store(tail + 1)
            with self.lock:
                self.tail.store(tail)
                if self.head.load() > tail:
                    self.tail.store(tail + 1)
                    return
                self.hold(tail)

    def steal(self) -> None:
        """Take all from the head."""
        for _ in range(self.items):
            with self.lock:
                head = self.head.load()
                if head + 1 > self.tail.load():
                    return
                self.head.store(head + 1)
                self.hold(head)


class SafeStack(Nodes):
    """SafeStack, posted by Dmitry Vyukov as a challenge for verifiers; it is in SCTBench.

    A stack of free indexes. ``pop`` marks the top's successor as taken while it works and puts
    it back when its swap fails. Two threads can end up with one index, which takes at least
    five preemptions among three threads.
    """

    bodies = ("work",) * 3
    rounds = 4

    def start(self) -> None:
        """Index 0 on 1 on 2."""
        self.make_nodes(3)
        self.count = Atomic("count", 3)
        self.top = Atomic("top", 0)
        self.below = [Atomic(f"below{i}", i + 1 if i < 2 else -1) for i in range(3)]

    def pop(self) -> int:
        """A free index; -1 when there is at most one."""
        while self.count.load() > 1:
            top = self.top.load()
            below = self.below[top].exchange(-1)
            if below >= 0:
                if self.top.compare_exchange(top, below):
                    self.count.fetch_sub()
                    return top
                self.below[top].exchange(below)
        return -1

    def push(self, index: int) -> None:
        """Give an index back."""
        while True:
            top = self.top.load()
            self.below[index].store(top)
            if self.top.compare_exchange(top, index):
                break
        self.count.fetch_add()

    def work(self) -> None:
        """Take an index and give it back, some times."""
        for _ in range(self.rounds):
            index = self.pop()
            while index < 0:
                relax()
                index = self.pop()
            self.hold(index)
            self.let_go(index)
            self.push(index)
