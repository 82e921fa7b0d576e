"""What happened in this run, in plain words?

One to three sentences for a finding, made from the trace: who waits, who left last and what
it had seen, what goes round and round, who was let in too much.
"""

from __future__ import annotations

from collections.abc import Sequence

from harness.model.finding import Finding, Kind
from harness.model.trace import Step
from harness.report.accesses import LOCKS, TRIES, access_of, clean, failed, looks, sight
from harness.report.obligation import Wait, departure, steps_until_departure, wait_of
from harness.report.timeline import ENDS, TIMES_OUT, Stretch, Timeline


def story(line: Timeline, finding: Finding | None) -> list[str]:
    """The sentences, most important first; none when nothing was found."""
    if finding is None:
        return []
    if finding.kind is Kind.STRANDED:
        wait = wait_of(line, finding)
        if wait is not None:
            return _stranded(line, finding, wait)
    sentences = [sentence(clean(finding.message))]
    if finding.kind is Kind.OVER_ADMISSION:
        let_in = [text for name in finding.requests if (text := _let_in(line, name))]
        if let_in:
            sentences.append(sentence("; ".join(let_in)))
    return sentences


def sentence(text: str) -> str:
    """``text`` with a full stop."""
    return text if text.endswith((".", "!", "?")) else f"{text}."


def last_looks(line: Timeline, steps: Sequence[Step]) -> list[Step]:
    """What made an activity of these steps leave, as far as the trace tells: the last it saw.

    That is the last try that failed, if one did; otherwise its last looks at two objects that
    other threads access too, or at any two if there are none of those.
    """
    tries = [s for s in steps if failed(s) and access_of(s).verb in TRIES]
    if tries:
        return tries[-1:]
    reads = [s for i, s in enumerate(steps) if looks(s) and not _prepares(steps, i)]
    shared = _shared(line)
    chosen: dict[str, Step] = {}
    for step in reversed([s for s in reads if access_of(s).subject in shared] or reads):
        chosen.setdefault(access_of(step).subject, step)
        if len(chosen) == 2:
            break
    return sorted(chosen.values(), key=lambda s: s.index)


def spoken_of(line: Timeline, wait: Wait) -> set[int]:
    """The steps that the explanation of a wait mentions."""
    told = list(wait.obliged[-2:])
    if len(told) == 1 and wait.missed is not None:
        told.append(wait.missed)
    return {
        step.index
        for stretch in told
        for step in last_looks(line, steps_until_departure(wait, stretch))
    }


def _stranded(line: Timeline, finding: Finding, wait: Wait) -> list[str]:
    names = finding.requests
    who = " and ".join(names)
    verb = "is" if len(names) == 1 else "are"
    last = wait.last
    parts = [
        f"{who} {verb} queued in {clean(finding.where)}, capacity is free, and nobody is left to "
        f"take {'it' if len(names) == 1 else 'them'} out: the last one obliged to look, "
        f"{last.label} on T{last.thread}, {_left(line, wait, last, 'went')}."
    ]
    if len(wait.obliged) > 1:
        other = wait.obliged[-2]
        parts.append(
            f"Before it, {other.label} on T{other.thread} had {_left(line, wait, other, 'gone')}."
        )
    elif wait.missed is not None:
        other = wait.missed
        parts.append(
            f"While {wait.request} was still on its way into the queue, {other.label} on "
            f"T{other.thread} looked and left without it after "
            f"{_count(other.moments[-1].passed)}{_saw(line, other.steps)}."
        )
    if finding.transient:
        parts.append(_ended(line, wait))
    return parts


def _ended(line: Timeline, wait: Wait) -> str:
    for moment in line.moments[wait.stranded.at :]:
        if moment.text.startswith(TIMES_OUT) and moment.activity == wait.arrival.label:
            return f"Only the timeout of its wait ended it, after {_count(moment.passed)}."
        if moment.text.startswith(f"dispatches {wait.request} "):
            return (
                f"Only luck ended the wait: {moment.activity} on T{moment.thread}, which owed "
                f"{wait.request} nothing, dispatched it after {_count(moment.passed)}."
            )
    for stretch in line.stretches:
        left = stretch.kind == "abort" and stretch.subject == wait.request
        if left and stretch.begin > wait.stranded.at:
            return (
                f"Only its client ended the wait: {stretch.label} on T{stretch.thread} after "
                f"{_count(stretch.moments[0].passed)}."
            )
    return "Only luck ended the wait: a later, unrelated operation did."


def _let_in(line: Timeline, request: str) -> str:
    for moment in line.moments:
        if moment.text.startswith(f"dispatches {request} "):
            return (
                f"{request} was dispatched by {moment.activity} on T{moment.thread} after "
                f"{_count(moment.passed)}"
            )
    for stretch in line.stretches:
        if stretch.kind == "arrive" and stretch.subject == request and stretch.end is not None:
            passed = stretch.moments[-1].passed
            return f"{request} was admitted on arrival on T{stretch.thread} after {_count(passed)}"
    return ""


def _left(line: Timeline, wait: Wait, stretch: Stretch, went: str) -> str:
    """When and why it was the last of ``stretch``, which may only have ``went`` to wait."""
    end = departure(wait, stretch)
    verb = "left" if end.text.startswith(ENDS) else f"{went} to wait"
    return f"{verb} after {_count(end.passed)}{_saw(line, steps_until_departure(wait, stretch))}"


def _saw(line: Timeline, steps: Sequence[Step]) -> str:
    seen = last_looks(line, steps)
    return f", having seen {' and '.join(clean(sight(s)) for s in seen)}" if seen else ""


def _count(steps: int) -> str:
    return f"step {steps - 1}" if steps else "no step at all"


def _prepares(steps: Sequence[Step], at: int) -> bool:
    """Whether a look only fetches what a compare_exchange then expects."""
    following = access_of(steps[at + 1]) if at + 1 < len(steps) else None
    return (
        following is not None
        and following.verb == "compare_exchange"
        and following.subject == access_of(steps[at]).subject
        and not failed(steps[at + 1])
    )


def _shared(line: Timeline) -> set[str]:
    """Objects that more than one thread accesses; locks say nothing about the queue."""
    users: dict[str, set[int]] = {}
    for moment in line.moments:
        if moment.step is not None:
            access = access_of(moment.step)
            if access.verb not in LOCKS:
                users.setdefault(access.subject, set()).add(moment.thread)
    return {subject for subject, threads in users.items() if len(threads) > 1}
