"""Which stretches need not be shown in full?

Repetitions never: the same steps with the same values, again and again, are shown once and
counted. That loses nothing. ``briefly`` loses details: steps that neither failed, nor stand at
a change of thread, nor are spoken of in the explanation. So does ``without_turns``: of threads that
loop together each goes round on its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from harness.report.rows import Row, Sort

LONGEST_PERIOD = 64
"""Rows that a repeated block may have."""

TIMES = 3
"""Repetitions from which on a block is shown once."""

NAMED = 3
"""Functions that a row of folded steps names, the last one among them."""

SHORTEST = 3
"""Steps that ``briefly`` puts into one row, at least."""


def without_repetitions(rows: Sequence[Row]) -> list[Row]:
    """The rows, with blocks that repeat at least three times in a row shown once."""
    same = [row.sameness for row in rows]
    kept: list[Row] = []
    at = 0
    while at < len(rows):
        period, times = _repetition(same, at)
        if not period:
            kept.append(rows[at])
            at += 1
            continue
        block = rows[at : at + period]
        kept += block
        at += period * times
        steps = sum(row.sort is Sort.STEP for row in block)
        what = f"these {steps} steps" if steps > 1 else "this step"
        kept.append(
            Row(Sort.FOLD, block[-1].thread, f"{what} {times - 1} more times, with the same values")
        )
    return kept


def without_turns(rows: Sequence[Row]) -> list[Row]:
    """The rows of a run that ended in an endless loop, those of its threads' turns folded.

    What threads do in turn is one row a thread, from where nothing begins or ends any more.
    """
    rotation = [at for at, row in enumerate(rows) if row.sort is Sort.ROTATION]
    if not rotation:
        return list(rows)
    progress = (Sort.ROTATION, Sort.BEGIN, Sort.END)
    start = 1 + max(at for at, row in enumerate(rows) if row.sort in progress)
    turns: dict[int, list[Row]] = {}
    for row in rows[start:]:
        if row.sort is Sort.STEP:
            turns.setdefault(row.thread, []).append(row)
    kept = list(rows[:start])
    for _, steps in sorted(turns.items()):
        kept += _folded(steps)
    return kept + [row for row in rows[start:] if row.sort is Sort.FINDING]


def cycle_marked(rows: Sequence[Row]) -> list[Row]:
    """The rows of a run that ended in an endless loop, with its cycle marked as such.

    That of threads which took turns is none of the repeated blocks: the proof ends the run with the
    first repetition.
    """
    marked = list(rows)
    if any(row.sort is Sort.ROTATION for row in rows):
        return marked
    for at in reversed(range(len(marked))):
        if marked[at].sort is Sort.FOLD:
            text = f"the cycle is seen here: {marked[at].text}, and so on for ever"
            marked[at] = replace(marked[at], text=text, key=True)
            break
    return marked


def briefly(rows: Sequence[Row]) -> list[Row]:
    """The rows, with uninteresting runs of steps of one thread folded into one row each."""
    kept: list[Row] = []
    run: list[Row] = []
    for at, row in enumerate(rows):
        if _boring(rows, at) and (not run or run[0].activity == row.activity):
            run.append(row)
            continue
        kept += _folded(run)
        run = []
        if _boring(rows, at):
            run.append(row)
        else:
            kept.append(row)
    return kept + _folded(run)


def _repetition(same: Sequence[object], at: int) -> tuple[int, int]:
    """Length and number of the block that repeats from ``at`` on; (0, 0) if none does."""
    for period in range(1, min(LONGEST_PERIOD, (len(same) - at) // TIMES) + 1):
        block = same[at : at + period]
        times = 1
        while same[at + period * times : at + period * (times + 1)] == block:
            times += 1
        if times >= TIMES:
            return period, times
    return 0, 0


def _boring(rows: Sequence[Row], at: int) -> bool:
    row = rows[at]
    if row.sort is not Sort.STEP or row.failed or row.key:
        return False
    neighbours = rows[max(0, at - 1) : at + 2]
    return not any(n.sort is Sort.SWITCH and not n.weak for n in neighbours)


def _folded(run: list[Row]) -> list[Row]:
    if len(run) < SHORTEST:
        return run
    first, last = run[0], run[-1]
    functions = list(dict.fromkeys(row.function for row in run))
    if len(functions) > NAMED:
        functions[NAMED - 1 : -1] = ["…"]
    text = f"{len(run)} steps, {first.step} to {last.step}, in {', '.join(functions)}"
    return [Row(Sort.FOLD, first.thread, text, activity=first.activity, step=first.step)]
