"""What does the same scenario cost in other tools for Python threads?

``python -m benchmarks.rivals TOOL RUNS`` prints the CPU time of a run in µs, the first runs
left out. Each tool gets the engine as its users would write it, with ``threading.Lock`` and
plain attributes. Both switch between bytecode instructions; as we switch only before accesses
to shared state, interleave-test is also measured with points there and nowhere else.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable
from typing import Any, ClassVar

from benchmarks.small_queue import EACH, THREADS


class Queue:
    """``SmallQueue`` on the standard library.

    The thread that hands the slot on also finishes the request that gets it. So no thread ever
    waits for another one's, which would cost these tools half as much again.
    """

    expected: ClassVar = [EACH] * THREADS

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.length = 0
        self.busy = False
        self.line: list[int] = []
        self.finished = [0] * len(self.expected)

    def arrive(self, thread: int) -> bool:
        """Take the slot or join the line."""
        with self.lock:
            if self.busy:
                self.line.append(thread)
                self.length = len(self.line)
                return False
            self.busy = True
            return True

    def finish(self) -> int | None:
        """Hand the slot to the next in line."""
        with self.lock:
            if self.length:
                following = self.line.pop(0)
                self.length = len(self.line)
                return following
            self.busy = False
            return None

    def work(self, thread: int, each: int = EACH) -> None:
        """One thread: its requests arrive; whoever has the slot is finished."""
        for _ in range(each):
            served = thread if self.arrive(thread) else None
            while served is not None:
                self.finished[served] += 1
                served = self.finish()

    def complete(self) -> bool:
        """Whether every request has finished."""
        return self.finished == self.expected


class AtAccesses(Queue):
    """``Queue`` for a tool that looks at no instructions: a point before each access.

    ``time.sleep`` is interleave-test's pure scheduling point; its locks have their own.
    """

    def arrive(self, thread: int) -> bool:
        """Take the slot or join the line."""
        with self.lock:
            if self.busy:
                self.line.append(thread)
                time.sleep(0)
                self.length = len(self.line)
                return False
            self.busy = True
            return True

    def finish(self) -> int | None:
        """Hand the slot to the next in line."""
        with self.lock:
            time.sleep(0)
            if self.length:
                following = self.line.pop(0)
                time.sleep(0)
                self.length = len(self.line)
                time.sleep(0)  # our wake-up is a point as well
                return following
            self.busy = False
            return None


def frontrun(strategy: str) -> Callable[[int], None]:
    """The frontrun tool: random opcode schedules or DPOR, without I/O detection, so faster."""
    import frontrun
    from frontrun._cooperative import patch_locks

    patch_locks()  # what its command line does
    workers = [lambda queue, t=t: queue.work(t) for t in range(THREADS)]

    def run(runs: int) -> None:
        options: dict[str, Any] = (
            {"max_attempts": runs, "seed": 1}
            if strategy == "random"
            else {"max_executions": runs, "stop_on_first": False}
        )
        result = frontrun.explore(
            Queue, workers, Queue.complete, strategy=strategy, detect_io=False, **options
        )
        if result.num_explored != runs or result.property_holds is False:
            raise SystemExit(f"frontrun ran {result.num_explored} of {runs}: {result.explanation}")

    return run


def interleave_test(strategy: str, *, at_accesses: bool = False) -> Callable[[int], None]:
    """The interleave-test tool, with points at instructions or only at accesses."""
    import interleave_test as it

    engine = AtAccesses if at_accesses else Queue

    def model() -> None:
        queue = engine()
        for task in [it.spawn(queue.work, t) for t in range(THREADS)]:
            task.join()
        assert queue.complete()

    def run(runs: int) -> None:
        include = ["/nowhere"] if at_accesses else None
        it.explore(model, iterations=runs, seed=1, strategy=strategy, include=include)

    return run


TOOLS: dict[str, Callable[[], Callable[[int], None]]] = {
    "frontrun random": lambda: frontrun("random"),
    "frontrun DPOR": lambda: frontrun("dpor"),
    "interleave-test random": lambda: interleave_test("random"),
    "interleave-test PCT": lambda: interleave_test("pct"),
    "interleave-test random, at accesses": lambda: interleave_test("random", at_accesses=True),
}


def main() -> None:
    """Measure one tool."""
    run = TOOLS[sys.argv[1]]()
    runs = int(sys.argv[2])
    run(2)
    start = time.process_time()
    run(runs)
    print((time.process_time() - start) / runs * 1e6)


if __name__ == "__main__":
    main()
