"""Small random engines: threads that access variables and locks, and queues with few steps."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from helpers import workload
from hypothesis import strategies as st

from harness import (
    ADMITTED,
    QUEUED,
    Atomic,
    Cell,
    Engine,
    Event,
    Ghost,
    Int,
    Outcome,
    Request,
    RWLock,
    Semaphore,
    SpinLock,
    Statistic,
    Topology,
    operation,
    sleep,
)
from harness.model.workload import Workload

Code = tuple[tuple[Any, ...], ...]

VARIABLES = 2


class Program(Engine):
    """Runs the code of ``codes``, one operation each; what a thread read last is its result."""

    topology = {"threads": Int(1, 4)}  # noqa: RUF012
    codes: tuple[Code, ...]

    def setup(self, topology: Topology) -> None:
        self.variables = [Atomic(f"v{i}", 0) for i in range(VARIABLES)]
        self.cells = [Cell(f"c{i}", 0) for i in range(VARIABLES)]
        self.locks = [SpinLock(f"l{i}") for i in range(VARIABLES)]
        self.shared = RWLock("rw")
        self.event = Event("event")
        self.units = Semaphore("units", 1)
        self.count = Statistic("count")
        self.marks: list[Ghost[tuple[int, ...]]] = [Ghost(f"g{i}", ()) for i in range(VARIABLES)]
        self.seen: dict[int, list[Any]] = {}
        self.resource("unused", capacity=None)

    @operation(which=Int(0, 9))
    def act(self, which: int) -> None:
        self.perform(self.codes[which], self.seen.setdefault(which, []))

    def bump(self, which: int) -> None:
        self.variables[which].fetch_add(1)

    def perform(self, code: Code, seen: list[Any]) -> None:
        for name, i, *rest in code:
            variable, cell, lock = self.variables[i], self.cells[i], self.locks[i]
            if name == "load":
                seen.append(variable.load())
            elif name == "store":
                variable.store(rest[0])
            elif name == "bump":
                self.bump(i)
            elif name == "take":
                seen.append(variable.fetch_add(1))
            elif name == "draw":
                seen.extend(map(variable.fetch_add, (1,)))
            elif name == "swap":
                seen.append(variable.compare_exchange(rest[0], rest[1]))
            elif name == "exchange":
                seen.append(variable.exchange(rest[0]))
            elif name == "read":
                seen.append(cell.read())
            elif name == "write":
                cell.write(len(seen) + rest[0])
            elif name == "count":
                self.count.add()
            elif name == "locked":
                lock.lock()
                self.perform(rest[0], seen)
                lock.unlock()
            elif name == "tried":
                took = lock.trylock()
                seen.append(took)
                if took:
                    self.perform(rest[0], seen)
                    lock.unlock()
            elif name == "reading":
                self.shared.read_lock()
                self.perform(rest[0], seen)
                self.shared.read_unlock()
            elif name == "writing":
                self.shared.write_lock()
                self.perform(rest[0], seen)
                self.shared.write_unlock()
            elif name == "if":
                self.perform(rest[0] if variable.load() else rest[1], seen)
            elif name == "raise":
                if variable.load() == rest[0]:
                    raise ValueError("as told")
            elif name == "wait":
                seen.append(self.event.wait(timeout=rest[0]))
            elif name == "set":
                self.event.set()
            elif name == "clear":
                self.event.clear()
            elif name == "acquire":
                seen.append(self.units.acquire(timeout=rest[0]))
            elif name == "release":
                self.units.release()
            elif name == "sleep":
                sleep(5)
            elif name == "now":
                seen.append(self.now)
            elif name == "mark":
                self.marks[i].value = (*self.marks[i].value, len(seen) + rest[0])
            elif name == "peek":
                seen.append(self.marks[i].value)
            elif name == "others":
                seen.append(self.others_inside)

    def result(self) -> Any:
        """What can be seen of the run at its end."""
        return (
            tuple(v.value for v in self.variables),
            tuple(c.value for c in self.cells),
            tuple(m.value for m in self.marks),
            tuple(sorted((k, tuple(v)) for k, v in self.seen.items())),
        )


VARIABLE = st.integers(0, VARIABLES - 1)
VALUE = st.integers(0, 2)
ACCESS = st.one_of(
    st.tuples(st.sampled_from(["load", "bump", "take", "draw", "read", "count"]), VARIABLE),
    st.tuples(st.sampled_from(["store", "exchange", "write"]), VARIABLE, VALUE),
    st.tuples(st.just("swap"), VARIABLE, VALUE, VALUE),
)


def blocks(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Code that contains code."""
    body = st.lists(inner, min_size=0, max_size=1).map(tuple)
    return st.one_of(
        st.tuples(st.sampled_from(["locked", "tried", "reading", "writing"]), VARIABLE, body),
        st.tuples(st.just("if"), VARIABLE, body, body),
    )


BLOCK = st.one_of(ACCESS, ACCESS, blocks(st.one_of(ACCESS, blocks(ACCESS))))
ASIDE = st.one_of(
    st.tuples(st.sampled_from(["peek", "others"]), VARIABLE),
    st.tuples(st.just("mark"), VARIABLE, VALUE),
    ACCESS,
)
"""What is no access: ghosts, which grow, and the number of threads inside."""

CRASH = st.tuples(st.just("raise"), VARIABLE, VALUE)
WAITS = st.one_of(
    st.tuples(st.sampled_from(["wait", "acquire"]), VARIABLE, st.sampled_from([None, 5])),
    st.tuples(st.sampled_from(["set", "clear", "release", "sleep", "now"]), VARIABLE),
    ACCESS,
)


@st.composite
def programs(
    draw: st.DrawFn, parts: st.SearchStrategy[Any] = BLOCK, sizes: tuple[int, ...] = (3, 2)
) -> tuple[type[Program], Workload]:
    """Threads with up to so many operations' worth of code each."""
    codes = [tuple(draw(st.lists(parts, min_size=1, max_size=size))) for size in sizes]
    cls = type("Drawn", (Program,), {"codes": tuple(codes)})
    ops = [f"T{i} act which={i}" for i in range(len(codes))]
    return cls, workload(cls, *ops, threads=len(codes))


def result(engine: Any) -> Any:
    """What can be seen of a run at its end."""
    return engine.result()


# ------------------------------------------------------------------------ queues


class Tiny(Engine):
    """A queue with as few steps as can be, wrong in ways that ``plan`` says."""

    topology = {"threads": Int(1, 4), "size": Int(1, 2)}  # noqa: RUF012
    plan: SimpleNamespace

    def setup(self, topology: Topology) -> None:
        self.size = topology.size
        self.served = Atomic("served", 0)
        self.lock = SpinLock("lock")
        self.line: list[Request] = []
        self.resource("slot", capacity=topology.size)
        if self.plan.publish:
            self.publish_in_service(self.served)

    def arrive(self, request: Request) -> Outcome:
        if self.plan.atomic:
            if self.served.fetch_add(1) < self.size:
                return ADMITTED
            self.bump(-1)
        elif self.served.load() < self.size:
            self.bump(1)
            return ADMITTED
        self.lock.lock()
        self.line.append(request)
        self.lock.unlock()
        if self.plan.recheck:
            self.serve()
        return QUEUED

    def finish(self, request: Request) -> None:
        self.bump(-1)
        self.serve()

    def bump(self, by: int) -> None:
        self.served.fetch_add(by)

    def serve(self) -> None:
        if self.plan.trylock:
            if not self.lock.trylock():
                return
        else:
            self.lock.lock()
        if self.line and self.served.load() < self.size:
            first = self.line.pop(0)
            self.bump(1)
            self.dispatch(first)
            if self.plan.wakes:
                self.wake(first)
        self.lock.unlock()

    @operation(value=Int(1, 2))
    def resize(self, value: int) -> None:
        self.size = value
        self.set_capacity(0, value)

    def result(self) -> Any:
        """What can be seen of the run at its end."""
        return self.served.value, tuple(r.name for r in self.line)


class TinyWithTasks(Tiny):
    """Woken requests run a task."""

    def resume(self, request: Request) -> Outcome | None:
        if self.plan.looks:
            self.served.load()
        return None


@st.composite
def queues(draw: st.DrawFn, *ops: str, fifo: bool = False) -> tuple[type[Tiny], Workload]:
    """A queue and a workload for it."""
    names = ("publish", "atomic", "recheck", "trylock", "wakes", "looks")
    plan = SimpleNamespace(**{name: draw(st.booleans()) for name in names})
    base = TinyWithTasks if draw(st.booleans()) else Tiny
    cls = type("Drawn", (base,), {"plan": plan, "fifo": fifo})
    return cls, workload(cls, *ops, threads=2, size=1)
