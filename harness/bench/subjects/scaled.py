"""SCTBench programs that come in sizes, and so show what becomes hard for whom.

Thomson, Donaldson, Betts, "Concurrency testing using controlled schedulers: an empirical
study", ACM TOPC 2016. Sizes count the setters and writers; one thread more looks at the result.
"""

from __future__ import annotations

from harness import Cell, Mutex
from harness.bench.subjects.program import Program, sized
from harness.model.finding import Kind


class Reorder(Program):
    """Setters write a = 1, then b = -1; a checker must see both changes or none.

    The published condition reads from left to right and stops early, so it reads ``a`` twice
    when it first saw 0. The bug: the checker runs after some setter's first write and before
    every setter's second one.
    """

    def start(self) -> None:
        """A pair that is to change together."""
        self.a = Cell("a", 0)
        self.b = Cell("b", 0)

    def setter(self) -> None:
        """Change both."""
        self.a.write(1)
        self.b.write(-1)

    def checker(self) -> None:
        """Look at both."""
        unchanged = self.a.read() == 0 and self.b.read() == 0
        assert unchanged or (self.a.read() == 1 and self.b.read() == -1)


def reorder(n: int) -> type[Program]:
    """``n`` setters and one checker."""
    return sized(Reorder, f"Reorder{n}", ["setter"] * n + ["checker"])


class Twostage(Program):
    """Writers update data1 under lock A, then data2 under lock B; a reader wants them to agree.

    The bug: the reader comes between the two stages of a writer while no writer has finished
    its second one.
    """

    def start(self) -> None:
        """Two variables, a lock for each."""
        self.lock_a, self.lock_b = Mutex("A"), Mutex("B")
        self.data1 = Cell("data1", 0)
        self.data2 = Cell("data2", 0)

    def writer(self) -> None:
        """Both stages."""
        with self.lock_a:
            self.data1.write(1)
        with self.lock_b:
            self.data2.write(self.data1.read() + 1)

    def reader(self) -> None:
        """If the first stage is seen, so must the second be."""
        with self.lock_a:
            first = self.data1.read()
        if first == 0:
            return
        with self.lock_b:
            second = self.data2.read()
        assert second == first + 1


def twostage(n: int) -> type[Program]:
    """``n`` writers and one reader."""
    return sized(Twostage, f"Twostage{n}", ["writer"] * n + ["reader"])


class Wronglock(Program):
    """One thread increments under the right lock and checks; the others hold another lock."""

    def start(self) -> None:
        """A variable and two locks."""
        self.right, self.wrong = Mutex("right"), Mutex("wrong")
        self.value = Cell("value", 0)

    def careful(self) -> None:
        """Nobody else should be able to change the value in here."""
        with self.right:
            before = self.value.read()
            self.value.write(before + 1)
            assert self.value.read() == before + 1

    def careless(self) -> None:
        """Increments under the wrong lock."""
        with self.wrong:
            self.value.write(self.value.read() + 1)


def wronglock(n: int) -> type[Program]:
    """One careful thread and ``n`` careless ones."""
    return sized(Wronglock, f"Wronglock{n}", ["careful"] + ["careless"] * n)


class Philosophers(Program):
    """Dining philosophers: each takes the left fork, then the right one.

    The bug is the deadlock in which all hold their left fork. (SCTBench's ``din_phil_sat``
    programs take forks in one indivisible step and fail in every schedule that ends.)
    """

    bug = Kind.DEADLOCK

    def start(self) -> None:
        """As many forks as philosophers."""
        self.forks = [Mutex(f"fork{i}") for i in range(len(self.bodies))]

    def dine(self) -> None:
        """Take both forks, eat, put them down."""
        left, right = self.forks[self.me], self.forks[(self.me + 1) % len(self.forks)]
        with left, right:
            pass


def din_phil(n: int) -> type[Program]:
    """``n`` philosophers."""
    return sized(Philosophers, f"Philosophers{n}", ["dine"] * n)
