"""What does a person read of a recorded run, line by line?

The view is pure data: rows in the order of execution, and a few sentences on what happened.
``columns`` renders it; ``to_json`` gives the same to machines.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from harness.execute.run import RecordedRun
from harness.model.finding import Finding, Kind
from harness.model.wording import describe_switch
from harness.report import folding
from harness.report.about import About
from harness.report.accesses import access_of, clean, clip, effect, failed
from harness.report.obligation import STRANDED, Wait, departure, last_obligation, wait_of
from harness.report.outcomes import outcomes
from harness.report.rows import Row, Sort
from harness.report.story import spoken_of, story
from harness.report.switches import Change, Manner, changes
from harness.report.timeline import (
    BEGINS,
    BLOCKS,
    ENDS,
    ROTATES,
    TRIES_AGAIN,
    Moment,
    Timeline,
    timeline,
)

FORMAT = 1
"""Version of what ``to_json`` gives."""

_ALARMS = (STRANDED, *(f"{kind.value}: " for kind in Kind))
_AT_THE_END = (Kind.ENDLESS_LOOP, Kind.DEADLOCK, Kind.EXCEPTION)


@dataclass(frozen=True, slots=True)
class Interleaving:
    """A recorded run, made ready to be read.

    Attributes:
        threads: number of columns.
        rows: the lines.
        story: what happened, in sentences; empty when nothing was found.
        preemptions: how often a thread was stopped although it could have gone on.
    """

    threads: int
    rows: Sequence[Row]
    story: Sequence[str]
    preemptions: int


def interleaving(
    recorded: RecordedRun, finding: Finding | None, *, threads: int = 0, brief: bool = False
) -> Interleaving:
    """The view of a run.

    Args:
        recorded: the run.
        finding: what it is shown for; None if nothing was found.
        threads: number of threads, if known; those that did nothing get a column, too.
        brief: fold steps that explain nothing.
    """
    line = timeline(recorded.trace)
    switched = changes(line, recorded.switches)
    rows = list(_Rows(line, finding, switched))
    loops = finding is not None and finding.kind is Kind.ENDLESS_LOOP
    if loops and brief:
        rows = folding.without_turns(rows)
    rows = folding.without_repetitions(rows)
    if loops:
        rows = folding.cycle_marked(rows)
    if brief:
        rows = folding.briefly(rows)
    seen = max((m.thread for m in line.moments), default=0) + 1
    preemptions = sum(c.manner is Manner.PREEMPTED for c in switched)
    return Interleaving(max(threads, seen), rows, story(line, finding), preemptions)


def to_json(recorded: RecordedRun, about: About) -> dict[str, object]:
    """The run for machines: everything that ``render`` shows, and every value in full."""
    finding = about.finding
    obligation = last_obligation(recorded, finding) if finding is not None else None
    view = interleaving(recorded, finding)
    return {
        "format": FORMAT,
        "title": about.title,
        "engine": about.engine,
        "verdict": about.verdict,
        "topology": dict(about.topology),
        "workload": list(about.operations),
        "story": list(view.story),
        "findings": [_finding(f) for f in recorded.run.findings],
        "last_obligation": obligation._asdict() if obligation is not None else None,
        "preemptions": view.preemptions,
        "schedule": [describe_switch(s) for s in recorded.switches],
        "digest": recorded.trace.digest(),
        "steps": [
            {
                "step": step.index,
                "thread": step.thread,
                "activity": step.op,
                "function": access_of(step).function,
                "access": access_of(step).verb,
                "object": access_of(step).subject,
                "before": step.before,
                "after": step.after,
                "failed": failed(step),
            }
            for step in recorded.trace.steps
        ],
        "events": [
            {"after_steps": event.step, "thread": event.thread, "text": event.text}
            for event in recorded.trace.events
        ],
    }


def _finding(finding: Finding) -> dict[str, object]:
    return {
        "kind": finding.kind.value,
        "where": finding.where,
        "message": finding.message,
        "requests": list(finding.requests),
        "transient": finding.transient,
        "warning": finding.kind.warning,
    }


class _Rows:
    """Makes the rows of a timeline."""

    def __init__(self, line: Timeline, finding: Finding | None, switched: Sequence[Change]) -> None:
        self._line = line
        self._finding = finding
        self._switched = {change.before: change for change in switched}
        self._wait = wait_of(line, finding) if finding is not None else None
        self._keys = self._key_moments()
        stranded = [r for f in [finding] if f and f.kind is Kind.STRANDED for r in f.requests]
        self._outcomes = outcomes(line, stranded)

    def __iter__(self) -> Iterator[Row]:
        wait = self._wait
        leaves = departure(wait, wait.last).at if wait is not None else None
        for moment in self._line.moments:
            change = self._switched.get(moment.at)
            if change is not None:
                yield _switch(change)
                if change.missed:
                    yield _missed(change)
            yield self._row(moment)
            if wait is not None and moment.at == leaves:
                yield _obligation(wait, moment)
        finding = self._finding
        if finding is not None and finding.kind in _AT_THE_END and self._line.moments:
            thread = self._line.moments[-1].thread
            yield Row(Sort.FINDING, thread, f"{finding.kind.value}: {clean(finding.message)}")

    def _row(self, moment: Moment) -> Row:
        step = moment.step
        key = moment.at in self._keys
        if step is not None:
            access = access_of(step)
            return Row(
                Sort.STEP,
                moment.thread,
                clean(access.phrase),
                effect(step),
                moment.activity,
                step.index,
                access.function,
                clip(step.before),
                clip(step.after),
                failed(step),
                key,
            )
        text = clean(moment.text)
        sort = Sort.EVENT
        if text.startswith(BEGINS):
            sort, text = Sort.BEGIN, text.removeprefix(BEGINS)
        elif text.startswith(ENDS):
            sort, text = Sort.END, text.removeprefix(ENDS)
        elif text.startswith(ROTATES):
            sort = Sort.ROTATION
        elif text.startswith(_ALARMS):
            sort = Sort.FINDING
        elif text.startswith(TRIES_AGAIN) and not self._blocks_anew(moment):
            text = f"takes {text.removeprefix(TRIES_AGAIN).removesuffix(' again')}"
        outcome = self._outcomes.get(moment.at, "")
        return Row(sort, moment.thread, text, outcome, moment.activity, key=key)

    def _blocks_anew(self, moment: Moment) -> bool:
        """Whether a thread that tries a lock again finds it taken once more."""
        later = (m for m in self._line.moments[moment.at + 1 :] if m.thread == moment.thread)
        following = next(later, None)
        return following is not None and following.text.startswith(BLOCKS)

    def _key_moments(self) -> set[int]:
        """Places in the timeline of what the explanation speaks of."""
        line, finding = self._line, self._finding
        keys: set[int] = set()
        if finding is None:
            return keys
        if self._wait is not None:
            told = spoken_of(line, self._wait)
            keys |= {m.at for m in line.moments if m.step and m.step.index in told}
        elif finding.kind is Kind.DEADLOCK:
            blocks = {m.thread: m.at for m in line.moments if m.text.startswith(BLOCKS)}
            keys |= set(blocks.values())
        else:
            starts = tuple(f"dispatches {name} " for name in finding.requests)
            keys |= {m.at for m in line.moments if starts and m.text.startswith(starts)}
            keys |= {
                s.end
                for s in line.stretches
                if s.kind == "arrive" and s.subject in finding.requests and s.end is not None
            }
        return keys


_BECAUSE = {
    Manner.BLOCKED: "is blocked",
    Manner.WAITING: "waits",
    Manner.SPINNING: "spins until somebody writes",
    Manner.GAVE_WAY: "gives way",
    Manner.AT_REST: "has nothing to do",
    Manner.TURN_OVER: "has had its turn",
}


def _switch(change: Change) -> Row:
    stops = _BECAUSE.get(change.manner, "")
    if change.manner is Manner.PREEMPTED:
        before = f" before {change.stands_before}" if change.stands_before else ""
        holding = f", holding {' and '.join(change.holding)}" if change.holding else ""
        stops = f"is PREEMPTED in {change.activity}{before}{holding}"
    elif change.manner is Manner.HELD_BACK:
        stops = f"is held back before {change.stands_before}"
    return Row(
        Sort.SWITCH,
        change.left,
        clean(f"T{change.left} {stops}; T{change.to} runs"),
        weak=change.manner not in (Manner.PREEMPTED, Manner.HELD_BACK),
    )


def _missed(change: Change) -> Row:
    missed = [f"{m.subject} = {m.saw} at step {m.step}, now {m.now}" for m in change.missed[-3:]]
    text = f"T{change.to} goes on with what it read: {'; '.join(missed)}"
    return Row(Sort.MISSED, change.to, clean(text))


def _obligation(wait: Wait, moment: Moment) -> Row:
    return Row(
        Sort.OBLIGATION,
        moment.thread,
        f"the last moment at which someone was still obliged to dequeue {wait.request}: "
        f"{wait.last.label} on T{moment.thread} leaves",
    )
