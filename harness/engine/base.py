"""The base class of queue engines."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Mapping, Sequence
from types import FunctionType
from typing import Any, ClassVar, Protocol

from harness.engine.operation import INVARIANT, PARAMS, WEIGHT, declared
from harness.engine.request import Request
from harness.model.outcome import Outcome
from harness.model.params import Index, Int, OwnRequest, Param
from harness.model.spec import EngineSpec, OperationSpec
from harness.model.workload import Topology
from harness.runtime.errors import MisuseError

ARRIVE_WEIGHT = 6


class Host(Protocol):
    """What an engine calls out to; the ledger implements it."""

    def add_resource(self, name: str, capacity: int | None) -> int:
        """See ``Engine.resource``."""

    def add_queue(self, name: str, served_by: Sequence[int]) -> int:
        """See ``Engine.queue``."""

    def add_counter(self, counter: Any, table: str, indexes: Sequence[int] | None) -> None:
        """See ``Engine.publish_in_service`` and ``Engine.publish_queued``."""

    def set_capacity(self, resource: int, capacity: int | None) -> None:
        """See ``Engine.set_capacity``."""

    def set_served_by(self, queue: int, resources: Sequence[int]) -> None:
        """See ``Engine.set_served_by``."""

    def dispatch(self, request: Request, resource: int) -> None:
        """See ``Engine.dispatch``."""

    def give_back(self, request: Request) -> None:
        """See ``Engine.give_back``."""

    def wake(self, request: Request) -> None:
        """See ``Engine.wake``."""

    def fail(self, where: str, message: str) -> None:
        """See ``Engine.fail``."""

    def now(self) -> int:
        """See ``Engine.now``."""

    def current_thread(self) -> int:
        """See ``Engine.current_thread``."""

    def others_inside(self) -> int:
        """See ``Engine.others_inside``."""


_DATA = (int, float, str, list, dict, set, deque, bytearray)


class Engine:
    """A queue engine under test.

    Subclasses implement ``setup``, ``arrive`` and ``finish``, and, if clients can leave,
    ``abort``. All shared state is made of primitives from ``harness.sync``, created in
    ``setup``; plain Python objects are fine where a lock protects them. A fresh instance is
    made for every run.

    Class attributes:
        topology: field name → what the decoder may draw. ``threads`` (2 to 3 unless given)
            is the number of virtual threads. Saved cases that do not mention a field take its
            lowest value: when you add one, let its lowest value mean "as before".
        fifo: whether each queue promises first in, first out.
        blocking: whether ``arrive`` may block its thread in a wait. Such a thread has one
            request at a time, as a thread that calls ``pool.get()`` has: its next arrival
            begins when that has gone. Its other operations do not wait.
    """

    topology: ClassVar[Mapping[str, Param]] = {}
    fifo: ClassVar[bool] = False
    blocking: ClassVar[bool] = False
    host: Host

    # ------------------------------------------------ what an engine implements

    def setup(self, topology: Topology) -> None:
        """Create the shared state and declare resources, queues and published counters."""
        raise NotImplementedError(f"{type(self).__name__} must implement setup")

    def arrive(self, request: Request, *args: Any, **kwargs: Any) -> Outcome:
        """A request arrives on the calling virtual thread.

        May block (in a wait) until it is admitted, which is to be queued. In which of several
        queues nobody says, so it is stranded only where all that they are served by is free.

        Where another thread has dispatched the request and woken its task in the meantime,
        ``QUEUED`` is right: ``ADMITTED`` would say that it has taken a slot of its own as well.

        Returns:
            ``ADMITTED`` / ``admitted(resource)``, ``QUEUED`` / ``queued(queue)`` or ``REJECTED``.
        """
        raise NotImplementedError(f"{type(self).__name__} must implement arrive")

    def finish(self, request: Request) -> None:
        """A request in service ends; called on the thread it arrived on."""
        raise NotImplementedError(f"{type(self).__name__} must implement finish")

    def abort(self, request: Request) -> None:
        """The client of a queued or served request leaves. Drawn only where overridden."""
        raise NotImplementedError

    def resume(self, request: Request) -> Outcome | None:
        """The task of a request that was woken runs, on the thread it arrived on.

        Returns:
            What became of it, as for ``arrive``; None for "as dispatched": in service if it
            was dispatched before, still queued otherwise.
        """
        return None

    def contents(self) -> Collection[Request] | None:
        """The requests linked in the engine's queues, for the check of lost requests.

        Called at idle points; accesses are not scheduling points. Not overridden, or None: the
        engine does not tell.
        """
        return None

    def shared_state(self) -> object:
        """The root of the shared state; what it reaches must tell two states apart.

        Data that the engine's classes keep are part of it, those of modules are not.
        """
        mine = {name: value for name, value in vars(self).items() if name != "host"}
        classes = type(self).__mro__
        kept = (vars(cls).items() for cls in classes[: classes.index(Engine)])
        shared = [
            (name, value)
            for items in kept
            for name, value in items
            if not name.startswith("__") and _is_data(value)
        ]
        return mine, shared

    # -------------------------------------------------- what an engine declares

    def resource(self, name: str, capacity: int | None) -> int:
        """Declare something that serves requests, at most ``capacity`` at once.

        Args:
            name: for reports.
            capacity: declared limit; None for no limit.

        Returns:
            Its index, from 0 in the order of declaration.
        """
        return self.host.add_resource(name, capacity)

    def queue(self, name: str, served_by: Sequence[int]) -> int:
        """Declare a queue. Without any declaration there is one, served by all resources.

        Args:
            name: for reports.
            served_by: indexes of the resources that may serve its requests.

        Returns:
            Its index, from 0 in the order of declaration.
        """
        return self.host.add_queue(name, served_by)

    def publish_in_service(self, counter: Any, resource: int | None = None) -> None:
        """Publish a primitive that counts the requests in service, for the accounting check.

        Args:
            counter: an ``Atomic`` or ``Cell`` holding an integer.
            resource: which resource it counts; None for all together.
        """
        self.host.add_counter(counter, "in service", None if resource is None else [resource])

    def publish_queued(self, counter: Any, *queues: int) -> None:
        """Publish a primitive that counts the queued requests, for the accounting check.

        Args:
            counter: an ``Atomic`` or ``Cell`` holding an integer.
            queues: which queues it counts; none for all together.
        """
        self.host.add_counter(counter, "queued", queues or None)

    def set_capacity(self, resource: int, capacity: int | None) -> None:
        """Declare that a resource's limit changes now.

        Declare a limit of 0 for as long as requests are turned away for another reason than that
        all slots are taken: it is closed for maintenance, say. An engine that refuses a request
        although nothing is in service, the limit is above 0 and another one like it was served
        before, is taken to have lost a slot.
        """
        self.host.set_capacity(resource, capacity)

    def set_served_by(self, queue: int, resources: Sequence[int]) -> None:
        """Declare which resources may serve a queue from now on.

        A queue that nothing serves any more, because its resource was shut down, say, strands
        nobody; one whose requests another resource ought to take over can.
        """
        self.host.set_served_by(queue, resources)

    # ------------------------------------------------------ what an engine does

    def dispatch(self, request: Request, resource: int = 0) -> None:
        """Take a request out of its queue and give it a slot. Does not wake its task.

        Raises:
            MisuseError: there is no such resource.
        """
        try:
            self.host.dispatch(request, resource)
        except IndexError:
            raise MisuseError(
                f"dispatch to resource {resource}, and so many were not declared; they are "
                "numbered from 0 in the order of Engine.resource"
            ) from None

    def give_back(self, request: Request) -> None:
        """A dispatched request gives its slot back before it was served.

        Call it from ``resume``, or from wherever a request is taken apart, just before the slot can
        go to somebody else: when the connection that the request was dispatched for fails, say, or
        its time is over. Without effect on a request that has no slot.
        """
        self.host.give_back(request)

    def wake(self, request: Request) -> None:
        """Wake a request's task: ``resume`` will run on its own thread. A scheduling point.

        A task that was woken already and has not run yet is woken once.
        """
        self.host.wake(request)

    def fail(self, where: str, message: str) -> None:
        """Note that something is wrong and go on: an assertion that does not end the run.

        Args:
            where: names what is wrong; noted once a run, and part of the finding's cause.
            message: one sentence for people.
        """
        self.host.fail(where, message)

    @property
    def now(self) -> int:
        """Virtual time in milliseconds."""
        return self.host.now()

    @property
    def current_thread(self) -> int:
        """Index of the virtual thread that executes."""
        return self.host.current_thread()

    @property
    def others_inside(self) -> int:
        """How many other threads are inside an operation: 0 in a stop-the-world section."""
        return self.host.others_inside()

    # --------------------------------------------------------------- reflection

    @classmethod
    def spec(cls, family: str, name: str) -> EngineSpec:
        """What cases for this engine look like, as declared by the class.

        Raises:
            ValueError: a topology field or a parameter is not what it may be, or an operation's
                parameter indexes something that there may be none of.
        """
        topology: dict[str, Param] = {"threads": Int(2, 3), **cls.topology}
        for key, values in topology.items():
            if not (isinstance(key, str) and isinstance(values, Int)):
                raise ValueError(
                    f"the topology of {cls.__name__} has {key!r}: {values!r}; a field is a name "
                    "and an Int, as in {'size': Int(1, 3)}"
                )
            if key == "threads" and values.low < 1:
                raise ValueError(f"{cls.__name__} may have no thread; let threads start at 1")
        params = declared(cls, PARAMS)
        weights = declared(cls, WEIGHT)
        operations = [OperationSpec("arrive", params.get("arrive", {}), ARRIVE_WEIGHT)]
        if cls.abort is not Engine.abort:
            operations.append(OperationSpec("abort", {"request": OwnRequest()}))
        operations += [OperationSpec(op, params[op], weight) for op, weight in weights.items()]
        for operation in operations:
            for param in operation.params.values():
                if not isinstance(param, Int | Index | OwnRequest):
                    raise ValueError(
                        f"{operation.name} of {name} takes {param!r}; a parameter is an Int or an "
                        "Index, as in @operation(value=Int(1, 3))"
                    )
                field = topology.get(param.of) if isinstance(param, Index) else Int(1, 1)
                if not isinstance(field, Int) or field.low < (0 if _optional(param) else 1):
                    raise ValueError(
                        f"{operation.name} of {name} takes an index below a topology field that "
                        "does not exist or may be 0; let the field start at 1"
                    )
        return EngineSpec(family, name, topology, tuple(operations), cls.blocking)

    @classmethod
    def invariants(cls) -> list[Callable[[Any], None]]:
        """The methods that assert something at every idle point."""
        return [getattr(cls, name) for name in declared(cls, INVARIANT)]


def _optional(param: Param) -> bool:
    return isinstance(param, Index) and param.optional


def _is_data(value: object) -> bool:
    """Whether it is data of a class, rather than one of its methods or what describes it."""
    if isinstance(value, FunctionType):
        return False  # nearly all of them are, and to look for what is missing takes long
    return isinstance(value, _DATA) or hasattr(value, "__next__")
