"""Whether a suspended frame holds values that Python code can not see.

Loop iterators and half-evaluated expressions live on a frame's value stack, which CPython does
not expose. Two visits to one position with equal locals are only proven equal when nothing lies
on that stack beneath the call in progress. This module computes from the byte code, by abstract
interpretation over stack depths, how much lies there.
"""

from __future__ import annotations

import dis
from bisect import bisect_right
from types import CodeType, FrameType

_depths: dict[CodeType, dict[int, int]] = {}
_positions: dict[int, tuple[CodeType, list[int], list[int]]] = {}
"""By identity, which the code object kept beside it secures: to hash one takes all of its code."""


def instruction(frame: FrameType) -> int:
    """The offset of the instruction that ``frame`` executes.

    ``f_lasti`` itself will not do as a position: before 3.13 it points into the instruction's
    inline cache, and where depends on how often the code has run before.
    """
    code = frame.f_code
    known = _positions.get(id(code))
    if known is None:
        starts = [i.offset for i in dis.get_instructions(code)]
        # In 3.11 a call is two instructions. One to compiled code is made by the first of them
        # when it has been made often, before that by the second: one position.
        calls = [i.opname == "PRECALL" for i in dis.get_instructions(code)]
        places = [starts[n + call] for n, call in enumerate(calls)]
        known = _positions[id(code)] = (code, starts, places)
    _, starts, places = known
    return places[bisect_right(starts, frame.f_lasti) - 1]


def hidden_values(frame: FrameType) -> int:
    """How many values lie beneath the call in progress; 1 or more where it is unknown."""
    code = frame.f_code
    depths = _depths.get(code)
    if depths is None:
        depths = _depths[code] = _residuals(code)
    return depths.get(frame.f_lasti, 1)


def _residuals(code: CodeType) -> dict[int, int]:
    """For each instruction offset, what lies on the stack beneath the call made there."""
    instructions = list(dis.get_instructions(code))
    at = {ins.offset: i for i, ins in enumerate(instructions)}
    depth_before: dict[int, int] = {}
    work = [(0, 0)]
    for entry in dis._parse_exception_table(code):  # type: ignore[attr-defined]
        work.append((at[entry.target], entry.depth + 1 + entry.lasti))
    while work:
        i, depth = work.pop()
        while i < len(instructions) and i not in depth_before:
            depth_before[i] = depth
            ins = instructions[i]
            jump = ins.opcode in dis.hasjrel or ins.opcode in dis.hasjabs
            arg = ins.arg if ins.opcode >= dis.HAVE_ARGUMENT else None
            if jump and ins.argval in at:
                taken = dis.stack_effect(ins.opcode, arg, jump=True)
                work.append((at[ins.argval], depth + taken))
            if ins.opname in ("RETURN_VALUE", "RETURN_CONST", "RAISE_VARARGS", "RERAISE"):
                break
            if ins.opname in ("JUMP_FORWARD", "JUMP_BACKWARD", "JUMP_BACKWARD_NO_INTERRUPT"):
                break
            depth += _effect(ins.opcode, arg)
            i += 1
    residuals: dict[int, int] = {}
    for i, depth in depth_before.items():
        ins = instructions[i]
        arg = ins.arg if ins.opcode >= dis.HAVE_ARGUMENT else None
        if ins.opname == "BEFORE_WITH":
            residual = depth - 1
        elif ins.opname == "PRECALL":
            residual = depth + _effect(ins.opcode, arg) - 2  # of the call that follows
        else:
            residual = depth + _effect(ins.opcode, arg) - 1
        # Before 3.13 a suspended frame points at the last cache entry of its instruction.
        following = instructions[i + 1].offset if i + 1 < len(instructions) else ins.offset + 2
        for offset in range(ins.offset, following, 2):
            residuals[offset] = residual
    return residuals


def _effect(opcode: int, arg: int | None) -> int:
    """What an instruction that goes on to the next one adds to the value stack."""
    if dis.opname[opcode] == "RETURN_GENERATOR":
        return 1  # before 3.13 dis says 0
    return dis.stack_effect(opcode, arg, jump=False)
