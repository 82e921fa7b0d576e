"""One byte string is topology, request sequence and schedule.

Layout, for an engine with F topology fields and at most P parameters an operation::

    1          tail: 0 none, otherwise 1 + index of its mean gap (modulo); the latter half of these
               are of tails that are thinned out
    F          topology fields, each modulo its number of values
    1          number of operations - 1, modulo MAX_OPS
    n * (2+P)  operations: thread, which operation (by weight), parameters; each modulo
    rest       deviations: pairs of gap and choice; gap 255 means "255 more, no deviation"

An engine that has only one workload needs no bytes for it: the deviations follow the tail byte.

Total: every byte string is a case, missing bytes are filled in from its last ones. Local:
fields have fixed places, so a changed byte changes one thing. Invertible: ``encode`` gives
bytes that decode to the same case. A random tail is seeded by the last four bytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from random import Random
from typing import Final

from harness.codec.chance import below
from harness.codec.tail import DENSE_GAPS, MEAN_GAPS, filler, tail
from harness.model.params import OwnRequest
from harness.model.schedule import Schedule, Thinning
from harness.model.spec import EngineSpec
from harness.model.workload import Op, Topology, Workload

VERSION = 4
"""Of the layout. Raise it whenever old bytes would decode to another case."""

PLAIN: Final = tuple(range(1, len(MEAN_GAPS) + 1))
"""Tail bytes of random walks."""

DENSE: Final = tuple(range(len(MEAN_GAPS) + 1, len(MEAN_GAPS) + len(DENSE_GAPS) + 1))
"""Tail bytes of those that are thinned out."""

MAX_OPS: Final = 16
"""Operations in a workload."""

MOST_KINDS: Final = 6
"""Kinds of operation in a random workload, beside ``arrive``."""

_CACHE: Final = 64


class CodecError(ValueError):
    """A case can not be written as bytes; the message says why."""


class Codec:
    """Translates between byte strings and cases of one engine.

    Args:
        spec: what the engine declares.

    Attributes:
        header: length of tail, topology and operation count in bytes.
        record: length of one operation in bytes; 0 where there is but one workload.
        thinning: thins out the dense tails of what is decoded; None leaves them dense.
    """

    def __init__(self, spec: EngineSpec) -> None:
        self.spec = spec
        self.thinning: Thinning | None = None
        if spec.program is None:
            self.header = 2 + len(spec.topology)
            self.record = 2 + max(len(op.params) for op in spec.operations)
        else:
            self.header, self.record = 1, 0
        self._drawn = [op for op in spec.operations for _ in range(op.weight)]
        self._choosers = [
            [byte for byte, drawn in enumerate(self._drawn) if drawn is op]
            for op in spec.operations
        ]
        self._workloads: dict[bytes, Workload] = {}

    def decode(self, data: bytes) -> tuple[Workload, Schedule]:
        """The case that ``data`` stands for. Never fails."""
        header = self.header
        if len(data) < header:
            seed = tail_seed(data)
            data += filler(seed, header - len(data))
        end = header + (data[header - 1] % MAX_OPS + 1) * self.record
        if len(data) < end:
            data += filler(tail_seed(data), end - len(data))
        key = data[1:end]
        workload = self._workloads.get(key)
        if workload is None:
            if len(self._workloads) >= _CACHE:
                self._workloads.clear()
            workload = self._workloads[key] = self._workload(key)
        gaps, choices = data[end : len(data) - 1 : 2], data[end + 1 :: 2]
        more: tuple[bytes, bytes] = (b"", b"")
        thinning: Thinning | None = None
        if data[0]:
            rate = (data[0] - 1) % (len(MEAN_GAPS) + len(DENSE_GAPS))
            more = tail(rate, tail_seed(data))
            if rate >= len(MEAN_GAPS):
                thinning = self.thinning
        if 255 in gaps:
            folded = fold(gaps, choices)
            explicit = len(folded[0])
            gaps_in_all, choices_in_all = [*folded[0], *more[0]], [*folded[1], *more[1]]
            return workload, Schedule(gaps_in_all, choices_in_all, explicit, thinning)
        return workload, Schedule(gaps + more[0], choices + more[1], len(gaps), thinning)

    def swarm(self, random: Random) -> Sequence[int]:
        """Bytes that choose an operation, restricted to ``arrive`` and a few others.

        Leaving most out makes the rest meet more often (Groce, Zhang, Eide, Chen, Regehr,
        "Swarm testing", ISSTA 2012).
        """
        choosers = self._choosers
        if len(choosers) == 1:
            return choosers[0]
        wanted = 1 + below(random, min(len(choosers), MOST_KINDS))
        few: list[int] = []
        while len(few) < wanted:
            drawn = below(random, len(choosers))
            if drawn not in few:
                few.append(drawn)
        if 0 not in few:
            few.append(0)
        few.sort()
        return [byte for drawn in few for byte in choosers[drawn]]

    def encode(self, workload: Workload, schedule: Schedule) -> bytes:
        """Bytes that decode to this case.

        Raises:
            CodecError: the case is not one of this engine's, or has a random tail.
        """
        if schedule.explicit != len(schedule.gaps):
            raise CodecError("a schedule with a random tail can not be encoded; record it first")
        if any(not 0 <= choice < 256 for choice in schedule.choices):
            raise CodecError("a choice must be between 0 and 255")
        deviations = spelled(zip(schedule.gaps, schedule.choices, strict=True))
        return bytes([0]) + self._encode_workload(workload) + bytes(deviations)

    def _encode_workload(self, workload: Workload) -> bytes:
        if self.spec.program is not None:
            if workload != self.spec.program:
                raise CodecError(f"{self.spec.name} has one workload, and this is another")
            return b""
        if not 1 <= len(workload.ops) <= MAX_OPS:
            raise CodecError(f"a workload must have 1 to {MAX_OPS} operations")
        out = bytearray()
        values = dict(workload.topology)
        if list(values) != list(self.spec.topology):
            raise CodecError(f"the topology must have the fields {list(self.spec.topology)}")
        for name, param in self.spec.topology.items():
            if isinstance(param, OwnRequest):
                raise CodecError(f"topology field {name} can not be a request")
            out.append(_place(name, values[name], *param.bounds(values)))
        out.append(len(workload.ops) - 1)
        arrived = [0] * workload.topology.threads
        for op in workload.ops:
            out += self._encode_op(op, values, arrived)
        return bytes(out)

    def _workload(self, key: bytes) -> Workload:
        if self.spec.program is not None:
            return self.spec.program
        fields: dict[str, int] = {}
        for byte, (name, param) in zip(key, self.spec.topology.items(), strict=False):
            assert not isinstance(param, OwnRequest)
            low, count = param.bounds(fields)
            fields[name] = low + byte % count
        ops: list[Op] = []
        arrived = [0] * fields["threads"]
        for at in range(self.header - 1, len(key), self.record):
            op = self._op(key[at : at + self.record], fields, arrived)
            if op is not None:
                ops.append(op)
        if not ops:
            ops.append(self._first_arrival(fields))
        return Workload(Topology(fields), tuple(ops))

    def _op(self, record: bytes, fields: dict[str, int], arrived: list[int]) -> Op | None:
        thread = record[0] % fields["threads"]
        operation = self._drawn[record[1] % len(self._drawn)]
        args: list[int] = []
        for byte, param in zip(record[2:], operation.params.values(), strict=False):
            if isinstance(param, OwnRequest):
                if not arrived[thread]:
                    return None
                args.append(byte % arrived[thread])
            else:
                low, count = param.bounds(fields)
                args.append(low + byte % count)
        if operation.name == "arrive":
            arrived[thread] += 1
        return Op(thread, operation.name, tuple(args))

    def _first_arrival(self, fields: dict[str, int]) -> Op:
        arrive = self.spec.operations[0]
        args = [
            p.bounds(fields)[0] for p in arrive.params.values() if not isinstance(p, OwnRequest)
        ]
        return Op(0, "arrive", tuple(args))

    def _encode_op(self, op: Op, fields: dict[str, int], arrived: list[int]) -> bytes:
        operation = self.spec.operation(op.name)
        if operation is None:
            raise CodecError(f"engine {self.spec.name} has no operation {op.name!r}")
        if len(op.args) != len(operation.params):
            raise CodecError(f"{op.name} takes {len(operation.params)} parameters")
        drawn = next(i for i, o in enumerate(self._drawn) if o.name == op.name)
        out = bytearray([_place("thread", op.thread, 0, fields["threads"]), drawn])
        for value, (name, param) in zip(op.args, operation.params.items(), strict=True):
            if isinstance(param, OwnRequest):
                if not arrived[op.thread]:
                    raise CodecError(f"{op.name} speaks of a request before any arrived")
                out.append(_place(name, value, 0, arrived[op.thread]))
            else:
                out.append(_place(name, value, *param.bounds(fields)))
        if op.name == "arrive":
            arrived[op.thread] += 1
        return bytes(out.ljust(self.record, b"\0"))


def tail_seed(data: bytes) -> int:
    """What seeds an input's random tail, and what fills it in where bytes are missing."""
    return int.from_bytes(data[-4:], "little")


def _place(name: str, value: int, low: int, count: int) -> int:
    if not low <= value < low + count:
        raise CodecError(f"{name} = {value} is not between {low} and {low + count - 1}")
    return value - low


def spelled(deviations: Iterable[tuple[int, int]]) -> bytearray:
    """The bytes of deviations, pairs of gap and choice; the inverse of ``fold``."""
    out = bytearray()
    for gap, choice in deviations:
        while gap >= 255:
            out += b"\xff\0"
            gap -= 255
        out.append(gap)
        out.append(choice)
    return out


def fold(gaps: bytes, choices: bytes) -> tuple[Sequence[int], Sequence[int]]:
    """Fold every gap of 255 into the deviation that follows it."""
    if 255 not in gaps:
        return gaps, choices
    folded: tuple[list[int], list[int]] = ([], [])
    carried = 0
    for gap, choice in zip(gaps, choices, strict=True):
        if gap == 255:
            carried += 255
        else:
            folded[0].append(carried + gap)
            folded[1].append(choice)
            carried = 0
    return folded
