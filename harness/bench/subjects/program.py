"""Plain programs under the runtime: threads that run one function each, no queue, no requests.

There is nothing to decode but the schedule, as in the published studies of schedulers. All
threads are there from the start: the runtime has no thread creation, so where a published
program's ``main`` creates, joins and then checks, the check is a thread of its own here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from harness import Engine, Int, Topology
from harness.model.finding import Kind
from harness.model.spec import EngineSpec, OperationSpec
from harness.model.workload import Op, Workload
from harness.runtime.active import active


class Program(Engine):
    """A program with one known bug.

    Subclasses create the shared variables in ``start`` and define the methods that ``bodies``
    names. A failed ``assert`` is a finding ``exception``. Every shared variable is a primitive,
    those that a lock protects too: the published tools instrument all accesses.

    Class attributes:
        bodies: for each thread the method that it runs.
        bug: the kind of finding that its bug shows as.
    """

    bodies: ClassVar[Sequence[str]] = ()
    bug: ClassVar[Kind] = Kind.EXCEPTION

    def setup(self, topology: Topology) -> None:
        """See ``Engine.setup``; an engine must have a resource, and nobody asks for this one."""
        self.resource("nothing", capacity=None)
        self.start()

    def start(self) -> None:
        """Create the shared variables."""
        raise NotImplementedError(f"{type(self).__name__} must implement start")

    @property
    def me(self) -> int:
        """Index of the thread that asks."""
        return active.scheduler.current.index

    @classmethod
    def spec(cls, family: str, name: str) -> EngineSpec:
        """See ``Engine.spec``: the one workload is every thread running its body."""
        threads = len(cls.bodies)
        ops = tuple(Op(thread, body) for thread, body in enumerate(cls.bodies))
        return EngineSpec(
            family,
            name,
            topology={"threads": Int(threads, threads)},
            operations=tuple(OperationSpec(body, {}) for body in dict.fromkeys(cls.bodies)),
            program=Workload(Topology({"threads": threads}), ops),
        )


def sized(program: type[Program], name: str, bodies: Sequence[str]) -> type[Program]:
    """``program`` with as many threads as ``bodies`` has entries."""
    return type(name, (program,), {"bodies": tuple(bodies), "__doc__": program.__doc__})
