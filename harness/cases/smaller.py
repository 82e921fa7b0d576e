"""What is left of a case when an operation or a thread is taken out of it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from harness.cases.reading import read_workload
from harness.model.params import Int
from harness.model.schedule import Switch
from harness.model.spec import EngineSpec
from harness.model.wording import describe_ops, describe_workload
from harness.model.workload import Workload, request_name


def without_operation(
    workload: Workload, switches: Sequence[Switch], gone: int, spec: EngineSpec
) -> tuple[Workload, list[Switch]] | None:
    """The case without one operation; requests that follow are called anew.

    Taking an arrival away takes away what is done to its request, and switches that speak of it.

    Returns:
        None when no arrival would be left.
    """
    texts = describe_workload(workload, spec)
    rename: dict[str, str | None] = {}
    if workload.ops[gone].name == "arrive":
        lost = sum(op.name == "arrive" for op in workload.ops[:gone])
        rename = {request_name(i): request_name(i - 1) for i in range(lost + 1, workload.requests)}
        rename[request_name(lost)] = None
    renamed = (_rename(t, rename) for i, t in enumerate(texts) if i != gone)
    kept = [t for t in renamed if t is not None]
    if not any(t.split()[1] == "arrive" for t in kept):
        return None
    return read_workload(workload.topology, kept, spec), _renamed(switches, rename)


def without_thread(
    workload: Workload, switches: Sequence[Switch], gone: int, heir: int, spec: EngineSpec
) -> tuple[Workload, list[Switch]] | None:
    """The case with all that thread ``gone`` does moved to ``heir``, and one thread less.

    Returns:
        None when the engine needs as many threads as there are.
    """
    threads = workload.topology.threads - 1
    param = spec.topology["threads"]
    assert isinstance(param, Int)
    if threads < param.low:
        return None
    number = {t: (heir if t == gone else t) for t in range(threads + 1)}
    number = {t: n - (n > gone) for t, n in number.items()}
    texts = [
        f"T{number[op.thread]} {text}"
        for op, text in zip(workload.ops, describe_ops(workload, spec), strict=True)
    ]
    topology = {**workload.topology, "threads": threads}
    moved = [
        Switch(replace(s.anchor, thread=number[s.anchor.thread]), number[s.to], s.activity)
        for s in switches
    ]
    kept = [s for s in moved if s.activity or s.anchor.thread != s.to]
    return read_workload(topology, texts, spec), kept


_REQUEST = re.compile(r"\b[A-Z]\d*\b")


def _rename(text: str, rename: dict[str, str | None]) -> str | None:
    """``text`` with requests renamed, None if it speaks of one that is gone."""
    words = {m[0] for m in _REQUEST.finditer(text)}
    if any(word in rename and rename[word] is None for word in words):
        return None
    return _REQUEST.sub(lambda m: rename.get(m[0]) or m[0], text)


def _renamed(switches: Sequence[Switch], rename: dict[str, str | None]) -> list[Switch]:
    """The switches with requests renamed; those that speak of a removed one are dropped."""
    kept: list[Switch] = []
    for s in switches:
        op, site = _rename(s.anchor.op, rename), _rename(s.anchor.site, rename)
        activity = _rename(s.activity, rename)
        if op is not None and site is not None and activity is not None:
            kept.append(Switch(replace(s.anchor, op=op, site=site), s.to, activity))
    return kept
