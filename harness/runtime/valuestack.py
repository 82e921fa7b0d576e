"""What a suspended frame is in the midst of, as far as Python code can see it.

Loop iterators and half-evaluated expressions live on a frame's value stack, which CPython does
not expose. This module computes from the byte code, by abstract interpretation over stack depths,
how much lies there beneath the call in progress, what of it ``with`` blocks have left, and how what
is called was loaded.
"""

from __future__ import annotations

import dis
from collections.abc import Iterator, Mapping
from itertools import pairwise
from types import CodeType, FrameType
from typing import Any, Final

Path = tuple[str, ...]
"""How a value was loaded: a variable, and the attributes looked up one after the other. The
variable is empty where it was some other value."""


class Doing:
    """What a frame is in the midst of at one of its instructions.

    Attributes:
        beneath: how many values lie beneath the call in progress; 1 or more where it is unknown.
        managers: how the managers of those ``with`` blocks were loaded that left one of them.
        callee: how what is called was loaded; empty where it was not simply loaded.
    """

    __slots__ = ("beneath", "callee", "managers")

    def __init__(self, beneath: int, managers: tuple[Path, ...], callee: Path) -> None:
        self.beneath = beneath
        self.managers = managers
        self.callee = callee


UNKNOWN: Final = Doing(1, (), ())

EXIT: Final[Path] = ("", "__exit__")
"""The callee at the end of a ``with`` block."""

_CALLS = ("PRECALL", "CALL", "CALL_KW", "CALL_FUNCTION_EX")
_BY_NAME = ("LOAD_ATTR", "LOAD_METHOD", "LOAD_SUPER_ATTR")
_VARIABLES = ("LOAD_FAST", "LOAD_DEREF", "LOAD_GLOBAL", "LOAD_NAME", "LOAD_CLASSDEREF")

# By identity, which the code object kept beside it secures: to hash one takes all of its code.
_known: dict[int, tuple[CodeType, Mapping[int, Doing]]] = {}
_positions: dict[int, tuple[CodeType, list[int]]] = {}


def instruction(frame: FrameType) -> int:
    """The offset of the instruction that ``frame`` executes.

    ``f_lasti`` itself will not do as a position: before 3.13 it points into the instruction's
    inline cache, and where depends on how often the code has run before.
    """
    code = frame.f_code
    known = _positions.get(id(code))
    if known is None:
        known = _positions[id(code)] = (code, _places(code))
    return known[1][frame.f_lasti >> 1]


def _places(code: CodeType) -> list[int]:
    """For each code unit, of two bytes, the offset of the instruction it belongs to."""
    starts = [i.offset for i in dis.get_instructions(code)]
    # In 3.11 a call is two instructions. One to compiled code is made by the first of them
    # when it has been made often, before that by the second: one position.
    calls = [i.opname == "PRECALL" for i in dis.get_instructions(code)]
    places: list[int] = []
    for n, (start, end) in enumerate(pairwise([*starts, len(code.co_code)])):
        places += [starts[n + calls[n]]] * ((end - start) // 2)
    return places


def variables(frame: Any) -> Mapping[str, Any]:
    """The local variables of ``frame``, which from Python 3.13 on are no dictionary."""
    found: Mapping[str, Any] = frame.f_locals
    return found


def doing(frame: FrameType) -> Doing:
    """What ``frame`` is in the midst of."""
    code = frame.f_code
    known = _known.get(id(code))
    if known is None:
        known = _known[id(code)] = (code, _Code(code).everywhere())
    return known[1].get(frame.f_lasti, UNKNOWN)


def hidden_values(frame: FrameType) -> int:
    """How many values lie beneath the call in progress; 1 or more where it is unknown."""
    return doing(frame).beneath


class _Code:
    """The instructions of a code object, and how deep the value stack is before each."""

    def __init__(self, code: CodeType) -> None:
        self._all = list(dis.get_instructions(code))
        self._at = {ins.offset: i for i, ins in enumerate(self._all)}
        self._guarded = list(dis._parse_exception_table(code))  # type: ignore[attr-defined]
        self._depths = self._interpreted()

    def everywhere(self) -> dict[int, Doing]:
        """What the frame is doing, for each offset that ``f_lasti`` can have."""
        found: dict[int, Doing] = {}
        blocks = dict(self._with_blocks())
        for i, depth in self._depths.items():
            ins = self._all[i]
            beneath = self._beneath(i, depth)
            managers = tuple(self._managers(ins.offset, beneath, blocks))
            here = Doing(beneath, managers, self._callee(i, beneath))
            # Before 3.13 a suspended frame points at the last cache entry of its instruction.
            after = self._all[i + 1].offset if i + 1 < len(self._all) else ins.offset + 2
            for offset in range(ins.offset, after, 2):
                found[offset] = here
        return found

    def _interpreted(self) -> dict[int, int]:
        depths: dict[int, int] = {}
        work = [(0, 0)]
        for entry in self._guarded:
            work.append((self._at[entry.target], entry.depth + 1 + entry.lasti))
        while work:
            i, depth = work.pop()
            while i < len(self._all) and i not in depths:
                depths[i] = depth
                ins = self._all[i]
                jump = ins.opcode in dis.hasjrel or ins.opcode in dis.hasjabs
                if jump and ins.argval in self._at:
                    taken = dis.stack_effect(ins.opcode, _argument(ins), jump=True)
                    work.append((self._at[ins.argval], depth + taken))
                if ins.opname in ("RETURN_VALUE", "RETURN_CONST", "RAISE_VARARGS", "RERAISE"):
                    break
                if ins.opname in ("JUMP_FORWARD", "JUMP_BACKWARD", "JUMP_BACKWARD_NO_INTERRUPT"):
                    break
                depth += _effect(ins)
                i += 1
        return depths

    def _beneath(self, i: int, depth: int) -> int:
        ins = self._all[i]
        if ins.opname == "BEFORE_WITH":
            return depth - 1
        if ins.opname == "PRECALL":
            return depth + _effect(ins) - 2  # of the call that follows
        return depth + _effect(ins) - 1

    def _callee(self, i: int, beneath: int) -> Path:
        """How what instruction ``i`` calls was loaded: with what else takes up two places."""
        ins = self._all[i]
        if ins.opname == "BEFORE_WITH":
            return ("", "__enter__")
        if ins.opname == "LOAD_ATTR":
            return ("", ins.argval)  # a property
        if ins.opname not in _CALLS:
            return ()
        for j in range(i - 1, -1, -1):
            depth = self._depths.get(j)
            if depth is not None and depth < beneath + 2 <= depth + _effect(self._all[j]):
                load = self._all[j]
                if load.opname == "LOAD_CONST" and load.argval is None:
                    return EXIT
                return self._loaded(j - 1 if load.opname == "PUSH_NULL" else j)
        return ()

    def _loaded(self, i: int) -> Path:
        """How the value was loaded that instruction ``i`` leaves."""
        while self._all[i].opname == "EXTENDED_ARG":
            i -= 1
        ins = self._all[i]
        if ins.opname in _BY_NAME:
            return (*(self._loaded(i - 1) or ("",)), ins.argval)
        if ins.opname in _VARIABLES:
            return (ins.argval,)
        if ins.opname in ("LOAD_FAST_LOAD_FAST", "STORE_FAST_LOAD_FAST"):
            return (ins.argval[-1],)
        return ()

    def _with_blocks(self) -> Iterator[tuple[int, Path]]:
        """Of each ``with`` block where exceptions in it go, and how its manager was loaded."""
        for entry in self._guarded:
            i = self._at[entry.start]
            if i and self._all[i - 1].opname == "BEFORE_WITH":
                yield entry.target, self._loaded(i - 2)

    def _managers(self, offset: int, beneath: int, blocks: Mapping[int, Path]) -> Iterator[Path]:
        # Whatever is guarded by a handler is inside of what that one is guarded by.
        while True:
            entry = next((e for e in self._guarded if e.start <= offset < e.end), None)
            if entry is None or entry.target == offset:
                return
            if entry.target in blocks and entry.depth <= beneath:
                yield blocks[entry.target]
            offset = entry.target


def _argument(ins: dis.Instruction) -> int | None:
    return ins.arg if ins.opcode >= dis.HAVE_ARGUMENT else None


def _effect(ins: dis.Instruction) -> int:
    """What an instruction that goes on to the next one adds to the value stack."""
    if ins.opname == "RETURN_GENERATOR":
        return 1  # before 3.13 dis says 0
    return dis.stack_effect(ins.opcode, _argument(ins), jump=False)
