"""How operations, switches and numbers read, in traces, anchors and case files."""

from __future__ import annotations

from harness.model.params import OwnRequest
from harness.model.schedule import Switch
from harness.model.spec import EngineSpec
from harness.model.workload import Workload, request_name

NONE = "none"
"""How the value -1 of an optional index reads."""


def counted(number: int, one: str, more: str = "") -> str:
    """A number of things: ``1 run``, ``2,000 runs``; ``more`` where an s does not do."""
    return f"{number:,} {one if number == 1 else more or f'{one}s'}"


def describe_ops(workload: Workload, spec: EngineSpec) -> list[str]:
    """The operations of a workload as text without their thread, e.g. ``arrive A server=1``."""
    texts: list[str] = []
    own: list[list[str]] = [[] for _ in range(workload.topology.threads)]
    arrived = 0
    for op in workload.ops:
        operation = spec.operation(op.name)
        assert operation is not None
        words = [op.name]
        if op.name == "arrive":
            words.append(request_name(arrived))
            own[op.thread].append(words[-1])
            arrived += 1
        for value, (name, param) in zip(op.args, operation.params.items(), strict=True):
            if isinstance(param, OwnRequest):
                words.append(own[op.thread][value])
            else:
                words.append(f"{name}={NONE if value == -1 else value}")
        texts.append(" ".join(words))
    return texts


def describe_workload(workload: Workload, spec: EngineSpec) -> list[str]:
    """The operations of a workload as text with their thread, e.g. ``T0 arrive A``."""
    texts = describe_ops(workload, spec)
    return [f"T{op.thread} {text}" for op, text in zip(workload.ops, texts, strict=True)]


def describe_switch(switch: Switch) -> str:
    """A switch as one line of text."""
    a = switch.anchor
    takes = f" takes {switch.activity}" if switch.activity else ""
    return f"T{a.thread} in {a.op} at {a.site} #{a.occurrence} -> T{switch.to}{takes}"
