"""Which workloads are there up to a bound?

All of them, but for what is interchangeable: which thread does what does not matter, so of the
workloads that differ only in the numbers of their threads one is enough; requests are named in
the order in which they appear. An engine that asks for the number of a thread breaks this
symmetry: then ``renumbered`` gives the others.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import permutations, product

from harness.model.params import OwnRequest
from harness.model.spec import EngineSpec, OperationSpec
from harness.model.workload import Op, Topology, Workload

Sequence_ = tuple[tuple[str, tuple[int, ...]], ...]
"""What one thread does: names of operations with their arguments."""


class BoundError(ValueError):
    """The engine has nothing within the bound; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Bound:
    """How much is explored.

    Attributes:
        threads: virtual threads, exactly.
        requests: requests that arrive, at most.
        operations: operations besides arrivals, at most.
        names: which operations; empty for arrivals only.
        topology: values of topology fields; None for all values. Those that are not in it take
            their lowest, as in case files.
        preemptions: at most so many in a run; None for any number.
    """

    threads: int
    requests: int
    operations: int = 0
    names: tuple[str, ...] = ()
    topology: Mapping[str, int | None] = field(default_factory=dict)
    preemptions: int | None = None


def workloads(spec: EngineSpec, bound: Bound) -> list[Workload]:
    """All workloads within ``bound``, the small ones first.

    Raises:
        BoundError: the engine does not know a field, a value or an operation.
    """
    _check(spec, bound)
    found: list[Workload] = []
    for topology in _topologies(spec, bound):
        each = list(_sequences(spec, topology, bound))
        for together in _multisets(each, bound.threads, bound):
            found.append(_workload(topology, together))
    return sorted(found, key=lambda w: (w.requests, len(w.ops)))


def left_out(spec: EngineSpec, bound: Bound) -> list[str]:
    """What of the engine no workload within ``bound`` reaches, in words."""
    fields = [f for f in spec.topology if f != "threads" and f not in bound.topology]
    others = [o.name for o in spec.operations if o.name not in ("arrive", *bound.names)]
    words: list[str] = []
    if fields:
        words.append(f"topology fields at their lowest value only: {', '.join(fields)}")
    if others:
        words.append(f"operations that no workload has: {', '.join(others)}")
    return words


def renumbered(workload: Workload) -> list[Workload]:
    """The workloads that differ from ``workload`` only in the numbers of the threads."""
    threads = workload.topology.threads
    own: list[Sequence_] = [
        tuple((op.name, op.args) for op in workload.ops if op.thread == t) for t in range(threads)
    ]
    orders = {*permutations(own)} - {tuple(own)}
    return [_workload(workload.topology, order) for order in sorted(orders)]


def _check(spec: EngineSpec, bound: Bound) -> None:
    for name in bound.names:
        if name == "arrive" or spec.operation(name) is None:
            known = [op.name for op in spec.operations if op.name != "arrive"]
            raise BoundError(
                f"{spec.name} has no operation {name!r} besides arrivals; "
                f"it has {', '.join(known) or 'none'}"
            )
    for field_name in bound.topology:
        if field_name not in spec.topology or field_name == "threads":
            known = [f for f in spec.topology if f != "threads"]
            raise BoundError(
                f"{field_name!r} is no topology field of {spec.name} that can be set; "
                f"it has {', '.join(known) or 'none'}"
            )


def _topologies(spec: EngineSpec, bound: Bound) -> Iterator[Topology]:
    wanted: dict[str, int | None] = {**bound.topology, "threads": bound.threads}

    def extend(values: dict[str, int], rest: Sequence[str]) -> Iterator[Topology]:
        if not rest:
            yield Topology(values)
            return
        name = rest[0]
        param = spec.topology[name]
        assert not isinstance(param, OwnRequest)
        low, count = param.bounds(values)
        allowed = range(low, low + count)
        value = wanted.get(name, low)
        if value is not None and value not in allowed:
            raise BoundError(
                f"{spec.name} allows {name} from {low} to {low + count - 1}, not {value}"
            )
        for one in allowed if value is None else [value]:
            yield from extend({**values, name: one}, rest[1:])

    yield from extend({}, list(spec.topology))


def _sequences(spec: EngineSpec, topology: Topology, bound: Bound) -> Iterator[Sequence_]:
    """All that one thread can do within the bound, nothing at all included."""
    operations = [spec.operation(name) for name in ("arrive", *bound.names)]

    def extend(done: Sequence_, arrived: int, others: int) -> Iterator[Sequence_]:
        yield done
        for operation in operations:
            assert operation is not None
            arrives = operation.name == "arrive"
            if arrived == bound.requests if arrives else others == bound.operations:
                continue
            for args in _arguments(operation, topology, arrived):
                longer = (*done, (operation.name, args))
                yield from extend(longer, arrived + arrives, others + (not arrives))

    yield from extend((), 0, 0)


def _arguments(
    operation: OperationSpec, topology: Topology, arrived: int
) -> Iterator[tuple[int, ...]]:
    ranges: list[range] = []
    for param in operation.params.values():
        if isinstance(param, OwnRequest):
            ranges.append(range(arrived))
        else:
            low, count = param.bounds(topology)
            ranges.append(range(low, low + count))
    yield from product(*ranges)


def _multisets(
    each: Sequence[Sequence_], threads: int, bound: Bound
) -> Iterator[tuple[Sequence_, ...]]:
    arrivals = [sum(name == "arrive" for name, _ in sequence) for sequence in each]

    def extend(start: int, left: int, requests: int, others: int) -> Iterator[list[int]]:
        if not left:
            yield []
            return
        for i in range(start, len(each)):
            more, rest = arrivals[i], len(each[i]) - arrivals[i]
            if more <= requests and rest <= others:
                for tail in extend(i, left - 1, requests - more, others - rest):
                    yield [i, *tail]

    for chosen in extend(0, threads, bound.requests, bound.operations):
        if any(arrivals[i] for i in chosen):
            # Who does most comes first: it reads better.
            yield tuple(sorted((each[i] for i in chosen), key=len, reverse=True))


def _workload(topology: Topology, threads: Sequence[Sequence_]) -> Workload:
    ops = [Op(t, name, args) for t, own in enumerate(threads) for name, args in own]
    return Workload(topology, tuple(ops))
