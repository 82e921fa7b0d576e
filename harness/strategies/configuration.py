"""Where a run stands: what each thread has read so far, and which write each object holds.

What can come after a point depends on that alone: threads that have read the same from the same
writes are where they were, in whichever order they came there. It is coarser than the
happens-before relation whose states CHESS remembers (Musuvathi, Qadeer, "Iterative context bounding
for systematic testing of multithreaded programs", PLDI 2007), because writes that nobody reads have
no order. Whole runs that agree in it are equivalent as in Abdulla, Atig, Jonsson, Lång, Ngo,
Sagonas, "Optimal stateless model checking for reads-from equivalence under sequential consistency",
OOPSLA 2019.

All of it is hashes. What no access shows, such as an order that only an oracle sees, is not in it.
"""

from __future__ import annotations

from harness.strategies.option import Option


class Configuration:
    """A point of a run.

    Attributes:
        number: a hash of all of it.
        threads: by thread, a hash of what it has done and read; the thread itself before that.
        objects: by object that was written, a hash of the last write.
    """

    def __init__(self) -> None:
        self.number = 0
        self.threads: dict[int, int] = {}
        self.objects: dict[str, int] = {}

    def history(self, thread: int) -> int:
        """A hash of what a thread has done and read."""
        return self.threads.get(thread, thread)

    def has_begun(self, thread: int) -> bool:
        """Whether a thread has done anything."""
        return self.history(thread) != thread

    def held(self, obj: str) -> int:
        """A hash of the last write to an object."""
        return self.objects.get(obj, 0)

    def after(self, option: Option) -> int:
        """The number that ``execute`` would lead to."""
        before, held = self.history(option.thread), self.held(option.obj)
        done = _done(option, before, held)
        number = self.number ^ before ^ done
        return number ^ held ^ _write(option, done) if option.writes else number

    def execute(self, option: Option) -> None:
        """``option`` happens."""
        thread, obj = option.thread, option.obj
        before, held = self.history(thread), self.held(obj)
        done = _done(option, before, held)
        self.number ^= before ^ done
        self.threads[thread] = done
        if option.writes:
            write = _write(option, done)
            self.number ^= held ^ write
            self.objects[obj] = write


def _done(option: Option, before: int, held: int) -> int:
    return hash((before, option.does, held if option.reads else 0))


def _write(option: Option, done: int) -> int:
    return hash((option.obj, done))
