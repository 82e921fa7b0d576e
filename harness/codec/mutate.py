"""Random inputs, and changes of an input that know what its bytes mean.

A change takes the input apart into topology, operations and deviations, changes some of them
and puts it together again. Changing a switch keeps the places of the others: gaps are relative,
so what is added to one gap is taken from the next.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from random import Random

from mypy_extensions import mypyc_attr

from harness.codec.chance import below, one_of
from harness.codec.codec import MAX_OPS, PLAIN, Codec, fold, spelled, tail_seed
from harness.codec.tail import filler
from harness.model.workload import Workload

MAX_DEVIATIONS = 200

FEWEST = 8
"""Operations in a random workload, at least.

From 4 to 12 of them or from 8 to 16 a bug takes random search the same time, but a third fewer
schedules; and each run has its price that does not depend on them, most of all a guided one.
"""

TAILS = 2
"""Random walks through a random workload.

A first walk costs more than another one, for the setting up. But few workloads can show a bug at
all, so more walks through each cost more time than they save (docs/bench.md).
"""


MOST_RECALLED = 5
"""Known workloads in a new one, at most.

Some bugs show soonest where most operations are known ones, others where few are (docs/bench.md).
"""


def tail_bytes(random: Random) -> bytes:
    """Four bytes that end an input and so seed its random tail.

    They are two deviations as well. Their gaps are small, or most runs would be over before
    the tail begins: with gaps up to 255 four of five HAProxy runs were.
    """
    gap, choice, other_gap, other_choice = random.randbytes(4)
    return bytes((gap & 15, choice, other_gap & 15, other_choice))


class Parts:
    """An input taken apart.

    Attributes:
        tail: the tail byte.
        topology: one byte a field.
        ops: one record an operation; none where there is but one workload.
        deviations: gap and choice, in order; a gap may be of any length.
    """

    __slots__ = ("deviations", "ops", "tail", "topology")

    def __init__(
        self,
        tail: int,
        topology: bytearray,
        ops: list[bytes],
        deviations: list[tuple[int, int]],
    ) -> None:
        self.tail = tail
        self.topology = topology
        self.ops = ops
        self.deviations = deviations


@mypyc_attr(allow_interpreted_subclasses=True)
class Mutator:
    """Draws, breeds and reschedules inputs of one engine.

    Args:
        codec: knows the layout.
        known: inputs with the least workloads that have shown something. Each new workload has
            the operations of one to ``MOST_RECALLED`` of them among its own.
        tails: the tail bytes that random walks have.

    Attributes:
        codec: as given.
    """

    def __init__(
        self, codec: Codec, known: Sequence[bytes] = (), tails: Sequence[int] = PLAIN
    ) -> None:
        self.codec = codec
        self._tails = tails
        self._fixed = codec.spec.program is not None
        self._known = [] if self._fixed else [self._parse_workload(data)[0] for data in known]
        self._schedule = (
            self._insert_switch,
            self._insert_switch,
            self._drop_switch,
            self._move_switch,
            self._move_switch,
            self._retarget_switch,
            self._cut,
            self._retail,
        )
        self._breeding: tuple[Callable[[Parts, Sequence[int], Random], None], ...] = (
            self._take_op,
            self._take_op,
            self._take_op_for_another,
            self._take_op_for_another,
            lambda child, kinds, random: self._swap_ops(child, random),
            lambda child, kinds, random: self._change_topology(child, random),
        )

    def fresh(self, random: Random) -> bytes:
        """A random input: a random workload under a random walk."""
        codec = self.codec
        rate = one_of(random, self._tails)
        if self._fixed:
            return bytes([rate]) + tail_bytes(random)
        n = FEWEST + below(random, MAX_OPS + 1 - FEWEST)
        header = bytes([rate]) + random.randbytes(codec.header - 2) + bytes([n - 1])
        records = bytearray(random.randbytes(n * codec.record))
        kinds = codec.swarm(random)
        records[1 :: codec.record] = bytes([one_of(random, kinds) for _ in range(n)])
        data = header + records + tail_bytes(random)
        return self._recalling(data, random) if self._known else data

    def another_walk(self, data: bytes, random: Random) -> bytes:
        """``data``, which ends in a random tail, with another one."""
        return data[:-4] + tail_bytes(random)

    def walks(self, random: Random) -> Iterator[bytes]:
        """Random inputs without end: each random workload under some random walks."""
        while True:
            base = self.fresh(random)
            yield base
            for _ in range(TAILS - 1):
                yield self.another_walk(base, random)

    def workloads(self, random: Random) -> Iterator[Workload]:
        """Random workloads without end."""
        while True:
            yield self.codec.decode(self.fresh(random))[0]

    def reschedule(self, data: bytes, random: Random) -> bytes:
        """``data`` with only its schedule changed."""
        parts = self.parse(data)
        for _ in range(one_of(random, (1, 1, 2, 4))):
            one_of(random, self._schedule)(parts, random)
        return self.unparse(parts)

    def breed(self, data: bytes, random: Random) -> bytes:
        """A child of ``data``: its workload with parts of a new one, under a random walk."""
        child, _ = self._parse_workload(data)
        kinds = self.codec.swarm(random)
        for _ in range(one_of(random, (1, 2, 4))):
            one_of(random, self._breeding)(child, kinds, random)
        self._retail(child, random)
        return self.unparse(child)

    def _recalling(self, data: bytes, random: Random) -> bytes:
        """``data`` with the operations of some known workloads among its own.

        What is known was minimised: a field that has not the least value has the one it needs,
        and all others are as good.
        """
        child = self.parse(data)
        ops: list[bytes] = []
        for known in self._some_known(random):
            for at in range(len(known.topology)):  # mypyc can not enumerate a bytearray
                if known.topology[at]:
                    child.topology[at] = known.topology[at]
            ops = _merged(known.ops, ops, random)[:MAX_OPS]
        child.ops = _merged(ops, child.ops[: MAX_OPS - len(ops)], random)
        return self.unparse(child)

    def _some_known(self, random: Random) -> list[Parts]:
        left = self._known[:]
        n = 1 + below(random, min(MOST_RECALLED, len(left)))
        return [left.pop(below(random, len(left))) for _ in range(n)]

    # -------------------------------------------------------------- apart, together

    def parse(self, data: bytes) -> Parts:
        """Take an input apart, filling in what is missing as the decoder would."""
        parts, rest = self._parse_workload(data)
        parts.deviations = _deviations(rest)
        return parts

    def _parse_workload(self, data: bytes) -> tuple[Parts, bytes]:
        """The parts of an input without its deviations, and their bytes."""
        codec = self.codec
        header, record = codec.header, codec.record
        if len(data) < header:
            data += filler(tail_seed(data), header - len(data))
        if self._fixed:
            return Parts(data[0], bytearray(), [], []), data[1:]
        end = header + (data[header - 1] % MAX_OPS + 1) * record
        if len(data) < end:
            data += filler(tail_seed(data), end - len(data))
        ops = [data[at : at + record] for at in range(header, end, record)]
        return Parts(data[0], bytearray(data[1 : header - 1]), ops, []), data[end:]

    def unparse(self, parts: Parts) -> bytes:
        """Put an input together again."""
        out = bytearray([parts.tail])
        if not self._fixed:
            out += parts.topology + bytes([len(parts.ops) - 1])
        for op in parts.ops:
            out += op
        return bytes(out + spelled(parts.deviations[:MAX_DEVIATIONS]))

    # ------------------------------------------------------------------- schedule

    def _insert_switch(self, parts: Parts, random: Random) -> None:
        at = below(random, len(parts.deviations) + 1)
        choice = below(random, 8)
        gap, following = parts.deviations[at] if at < len(parts.deviations) else (0, 0)
        if not gap:  # at the end, or no room between two switches
            parts.deviations.append((one_of(random, (0, 1, 2, 4, 8, 16, 32)), choice))
            return
        before = below(random, gap)
        parts.deviations[at : at + 1] = [(before, choice), (gap - before - 1, following)]

    def _drop_switch(self, parts: Parts, random: Random) -> None:
        if parts.deviations:
            at = below(random, len(parts.deviations))
            gap, _ = parts.deviations.pop(at)
            if at < len(parts.deviations):
                following, choice = parts.deviations[at]
                parts.deviations[at] = (gap + 1 + following, choice)

    def _move_switch(self, parts: Parts, random: Random) -> None:
        if not parts.deviations:
            return
        at = below(random, len(parts.deviations))
        gap, choice = parts.deviations[at]
        moved = max(0, gap + one_of(random, (-8, -4, -2, -1, 1, 2, 4, 8)))
        if at + 1 < len(parts.deviations):
            following, other = parts.deviations[at + 1]
            moved = min(moved, gap + following)
            parts.deviations[at + 1] = (following + gap - moved, other)
        parts.deviations[at] = (moved, choice)

    def _retarget_switch(self, parts: Parts, random: Random) -> None:
        if parts.deviations:
            at = below(random, len(parts.deviations))
            parts.deviations[at] = (parts.deviations[at][0], below(random, 256))

    def _cut(self, parts: Parts, random: Random) -> None:
        # Keep a prefix and let a random walk go on from there.
        del parts.deviations[below(random, len(parts.deviations) + 1) :]
        self._retail(parts, random)

    def _retail(self, parts: Parts, random: Random) -> None:
        parts.tail = one_of(random, self._tails)
        seed = tail_bytes(random)
        parts.deviations += zip(seed[::2], seed[1::2], strict=True)

    # ------------------------------------------------------------------- workload

    def _swap_ops(self, parts: Parts, random: Random) -> None:
        i, j = below(random, len(parts.ops)), below(random, len(parts.ops))
        parts.ops[i], parts.ops[j] = parts.ops[j], parts.ops[i]

    def _change_topology(self, parts: Parts, random: Random) -> None:
        if parts.topology:
            parts.topology[below(random, len(parts.topology))] = below(random, 256)

    def _new_op(self, kinds: Sequence[int], random: Random) -> bytes:
        record = random.randbytes(self.codec.record)
        return record[:1] + bytes([one_of(random, kinds)]) + record[2:]

    def _take_op(self, child: Parts, kinds: Sequence[int], random: Random) -> None:
        if len(child.ops) < MAX_OPS:
            at = below(random, len(child.ops) + 1)
            child.ops.insert(at, self._new_op(kinds, random))

    def _take_op_for_another(self, child: Parts, kinds: Sequence[int], random: Random) -> None:
        child.ops[below(random, len(child.ops))] = self._new_op(kinds, random)


def _merged(some: list[bytes], others: list[bytes], random: Random) -> list[bytes]:
    """The operations of both, each in their order, those of ``some`` at random places."""
    places = sorted([below(random, len(others) + 1) for _ in some], reverse=True)
    merged = others[:]
    for place, op in zip(places, reversed(some), strict=True):
        merged.insert(place, op)
    return merged


def _deviations(data: bytes) -> list[tuple[int, int]]:
    return list(zip(*fold(data[: len(data) - 1 : 2], data[1::2]), strict=True))
