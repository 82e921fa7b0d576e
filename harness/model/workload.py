"""Topology plus the request sequence of every thread."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple


class Topology(Mapping[str, int]):
    """The values of an engine's topology fields, ``threads`` among them.

    Fields read as attributes (``topology.servers``) or as items (``topology["servers"]``).
    Immutable and hashable.
    """

    __slots__ = ("_values",)

    def __init__(self, values: Mapping[str, int]) -> None:
        self._values = dict(values)

    def __getattr__(self, field: str) -> int:
        try:
            return self._values[field]
        except KeyError:
            raise AttributeError(
                f"the topology has no field {field!r}; it has {', '.join(self._values)}"
            ) from None

    def __reduce__(self) -> tuple[type[Topology], tuple[Mapping[str, int]]]:
        # Else the copy is asked for an attribute before it has any field, without end.
        return Topology, (self._values,)

    def __getitem__(self, field: str) -> int:
        return self._values[field]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __hash__(self) -> int:
        return hash(tuple(self._values.items()))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Topology) and self._values == other._values

    def __repr__(self) -> str:
        return f"Topology({self._values})"


class Op(NamedTuple):
    """One entry of a thread's sequence.

    Attributes:
        thread: index of the virtual thread that executes it.
        name: ``arrive``, ``abort`` or an operation the engine declares.
        args: one value per declared parameter, in declaration order. A parameter of type
            ``OwnRequest`` counts the arrivals that precede this entry on the same thread.
    """

    thread: int
    name: str
    args: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Workload:
    """A topology and the operations of all threads; each thread runs its own in this order.

    The n-th ``arrive`` of ``ops`` makes the n-th request; requests are named A, B, C, …
    """

    topology: Topology
    ops: tuple[Op, ...]
    _hash: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_hash", hash((self.topology, self.ops)))

    def __hash__(self) -> int:
        # Computed once: it is asked for in every run.
        return self._hash

    def __reduce__(self) -> tuple[type[Workload], tuple[Topology, tuple[Op, ...]]]:
        # Without the hash, which is another one in every process.
        return Workload, (self.topology, self.ops)

    @property
    def requests(self) -> int:
        """How many requests arrive."""
        return sum(op.name == "arrive" for op in self.ops)


def request_name(index: int) -> str:
    """``A`` to ``Z`` for the first 26 requests, then ``A1``, ``B1`` and so on."""
    letter = chr(ord("A") + index % 26)
    return letter if index < 26 else f"{letter}{index // 26}"
